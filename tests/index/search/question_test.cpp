#include "index/search/question.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace riverbank {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Question, OfPlainTextIsThatText) {
  for (const char* typed : {"", "How do I share data?", "--dry-run", "grep --dry-run -- x", "-v of grep", "a-b", "3 -4",
                            "a - b", "\"open", "it's 5\" wide", "\"\"", "\"?!\"", "x -\"y", "\xff -\xff"}) {
    const Question question = read_question(typed);
    EXPECT_THAT(question.phrases, IsEmpty()) << typed;
    EXPECT_THAT(question.excluded, IsEmpty()) << typed;
  }
  EXPECT_EQ(read_question("grep --dry-run -3 a - b").text, "grep --dry-run -3 a - b");
}

TEST(Question, TakesOutPhrasesAndExclusions) {
  const Question question = read_question("bank \"of the river\" -money,  -größe “two words” end");
  EXPECT_THAT(question.phrases, ElementsAre("of the river", "two words"));
  EXPECT_THAT(question.excluded, ElementsAre("money,", "größe"));
  EXPECT_THAT(question.text, HasSubstr("of the river"));
  EXPECT_THAT(question.text, HasSubstr("two words"));
  EXPECT_THAT(question.text, ::testing::Not(HasSubstr("money")));
}

TEST(Question, SearchesWhatStandsInQuotationMarksWhateverItIs) {
  const Question question = read_question("what does \"-v\" do");
  EXPECT_THAT(question.excluded, IsEmpty());
  EXPECT_THAT(question.phrases, ElementsAre("-v"));
  EXPECT_THAT(read_question("what does -v do").excluded, ElementsAre("v"));
}

TEST(Question, OfAMegabyteOfMarksIsReadInNoTime) {
  const auto start = std::chrono::steady_clock::now();
  std::string open;
  while (open.size() < 1'000'000) open += "\u201c";
  read_question(open);
  read_question(std::string(1'000'001, '"'));
  std::string minus;
  while (minus.size() < 1'000'000) minus += " -a";
  EXPECT_EQ(read_question(minus).excluded.size(), 333'334U);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

}  // namespace
}  // namespace riverbank
