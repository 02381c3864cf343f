#include "index/search/best_sentence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

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

std::string best_of(const std::string& passage, const std::vector<double>& scores) {
  const std::vector<TextRange> sentences = passage_sentences(passage);
  const std::optional<std::size_t> best = best_sentence(passage, sentences, scores);
  if (!best) return "nothing";
  return passage.substr(sentences[*best].begin, sentences[*best].end - sentences[*best].begin);
}

TEST(BestSentence, HasTheHighestScore) {
  const std::string passage = "The boat sat on the river. She took a loan. A tree in the water.";
  EXPECT_EQ(best_of(passage, {0.1, 0.5, 0.2}), "She took a loan.");
  EXPECT_EQ(best_of(passage, {0.5, 0.5, 0.5}), "The boat sat on the river.");  // the first of equals
  EXPECT_EQ(best_of("", {}), "nothing");
}

TEST(BestSentence, HeadingsAndMarkupAreNoAnswer) {
  for (const std::string passage :
       {"# the river bank\n\nShe took a loan.", "the river bank\n==============\n\nShe took a loan.",
        "<a id=\"the-river-bank\"></a>\n\nShe took a loan."}) {
    SCOPED_TRACE(passage);
    std::vector<double> scores(passage_sentences(passage).size(), 0.9);
    scores.back() = 0.1;
    EXPECT_EQ(best_of(passage, scores), "She took a loan.");
  }
  EXPECT_EQ(best_of("# the river bank\n\n## the loan", {0.1, 0.2}), "## the loan");  // there is nothing else
}

}  // namespace
}  // namespace riverbank
