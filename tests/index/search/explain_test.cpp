#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "tests/index/search/sandbox.h"

namespace riverbank {
namespace {

double sum_of(const std::vector<WordShare>& words) {
  return std::accumulate(words.begin(), words.end(), 0.0,
                         [](double sum, const WordShare& word) { return sum + word.share; });
}

class Explain : public ::testing::Test {
 protected:
  void SetUp() override {
    box_.write("river.md", "# The river\n\nShe sat on the bank of the river, the river of reeds.\n");
    box_.write("money.md", "# Money\n\nThe bank gave a loan. He paid the money at the bank.\n");
    box_.write("boat.md", "# Boats\n\nA boat of tree and reed, tied to the bank in the water.\n");
    for (unsigned i = 0; i < 6; ++i)
      box_.write("other" + std::to_string(i) + ".md", testing::words_of(i, 40) + " water.\n");
    box_.update();
  }
  static SearchOptions options(SearchMode mode) {
    SearchOptions options;
    options.mode = mode;
    options.min_relevance = 0;
    return options;
  }
  /// All that must hold of any explanation.
  static void expect_sums(const SearchResult& result, const Explanations& why) {
    ASSERT_EQ(why.hits.size(), result.hits.size());
    for (std::size_t i = 0; i < why.hits.size(); ++i) {
      const Explanation& one = why.hits[i];
      const Hit& hit = result.hits[i];
      double score = why.form.base;
      for (const Explanation::Points& points : one.points) score += points.points;
      EXPECT_NEAR(score, hit.score, 1e-9);
      EXPECT_NEAR(sum_of(one.keywords), hit.bm25.value_or(0), 1e-9);
      if (!hit.cosine) continue;
      EXPECT_NEAR(one.cosine, *hit.cosine, 1e-3);
      EXPECT_NEAR(sum_of(one.question.words) + sum_of(one.question.rest), one.cosine, 1e-5);
      EXPECT_NEAR(sum_of(one.passage.words) + sum_of(one.passage.rest), one.cosine, 1e-5);
      EXPECT_THAT(one.passage.text, ::testing::EndsWith(hit.text));
      for (const WordShare& word : one.passage.words) {
        EXPECT_EQ(one.passage.text.substr(word.begin, word.end - word.begin), word.word);
      }
    }
  }
  testing::Sandbox box_;
};

TEST_F(Explain, EverythingAddsUpInEveryMode) {
  const Index index = box_.open();
  for (const SearchMode mode : {SearchMode::kHybrid, SearchMode::kVector, SearchMode::kKeyword}) {
    for (const char* question : {"river bank reeds", "money", "the of", "water \"the bank\" zebra"}) {
      SCOPED_TRACE(question);
      const SearchResult result = index.search(question, options(mode));
      expect_sums(result, index.explain(question, result));
    }
  }
}

TEST_F(Explain, NamesTheWordsThatWereFound) {
  const Index index = box_.open();
  const SearchResult result = index.search("river reeds zebra", options(SearchMode::kKeyword));
  ASSERT_EQ(result.hits.front().document, "river.md");
  const Explanations why = index.explain("river reeds zebra", result);
  std::vector<std::string> words;
  for (const WordShare& word : why.hits.front().keywords) words.push_back(word.word);
  EXPECT_THAT(words, ::testing::UnorderedElementsAre("river", "reeds"));
  EXPECT_EQ(why.method, "");
}

TEST_F(Explain, JoinsWordPieces) {
  const Index index = box_.open();
  const SearchResult result = index.search("riverbank reeds", options(SearchMode::kVector));
  const Explanation why = index.explain("riverbank reeds", result).hits.at(0);
  ASSERT_EQ(why.question.words.size(), 2U);
  EXPECT_EQ(why.question.words[0].word, "riverbank");
  EXPECT_TRUE(index.explain("riverbank", {}).hits.empty());
}

TEST_F(Explain, WholeDocumentsToo) {
  IndexOptions whole = box_.options();
  whole.whole_documents = true;
  const testing::TemporaryFolder folder;
  Index index = Index::open(folder.path() / "whole", whole);
  index.add({"r", "She sat on the bank of the river.", "The river", {}});
  const SearchResult result = index.search("river bank", options(SearchMode::kHybrid));
  expect_sums(result, index.explain("river bank", result));
}

}  // namespace
}  // namespace riverbank
