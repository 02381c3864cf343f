#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "riverbank/cross_encoder.h"
#include "tests/index/search/sandbox.h"

namespace riverbank {
namespace {

using testing::kModes;

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
      ASSERT_FALSE(hit.steps.empty());
      EXPECT_NEAR(hit.steps.back().result, hit.score, 1e-12);
      for (std::size_t step = 0; step < hit.steps.size(); ++step) {
        EXPECT_NEAR(std::clamp(hit.steps[step].sum(), 0.0, 1.0), hit.steps[step].result, 1e-9);
        for (const ScoreStep::Side& side : hit.steps[step].sides) {
          if (side.name == "cosine") {
            EXPECT_EQ(side.value, hit.cosine);
          }
          if (side.name == "bm25") {
            EXPECT_EQ(side.value, hit.bm25.value_or(0));
          }
          if (side.name == "score before") {
            EXPECT_EQ(side.value, hit.steps.at(step - 1).result);
          }
        }
      }
      EXPECT_EQ(hit.sentence_score.has_value(), hit.best_sentence.has_value());
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

TEST_F(Explain, EverythingAddsUpHoweverHitsWereOrdered) {
  const Index index = box_.open();
  const auto cross_encoder =
      std::make_shared<const CrossEncoder>(CrossEncoder::load(RIVERBANK_SOURCE_DIR "/tests/golden/tiny_cross_encoder"));
  for (const SearchMode mode : kModes) {
    for (const Fusion fusion : {Fusion::kScores, Fusion::kRanks}) {
      for (const char* reranker : {"", "late interaction", "cross-encoder"}) {
        for (const char* question : {"river bank reeds", "money", "the of", "water \"the bank\" zebra"}) {
          SCOPED_TRACE(std::string(question) + " / " + reranker);
          SearchOptions asked = options(mode);
          asked.fusion = fusion;
          asked.rerank = *reranker == 'l';
          if (*reranker == 'c') asked.cross_encoder = cross_encoder;
          const SearchResult result = index.search(question, asked);
          expect_sums(result, index.explain(question, result));
          for (const Hit& hit : result.hits) {
            ASSERT_EQ(hit.steps.size(), *reranker == 0 ? 1U : 2U);
            if (*reranker != 0) {
              EXPECT_EQ(hit.steps.back().name, reranker);
            }
          }
          EXPECT_EQ(result.order.find("read again") == std::string::npos, *reranker == 0 || result.hits.empty());
        }
      }
    }
  }
}

TEST_F(Explain, WhatTheSearchKeptGivesTheSame) {
  const Index index = box_.open();
  const std::string question = "river bank reeds";
  const SearchResult plain = index.search(question, options(SearchMode::kHybrid));
  SearchOptions keeping = options(SearchMode::kHybrid);
  const ExplainOptions with_attention{.attention = true};
  keeping.explain = with_attention;
  SearchResult kept = index.search(question, keeping);
  ASSERT_EQ(kept.states.size(), kept.hits.size());
  EXPECT_FALSE(kept.states.front().places.empty());
  kept.states.pop_back();  // one that the search did not read
  const Explanations anew = index.explain(question, plain, with_attention);
  const Explanations why = index.explain(question, kept, with_attention);
  ASSERT_EQ(why.hits.size(), anew.hits.size());
  for (std::size_t i = 0; i < why.hits.size(); ++i) {
    EXPECT_EQ(why.hits[i].cosine, anew.hits[i].cosine);
    ASSERT_EQ(why.hits[i].passage.words.size(), anew.hits[i].passage.words.size());
    for (std::size_t w = 0; w < why.hits[i].passage.words.size(); ++w) {
      EXPECT_EQ(why.hits[i].passage.words[w].share, anew.hits[i].passage.words[w].share);
    }
    ASSERT_TRUE(why.hits[i].attention);
    EXPECT_EQ(why.hits[i].attention->attention, anew.hits[i].attention->attention);
  }
  EXPECT_FALSE(index.explain(question, kept).hits.front().attention);
}

TEST_F(Explain, PassagesThatNobodyReadAreReadThen) {
  const Index index = box_.open();
  SearchOptions asked = options(SearchMode::kHybrid);
  asked.best_sentences = false;
  asked.explain = ExplainOptions{};
  const SearchResult result = index.search("river bank", asked);
  EXPECT_TRUE(result.states.front().places.empty());
  expect_sums(result, index.explain("river bank", result));
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
