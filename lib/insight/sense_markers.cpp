#include "lib/insight/sense_markers.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "lib/text/sentences.h"
#include "lib/text/unicode.h"

namespace riverbank {
namespace {

constexpr std::size_t kMostMarkers = 8;
constexpr std::size_t kShortestMarker = 3;  // bytes

/// English words that stand beside everything.
const std::set<std::string_view> kFunctionWords{
    "about", "above",  "after",   "again",  "all",     "also",  "among", "and",   "any",    "are",   "because",
    "been",  "before", "being",   "below",  "between", "both",  "but",   "can",   "cannot", "could", "did",
    "does",  "doing",  "down",    "during", "each",    "else",  "ever",  "every", "few",    "for",   "from",
    "had",   "has",    "have",    "having", "her",     "here",  "hers",  "him",   "his",    "how",   "into",
    "its",   "itself", "just",    "like",   "made",    "make",  "many",  "may",   "might",  "more",  "most",
    "much",  "must",   "near",    "never",  "nor",     "not",   "now",   "off",   "once",   "one",   "only",
    "other", "our",    "out",     "over",   "own",     "per",   "same",  "she",   "should", "since", "some",
    "still", "such",   "than",    "that",   "the",     "their", "them",  "then",  "there",  "these", "they",
    "this",  "those",  "through", "too",    "two",     "under", "until", "upon",  "use",    "used",  "very",
    "was",   "were",   "what",    "when",   "where",   "which", "while", "who",   "whom",   "whose", "why",
    "will",  "with",   "without", "would",  "yet",     "you",   "your"};

/// How many uses of each sense a word stands beside.
using Counts = std::map<std::string, std::vector<double>>;

Counts count_neighbours(std::span<const Usage> usages, const SenseGrouping& grouping) {
  Counts counts;
  for (std::size_t i = 0; i < usages.size(); ++i) {
    const std::string& text = usages[i].text;
    std::set<std::string> beside;
    for (const Span& span : words(text)) {
      const bool is_the_word = span.begin < usages[i].word.end && span.end > usages[i].word.begin;
      std::string folded = is_the_word ? "" : fold_for_search(span.of(text));
      const bool is_number = folded.find_first_not_of("0123456789.,") == std::string::npos;
      if (folded.size() >= kShortestMarker && !is_number && !kFunctionWords.contains(folded)) {
        beside.insert(std::move(folded));
      }
    }
    const std::string itself = fold_for_search(usages[i].word.of(text));
    for (const std::string& word : beside) {
      if (word == itself) continue;
      auto& of_senses = counts[word];
      of_senses.resize(grouping.senses.size());
      ++of_senses[grouping.sense_of[i]];
    }
  }
  return counts;
}

double log_odds(double a, double A, double b, double B) {
  constexpr double kPrior = 0.5;
  a += kPrior;
  b += kPrior;
  const double ratio = std::log(a / (A + 2 * kPrior - a)) - std::log(b / (B + 2 * kPrior - b));
  return ratio / std::sqrt(1 / a + 1 / b);
}

}  // namespace

void mark_senses(std::span<const Usage> usages, SenseGrouping& grouping) {
  const Counts counts = count_neighbours(usages, grouping);
  const auto all = static_cast<double>(usages.size());
  const bool single = grouping.senses.size() == 1;
  for (std::size_t sense = 0; sense < grouping.senses.size(); ++sense) {
    SenseCluster& cluster = grouping.senses[sense];
    const auto size = static_cast<double>(cluster.usages.size());
    for (const auto& [word, of_senses] : counts) {
      double total = 0;
      for (const double count : of_senses) total += count;
      const double here = of_senses[sense];
      const double score = single ? here : log_odds(here, size, total - here, all - size);
      if (here >= 2 && score > 0) cluster.markers.push_back({word, score});
    }
    // The map gives them in order of the alphabet: so stand equals.
    std::stable_sort(cluster.markers.begin(), cluster.markers.end(),
                     [](const SenseMarker& a, const SenseMarker& b) { return a.score > b.score; });
    if (cluster.markers.size() > kMostMarkers) cluster.markers.resize(kMostMarkers);
  }
}

}  // namespace riverbank
