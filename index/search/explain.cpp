#include "index/search/explain.h"

#include <algorithm>
#include <unordered_map>

#include "index/documents/chunker.h"
#include "index/search/question.h"
#include "lib/insight/token_shares.h"
#include "lib/text/sentences.h"

namespace riverbank {
namespace {

/// What the model read of a hit; it ends with the hit's text.
std::string encoded(const Hit& hit, bool whole_documents) {
  if (!whole_documents) return encoded_text(hit.title, hit.headings, hit.text);
  return hit.title.empty() ? hit.text : hit.title + " " + hit.text;
}

double value_of(const std::string& side, const Hit& hit) {
  return side == "cosine" ? hit.cosine.value_or(0) : hit.bm25.value_or(0);
}

/// Tokens joined to the words that they are pieces of; tokens without a place named by where they stand.
TextExplanation by_words(std::string_view text, const TextShares& shares) {
  TextExplanation result;
  result.text = text;
  const std::vector<Span> spans = words(text);
  auto word = spans.begin();
  const auto rest = [&](const char* name, double share) {
    const auto known =
        std::find_if(result.rest.begin(), result.rest.end(), [&](const WordShare& one) { return one.word == name; });
    if (known != result.rest.end()) {
      known->share += share;
    } else {
      result.rest.push_back({name, share, 0, 0});
    }
  };
  for (std::size_t t = 0; t < shares.shares.size(); ++t) {
    const TokenPlace& place = shares.places[t];
    if (place.begin == place.end) {
      rest(t == 0 ? "[CLS]" : t + 1 == shares.shares.size() ? "[SEP]" : "prompt", shares.shares[t]);
      continue;
    }
    while (word != spans.end() && word->end <= place.begin) ++word;
    const bool inside = word != spans.end() && word->begin <= place.begin && place.end <= word->end;
    const Span span = inside ? *word : Span{place.begin, place.end};
    if (!result.words.empty() && result.words.back().begin == span.begin) {
      result.words.back().share += shares.shares[t];
    } else {
      result.words.push_back({std::string(span.of(text)), shares.shares[t], span.begin, span.end});
    }
  }
  if (shares.constant != 0) rest("constants", shares.constant);
  return result;
}

void explain_words(StoreReader& reader, std::string_view question, const SearchResult& result,
                   std::vector<Explanation>& all) {
  std::vector<std::int64_t> chunks;
  std::unordered_map<std::int64_t, std::size_t> place;
  for (std::size_t i = 0; i < result.hits.size(); ++i) {
    if (!result.hits[i].bm25) continue;
    chunks.push_back(result.hits[i].passage);
    place.emplace(result.hits[i].passage, i);
  }
  for (const WordHit& hit : reader.weigh_words(question, chunks)) {
    all[place.at(hit.chunk)].keywords.push_back({hit.word, hit.bm25, 0, 0});
  }
  for (Explanation& one : all) {
    std::stable_sort(one.keywords.begin(), one.keywords.end(),
                     [](const WordShare& a, const WordShare& b) { return a.share > b.share; });
  }
}

void explain_cosines(const Embedder& embedder, std::string_view question, const std::vector<std::string>& passages,
                     Explanations& all) {
  const TokenShares shares(embedder, question);
  const std::vector<std::string_view> texts(passages.begin(), passages.end());
  const std::vector<CosineShares> found = shares.of(texts);
  for (std::size_t i = 0; i < found.size(); ++i) {
    all.hits[i].cosine = found[i].cosine;
    all.hits[i].question = by_words(question, found[i].question);
    all.hits[i].passage = by_words(texts[i], found[i].passage);
  }
  all.method = shares.method();
}

/// What the words of a hit's best sentence bring to the cosine.
double share_of_sentence(const Hit& hit, const TextExplanation& passage) {
  if (!hit.best_sentence) return 0;
  const std::size_t before = passage.text.size() - hit.text.size();
  double sum = 0;
  for (const WordShare& word : passage.words) {
    const bool inside = word.begin >= before + hit.best_sentence->begin && word.end <= before + hit.best_sentence->end;
    if (inside) sum += word.share;
  }
  return sum;
}

}  // namespace

Explanations explain(StoreReader& reader, const Embedder& embedder, std::string_view typed, const SearchResult& result,
                     bool whole_documents) {
  const std::string question = read_question(typed).text;  // as it was searched for, without marks
  Explanations all;
  all.form = result.form;
  all.hits.resize(result.hits.size());
  if (result.hits.empty()) return all;
  std::vector<std::string> passages;
  for (std::size_t i = 0; i < result.hits.size(); ++i) {
    for (const ScoreForm::Side& side : all.form.sides) {
      const double value = value_of(side.name, result.hits[i]);
      all.hits[i].points.push_back({side.name, value, side.points(value)});
    }
    passages.push_back(encoded(result.hits[i], whole_documents));
  }
  explain_words(reader, question, result, all.hits);
  if (!result.hits.front().cosine) return all;
  explain_cosines(embedder, question, passages, all);
  for (std::size_t i = 0; i < all.hits.size(); ++i) {
    all.hits[i].sentence_share = share_of_sentence(result.hits[i], all.hits[i].passage);
  }
  return all;
}

}  // namespace riverbank
