#include "index/search/question_words.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace riverbank {

double idf(std::size_t passages, std::size_t with_word) {
  const auto N = static_cast<double>(passages);
  const auto n = static_cast<double>(std::min(with_word, passages));
  constexpr double kHalf = 0.5;
  return std::log(1 + (N - n + kHalf) / (n + kHalf));
}

QuestionWords::QuestionWords(StoreReader& reader, std::string_view question) {
  std::vector<AskedWord> words = reader.asked_words(question);
  const std::size_t chunks = reader.chunks();
  const bool only_stop_words = std::ranges::none_of(words, &AskedWord::tells);
  for (AskedWord& word : words) {
    const double weight = idf(chunks, word.found);
    weights_.push_back({word.begin, word.end, weight});
    const auto is_same = [&](const Telling& known) { return known.word.folded == word.folded; };
    if ((!word.tells && !only_stop_words) || std::ranges::any_of(telling_, is_same)) continue;
    telling_.push_back({std::move(word), weight});
    sum_ += weight;
  }
}

double QuestionWords::covered(std::int64_t chunk) const {
  double found = 0;
  for (const auto& [word, weight] : telling_) {
    if (std::ranges::binary_search(word.chunks, chunk)) found += weight;
  }
  return sum_ > 0 ? found / sum_ : 0;
}

double relevance(const Calibration& calibration, double cosine, double covered, std::optional<double> sentence) {
  const Calibration::Weights& weights = sentence ? calibration.read : calibration.unread;
  const double sum = weights.cosine * cosine + weights.words * covered + weights.sentence * sentence.value_or(0);
  return 1 / (1 + std::exp(-(sum + weights.constant)));
}

}  // namespace riverbank
