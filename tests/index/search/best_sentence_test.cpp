#include "index/search/best_sentence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/tiny_model.h"

namespace riverbank {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> sentences_in(const std::string& passage) {
  std::vector<std::string> found;
  for (const TextRange& range : passage_sentences(passage)) {
    found.push_back(passage.substr(range.begin, range.end - range.begin));
  }
  return found;
}

TEST(PassageSentences, LineEndAloneEndsNoSentence) {
  EXPECT_THAT(sentences_in("The boat sat\non the river. She took\r\na loan."),
              ElementsAre("The boat sat\non the river.", "She took\r\na loan."));
}

TEST(PassageSentences, BlankLinesHeadingsItemsAndCodeDo) {
  EXPECT_THAT(sentences_in("# River\nThe boat sat\n\nShe took\n- a loan\n- money\n1. water"),
              ElementsAre("# River", "The boat sat", "She took", "- a loan", "- money", "1. water"));
  EXPECT_THAT(sentences_in("int a = 1;\nint b = 2;"), ElementsAre("int a = 1;", "int b = 2;"));
}

TEST(PassageSentences, AnyBytesAreAPassage) {
  EXPECT_TRUE(passage_sentences("").empty());
  EXPECT_TRUE(passage_sentences("\n \n\r\n").empty());
  const std::string broken = "\xff\xfe. A \x80\n\xc3";
  for (const TextRange& range : passage_sentences(broken)) {
    EXPECT_LT(range.begin, range.end);
    EXPECT_LE(range.end, broken.size());
  }
}

TEST(BestSentences, IsTheOneWhoseOwnVectorIsNearest) {
  const Embedder embedder(testing::share(testing::tiny_model()));
  const std::string passage = "The boat sat on the river. She took a loan. A tree in the water.";
  for (const std::string sentence : {"The boat sat on the river.", "She took a loan.", "A tree in the water."}) {
    const std::vector<float> question = embedder.embed(sentence);  // nearest to itself, whatever the model
    const std::vector<std::string_view> passages{passage, "Money."};
    const auto best = best_sentences(passages, question, embedder);
    ASSERT_TRUE(best[0].has_value());
    EXPECT_EQ(passage.substr(best[0]->begin, best[0]->end - best[0]->begin), sentence);
    ASSERT_TRUE(best[1].has_value());
    EXPECT_EQ(best[1]->end, 6U);
  }
}

TEST(BestSentences, HeadingsAndMarkupAreNoAnswer) {
  const Embedder embedder(testing::share(testing::tiny_model()));
  for (const std::string passage :
       {"# the river bank\n\nShe took a loan.", "the river bank\n==============\n\nShe took a loan.",
        "<a id=\"the-river-bank\"></a>\n\nShe took a loan."}) {
    SCOPED_TRACE(passage);
    const std::vector<std::string_view> passages{passage};
    const auto best = best_sentences(passages, embedder.embed("the river bank"), embedder);
    ASSERT_TRUE(best[0]);
    EXPECT_EQ(passage.substr(best[0]->begin, best[0]->end - best[0]->begin), "She took a loan.");
  }
  const std::vector<std::string_view> nothing_else{"# the river bank\n\n## the loan"};
  EXPECT_TRUE(best_sentences(nothing_else, embedder.embed("river"), embedder)[0]);
}

TEST(BestSentences, EncodesABoundedNumber) {
  const Embedder embedder(testing::share(testing::tiny_model()));
  std::string passage;
  for (int i = 0; i < 5000; ++i) passage += "A boat. ";
  const std::vector<std::string_view> passages{passage, "A tree. A reed."};
  const auto best = best_sentences(passages, embedder.embed("A tree."), embedder);
  ASSERT_TRUE(best[0].has_value());
  EXPECT_LT(best[0]->end, kMaxMarkedSentences * 8);
  EXPECT_FALSE(best[1].has_value());
}

}  // namespace
}  // namespace riverbank
