#include "index/search/sentence_hits.h"

#include <algorithm>
#include <functional>

#include "index/search/best_sentence.h"
#include "index/search/fusion.h"

namespace riverbank {
namespace {

constexpr double kSentenceWeight = 0.5;

/// Lines that begin in text[0, end).
std::size_t line_ends(std::string_view text, std::size_t end) {
  return static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
}

/// A sentence as a hit of its own.
Hit sentence_hit(const Hit& passage, const TextRange& range) {
  Hit hit = passage;
  if (passage.first_line > 0) {
    hit.first_line = passage.first_line + line_ends(passage.text, range.begin);
    hit.last_line = passage.first_line + line_ends(passage.text, range.end);
  }
  hit.text = passage.text.substr(range.begin, range.end - range.begin);
  hit.range = {passage.range.begin + range.begin, passage.range.begin + range.end};
  hit.best_sentence = TextRange{0, hit.text.size()};
  return hit;
}

}  // namespace

std::vector<Hit> sentence_hits(std::span<const Hit> passages, const std::map<std::int64_t, ReadPassage>& read,
                               std::size_t top_k) {
  std::vector<Hit> hits;
  std::vector<double> of_passages, own;
  for (const Hit& passage : passages) {
    const auto found = read.find(passage.passage);
    if (found == read.end()) continue;
    const std::vector<TextRange>& sentences = found->second.sentences;
    for (const std::size_t s : answering_sentences(passage.text, sentences)) {
      hits.push_back(sentence_hit(passage, sentences[s]));
      of_passages.push_back(passage.score);
      own.push_back(found->second.match.sentences[s]);
      hits.back().sentence_score = own.back();
      hits.back().steps.clear();
    }
  }
  if (hits.empty()) return hits;
  const std::vector<double> passage = standard_scores(of_passages);
  const std::vector<double> sentence = standard_scores(own);
  for (std::size_t i = 0; i < hits.size(); ++i) {
    hits[i].score = (1 - kSentenceWeight) * passage[i] + kSentenceWeight * sentence[i];
  }
  std::ranges::stable_sort(hits, std::ranges::greater(), &Hit::score);
  const double low = hits.back().score;
  const double high = hits.front().score;
  for (Hit& hit : hits) hit.score = high > low ? (hit.score - low) / (high - low) : 1;
  if (hits.size() > top_k) hits.resize(top_k);
  return hits;
}

}  // namespace riverbank
