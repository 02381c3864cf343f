#include <gtest/gtest.h>

#include "tests/support/answer_set.h"
#include "tests/support/environment.h"
#include "tests/support/needs_model.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace riverbank::testing {
namespace {

// A sample of what tests/bench/answers measures in full, with floors a little under what was found.
TEST(Answers, AreMarkedAndSilenceIsKept) {
  RIVERBANK_NEEDS_SHARED_DATA("xquad_en");
  RIVERBANK_NEEDS_MODEL("all-MiniLM-L6-v2");
  const TemporaryFolder temporary;
  constexpr std::size_t kArticles = 8;  // every eighth
  constexpr std::size_t kQuestions = 2;
  const AnswerSet set = read_answer_set(shared_data("xquad_en"), kArticles);
  const Index index = index_of(set, temporary.path() / "index", "all-MiniLM-L6-v2");

  const SentenceResult sentences = measure_sentences(set, index, kQuestions);
  ASSERT_GT(sentences.questions, 50U);
  EXPECT_GE(sentences.marked, 0.78);
  EXPECT_GE(sentences.marked, sentences.by_own_vector + 0.04);

  const SilenceResult silence = measure_silence(set, index, kQuestions);
  EXPECT_GE(silence.area(), 0.98);
  EXPECT_GE(SilenceResult::share_from(silence.with_answer, kMinRelevance), 0.95);
  EXPECT_LE(SilenceResult::share_from(silence.without, kMinRelevance), 0.2);
}

}  // namespace
}  // namespace riverbank::testing
