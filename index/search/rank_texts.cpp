#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "index/search/best_sentence.h"
#include "index/search/late_interaction.h"
#include "index/search/question_words.h"
#include "index/store/fts_tokenizer.h"
#include "riverbank/error.h"
#include "riverbank/rerank.h"

namespace riverbank {
namespace {

/// Texts whose tokens are in memory at once: 1.5 KB a token.
constexpr std::size_t kTextsAtOnce = 32;

void best_first(std::vector<RankedText>& ranked) {
  std::ranges::stable_sort(ranked, std::ranges::greater(), &RankedText::score);
}

/// The idf of the question's words among the texts.
std::vector<WordWeight> weights_among(std::string_view question, std::span<const std::string_view> texts) {
  std::map<std::string, std::size_t, std::less<>> holding;
  for_each_search_word(question, [&](const SearchWord& word) {
    holding.emplace(word.folded, 0);
    return true;
  });
  for (const std::string_view text : texts) {
    std::set<std::string_view> seen;
    for_each_search_word(text, [&](const SearchWord& word) {
      const auto asked = holding.find(word.folded);
      if (asked != holding.end() && seen.insert(asked->first).second) ++asked->second;
      return true;
    });
  }
  std::vector<WordWeight> weights;
  for_each_search_word(question, [&](const SearchWord& word) {
    if (word.whole || (!weights.empty() && weights.back().begin == word.begin)) return true;
    weights.push_back({word.begin, word.end, idf(texts.size(), holding.find(word.folded)->second)});
    return true;
  });
  return weights;
}

}  // namespace

std::vector<RankedText> rank_texts(const Embedder& embedder, std::string_view question,
                                   std::span<const std::string_view> texts, std::stop_token stop) {
  const LateInteraction late(embedder, question, weights_among(question, texts));
  std::vector<RankedText> ranked;
  for (std::size_t begin = 0; begin < texts.size(); begin += kTextsAtOnce) {
    if (stop.stop_requested()) throw Error(ErrorKind::kCancelled, "Stopped while ranking texts.");
    const auto some = texts.subspan(begin, std::min(kTextsAtOnce, texts.size() - begin));
    std::vector<LatePassage> passages;
    for (const std::string_view text : some) passages.push_back({text, passage_sentences(text)});
    const std::vector<LateMatch> matches = late.match(passages);
    for (std::size_t i = 0; i < some.size(); ++i) {
      const auto best = best_sentence(some[i], passages[i].sentences, matches[i].sentences);
      ranked.push_back({begin + i, std::clamp(matches[i].score, 0.0, 1.0),
                        best ? std::optional(passages[i].sentences[*best]) : std::nullopt});
    }
  }
  best_first(ranked);
  return ranked;
}

std::vector<RankedText> rank_texts(const CrossEncoder& cross_encoder, std::string_view question,
                                   std::span<const std::string_view> texts, std::stop_token stop) {
  std::vector<RankedText> ranked;
  for (const float logit : cross_encoder.score(question, texts, std::move(stop))) {
    ranked.push_back({ranked.size(), 1 / (1 + std::exp(-static_cast<double>(logit))), std::nullopt});
  }
  best_first(ranked);
  return ranked;
}

}  // namespace riverbank
