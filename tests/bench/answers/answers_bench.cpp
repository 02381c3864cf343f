// What a search says about the answer itself: whether the sentence that it marks holds it, and whether it is silent
// where there is none.
//
//     riverbank_answers SET_WITH_ANSWERS OTHER_SET MODEL WORK_FOLDER
//
// SET_WITH_ANSWERS is a BEIR folder with answers.tsv (tests/support/answer_set.h); OTHER_SET, any BEIR folder about
// something else, is asked the questions of the first and the other way round. The indexes stay in WORK_FOLDER, so that
// a second run encodes no passage.

#include <fmt/format.h>

#include <filesystem>
#include <string>

#include "riverbank/error.h"
#include "tests/support/answer_set.h"

namespace riverbank::testing {
namespace {

double silent_share(const Index& index, const std::map<std::string, std::string>& questions, std::size_t step) {
  std::size_t asked = 0;
  std::size_t silent = 0;
  std::size_t number = 0;
  for (const auto& [id, question] : questions) {
    if (number++ % step != 0) continue;
    ++asked;
    silent += best_relevance(index, question) < kMinRelevance ? 1 : 0;
  }
  return static_cast<double>(silent) / static_cast<double>(asked);
}

void print_sentences(const SentenceResult& result) {
  fmt::print("best sentence of the right passage holds the answer: {:.1f} %  (median {:.0f} bytes; {} questions)\n",
             100 * result.marked, result.median_bytes, result.questions);
  fmt::print("  by the sentences' own vectors, in this run: {:.1f} %\n", 100 * result.by_own_vector);
}

void print_silence(const SilenceResult& result) {
  constexpr double kLost = 0.02;
  const double threshold = result.threshold(kLost);
  fmt::print("silence, the answer's article taken away against left in: area under the ROC curve {:.4f}\n",
             result.area());
  fmt::print("  at the threshold that loses 2 % ({:.3f}): {:.1f} % of the wrong ones still shown\n", threshold,
             100 * SilenceResult::share_from(result.without, threshold));
  fmt::print("  at the default ({:.3f}): {:.1f} % lost, {:.1f} % still shown\n", kMinRelevance,
             100 * (1 - SilenceResult::share_from(result.with_answer, kMinRelevance)),
             100 * SilenceResult::share_from(result.without, kMinRelevance));
}

void run(const std::string& folder, const std::string& other_folder, const std::string& model,
         const std::filesystem::path& work) {
  const AnswerSet set = read_answer_set(folder);
  const Index index = index_of(set, work / "set", model);
  fmt::print("{}, {}\n", model, folder);
  print_sentences(measure_sentences(set, index));
  print_silence(measure_silence(set, index));
  AnswerSet other;
  other.set = read_retrieval_set(other_folder);
  std::erase_if(other.set.queries, [&](const auto& query) { return !other.set.qrels.contains(query.first); });
  fmt::print("questions of {} here: silent {:.1f} %\n", other_folder, 100 * silent_share(index, other.set.queries, 1));
  const Index other_index = index_of(other, work / "other", model);
  fmt::print("questions of this set there: silent {:.1f} %; its own: {:.1f} %\n",
             100 * silent_share(other_index, set.set.queries, 1),
             100 * silent_share(other_index, other.set.queries, 1));
}

}  // namespace
}  // namespace riverbank::testing

int main(int argc, char** argv) {
  if (argc != 5) {
    fmt::print(stderr, "usage: riverbank_answers SET_WITH_ANSWERS OTHER_SET MODEL WORK_FOLDER\n");
    return 2;
  }
  try {
    riverbank::testing::run(argv[1], argv[2], argv[3], argv[4]);
  } catch (const riverbank::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
  return 0;
}
