#include "index/search/explain.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "index/search/passages.h"
#include "index/search/question.h"
#include "lib/insight/mean_attention.h"
#include "lib/insight/token_shares.h"
#include "lib/text/sentences.h"

namespace riverbank {
namespace {

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

/// The step that made Hit::relevance; none of a sentence that is a hit itself, which has its passage's.
std::optional<ScoreStep> explain_relevance(const ModelInfo& model, const Hit& hit) {
  if (!hit.relevance || !hit.covered || !hit.cosine || !model.calibration || hit.steps.empty()) return std::nullopt;
  const Calibration::Weights& weights = hit.sentence_score ? model.calibration->read : model.calibration->unread;
  ScoreStep step;
  step.name = "relevance";
  step.base = weights.constant;
  step.sides.push_back({.name = "cosine", .weight = weights.cosine, .value = *hit.cosine});
  step.sides.push_back({.name = "words covered", .weight = weights.words, .value = *hit.covered});
  if (hit.sentence_score) {
    step.sides.push_back({.name = "best sentence", .weight = weights.sentence, .value = *hit.sentence_score});
  }
  step.result = *hit.relevance;
  return step;
}

bool holds(const TextStates& states, const StatesAsked& asked) {
  return !states.places.empty() && (!asked.attention || !states.attention.empty()) &&
         std::ranges::all_of(asked.after_layers, [&](std::size_t n) { return states.after.contains(n); });
}

/// The hidden states of each hit's passage: those that the search kept, the others read now.
class PassageStates {
 public:
  PassageStates(const Embedder& embedder, const SearchResult& result, const std::vector<std::string_view>& passages,
                const StatesAsked& asked)
      : states_(passages.size(), nullptr) {
    std::vector<std::string_view> unread;
    for (std::size_t i = 0; i < passages.size(); ++i) {
      const bool kept = i < result.states.size() && holds(result.states[i], asked);
      if (kept) {
        states_[i] = &result.states[i];
      } else {
        unread.push_back(passages[i]);
      }
    }
    read_ = embedder.hidden_states(unread, asked);
    auto next = read_.begin();
    for (const TextStates*& one : states_) {
      if (one == nullptr) one = &*next++;
    }
  }
  std::span<const TextStates* const> all() const { return states_; }

 private:
  std::vector<TextStates> read_;
  std::vector<const TextStates*> states_;
};

void explain_cosines(const Embedder& embedder, std::string_view question, const SearchResult& result,
                     const std::vector<std::string>& passages, const ExplainOptions& options, Explanations& all) {
  const std::vector<std::string_view> texts(passages.begin(), passages.end());
  const PassageStates states(embedder, result, texts, explained_states(embedder.info(), options));
  const TokenShares shares(embedder, question);
  const std::vector<CosineShares> found = shares.of(states.all());
  for (std::size_t i = 0; i < found.size(); ++i) {
    all.hits[i].cosine = found[i].cosine;
    all.hits[i].question = by_words(question, found[i].question);
    all.hits[i].passage = by_words(texts[i], found[i].passage);
  }
  all.method = shares.method();
  if (!options.attention) return;
  std::vector<Trace> traces = mean_attention(*embedder.model(), texts, states.all());
  for (std::size_t i = 0; i < traces.size(); ++i) all.hits[i].attention = std::move(traces[i]);
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

StatesAsked explained_states(const ModelInfo& model, const ExplainOptions& options) {
  return {.after_layers = {TokenShares::read_after(model)}, .attention = options.attention};
}

Explanations explain(StoreReader& reader, const Embedder& embedder, std::string_view typed, const SearchResult& result,
                     bool whole_documents, const ExplainOptions& options) {
  const std::string question = read_question(typed).text;  // as it was searched for, without marks
  Explanations all;
  all.hits.resize(result.hits.size());
  if (result.hits.empty()) return all;
  explain_words(reader, question, result, all.hits);
  if (!result.hits.front().cosine) return all;
  std::vector<std::string> passages;
  for (const Hit& hit : result.hits) {
    passages.push_back(encoded_passage(hit.title, hit.headings, hit.text, whole_documents));
  }
  explain_cosines(embedder, question, result, passages, options, all);
  for (std::size_t i = 0; i < all.hits.size(); ++i) {
    all.hits[i].relevance = explain_relevance(embedder.info(), result.hits[i]);
    all.hits[i].sentence_share = share_of_sentence(result.hits[i], all.hits[i].passage);
  }
  return all;
}

}  // namespace riverbank
