#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "riverbank/evaluate.h"
#include "tests/index/search/sandbox.h"
#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;

class QuestionsFile : public ::testing::Test {
 protected:
  void SetUp() override {
    box_.write("river.md",
               "# The river\n\nReeds grew on the\nbank of the river.\n\n## The boat\n\nA boat lay there.\n");
    box_.write("money/loan.md", "The bank gave a loan.\n");
    box_.write("12:30.md", "The train leaves.\n");
  }
  RetrievalSet read(const std::string& text) const {
    return read_questions(box_.docs(), questions_.write("questions.tsv", text));
  }
  testing::Sandbox box_;
  testing::TemporaryFolder questions_;
};

TEST_F(QuestionsFile, NamesFilesAndLines) {
  const RetrievalSet set = read(
      "Where do reeds grow?\triver.md:4\r\n"
      "Who lends?\t./money/loan.md\n"
      "\n"
      "Where do reeds grow?\tmoney/loan.md:1-2\n"
      "When does it leave?\t12:30.md\n");
  EXPECT_EQ(set.queries.at("1"), "Where do reeds grow?");
  EXPECT_EQ(set.qrels.at("1"), (std::map<std::string, int>{{"river.md:4-4", 1}, {"money/loan.md:1-2", 1}}));
  EXPECT_EQ(set.qrels.at("2"), (std::map<std::string, int>{{"money/loan.md", 1}}));
  EXPECT_EQ(set.qrels.at("5"), (std::map<std::string, int>{{"12:30.md", 1}}));
  EXPECT_EQ(set.places.at("1").at("money/loan.md:1-2").last_line, 2U);
  EXPECT_FALSE(set.places.contains("2"));
  EXPECT_TRUE(set.left_out.empty());
}

TEST_F(QuestionsFile, MayNameItsColumns) {
  const RetrievalSet set = read(
      "query\texpected_file\tdifficulty\tanswer\n"
      "Where do reeds grow?\triver.md\thard\tgrew on the bank  of\n"
      "Who lends?\tmoney/loan.md\teasy\t\n");
  EXPECT_EQ(set.qrels.at("2"), (std::map<std::string, int>{{"river.md:3-4", 1}}));
  EXPECT_EQ(set.qrels.at("3"), (std::map<std::string, int>{{"money/loan.md", 1}}));
  EXPECT_EQ(set.columns.at("difficulty").at("3"), "easy");
  EXPECT_FALSE(set.columns.contains("answer"));
}

TEST_F(QuestionsFile, RowsOfWhatIsNotThereAreLeftOutAndCounted) {
  const RetrievalSet set = read(
      "question\tfile\tanswer\n"
      "a\tnowhere.md\t\nb\t../questions.tsv\t\nc\t/etc/passwd\t\nd\triver.md\tno such words\ne\triver.md\t\n"
      "f\triver.md:40-99\t\n");
  EXPECT_EQ(set.qrels.size(), 1U);
  EXPECT_THAT(
      set.left_out,
      ElementsAre("3 questions left out: each names a file that is not in the folder (\"nowhere.md\", "
                  "\"../questions.tsv\", \"/etc/passwd\")",
                  "1 question left out: it names a line that its file does not have (\"river.md:40-99\")",
                  "1 question left out: it names an answer that does not stand in its file (\"no such words\")"));
  expect_error(ErrorKind::kCorrupt, "nothing in", [&] { read("a\tnowhere.md\n"); });
  expect_error(ErrorKind::kCorrupt, "questions.tsv:2: expected a question and a file",
               [&] { read("a\triver.md\nb\n"); });
  expect_error(ErrorKind::kNotFound, "no folder",
               [&] { read_questions(box_.docs() / "nowhere", questions_.path() / "questions.tsv"); });
}

TEST_F(QuestionsFile, APlaceIsFoundOnceByAPassageThatTouchesIt) {
  const RetrievalSet set = read("reeds bank river\triver.md:4\nbank loan\tmoney/loan.md\n");
  Index index = box_.open();
  box_.update(index);
  EvaluationOptions options;
  options.search.mode = SearchMode::kKeyword;
  const riverbank::Run run = evaluate(index, set, options).run;
  ASSERT_FALSE(run.at("1").empty());
  EXPECT_EQ(run.at("1").front().id, "river.md:4-4");
  const auto& ranked = run.at("1");
  EXPECT_EQ(std::count_if(ranked.begin(), ranked.end(), [](const auto& one) { return one.id == "river.md:4-4"; }), 1);
  EXPECT_EQ(run.at("2").front().id, "money/loan.md");
}

}  // namespace
}  // namespace riverbank
