#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "index/search/late_interaction.h"
#include "index/store/store_reader.h"

namespace riverbank {

/// ln(1 + (N - n + 0.5) / (n + 0.5)) of a word that n of N passages hold: the idf of BM25.
double idf(std::size_t passages, std::size_t with_word);

/// What a collection knows of a question's words.
class QuestionWords {
 public:
  QuestionWords(StoreReader& reader, std::string_view question);

  /// Every word's idf, stop words included: "who" and "many" say much where they are rare.
  const std::vector<WordWeight>& weights() const { return weights_; }

  /// The share of the question's words that a passage holds, each once, weighed by idf; stop words count only where
  /// there is nothing else. 0..1
  double covered(std::int64_t chunk) const;

 private:
  struct Telling {
    AskedWord word;
    double idf = 0;
  };
  std::vector<WordWeight> weights_;
  std::vector<Telling> telling_;  // each once
  double sum_ = 0;                // of telling_'s idf
};

/// See Calibration; without a sentence, of a passage that was not read. 0..1
double relevance(const Calibration& calibration, double cosine, double covered, std::optional<double> sentence);

}  // namespace riverbank
