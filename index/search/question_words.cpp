#include "index/search/question_words.h"

#include <algorithm>
#include <cmath>

#include "lib/text/unicode.h"

namespace riverbank {

double idf(std::size_t passages, std::size_t with_word) {
  const auto N = static_cast<double>(passages);
  const auto n = static_cast<double>(std::min(with_word, passages));
  constexpr double kHalf = 0.5;
  return std::log(1 + (N - n + kHalf) / (n + kHalf));
}

QuestionWords::QuestionWords(StoreReader& reader, std::string_view question) : reader_(reader) {
  const std::vector<AskedWord> words = reader.asked_words(question);
  const std::size_t chunks = reader.counts().chunks;
  const bool only_stop_words = std::ranges::none_of(words, &AskedWord::tells);
  for (const AskedWord& word : words) {
    const double weight = idf(chunks, word.chunks);
    weights_.push_back({word.begin, word.end, weight});
    const std::string folded = fold_for_search(word.written);
    const bool is_new = std::ranges::none_of(
        telling_, [&](const Telling& known) { return fold_for_search(known.word.written) == folded; });
    if (is_new && (word.tells || only_stop_words)) {
      telling_.push_back({word, weight});
      sum_ += weight;
    }
  }
}

double QuestionWords::covered(std::int64_t chunk) {
  double found = 0;
  for (const Telling& telling : telling_) {
    if (telling.word.chunks > 0 && reader_.holds(chunk, telling.word)) found += telling.idf;
  }
  return sum_ > 0 ? found / sum_ : 0;
}

double relevance(const Calibration& calibration, double cosine, double covered) {
  return 1 / (1 + std::exp(-(calibration.cosine * cosine + calibration.words * covered + calibration.constant)));
}

}  // namespace riverbank
