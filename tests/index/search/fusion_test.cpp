#include "index/search/fusion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>

namespace riverbank {
namespace {

using ::testing::ElementsAre;

std::vector<std::int64_t> order_of(const std::vector<Candidate>& candidates) {
  std::vector<std::int64_t> order;
  for (const Candidate& candidate : candidates) order.push_back(candidate.chunk);
  return order;
}

TEST(StandardScores, HaveMeanZeroAndDeviationOne) {
  const std::array<double, 4> x{1, 2, 3, 6};  // mean 3, variance 14 / 4
  const std::vector<double> z = standard_scores(x);
  EXPECT_NEAR(z[0], -2 / std::sqrt(3.5), 1e-12);
  EXPECT_NEAR(z[2], 0, 1e-12);
  EXPECT_NEAR(z[3], 3 / std::sqrt(3.5), 1e-12);
  EXPECT_THAT(standard_scores(std::array<double, 3>{0.1, 0.1, 0.1}), ElementsAre(0, 0, 0));
  EXPECT_TRUE(standard_scores({}).empty());
}

// Worked out by hand: the ten best by words are chunks 2 and 3, whose cosines stand at 0 and 0.5 of the way, so that
// a = 0.25 and w = 0.7; z(cosine) = 1.2247, -1.2247, 0 and z(bm25) = -1.2247, 1.2247, 0.
TEST(Fusion, AveragesStandardScoresWithAWeightThatFollowsTheAgreement) {
  std::vector<Candidate> candidates{{.chunk = 1, .cosine = 0.9, .bm25 = 0},
                                    {.chunk = 2, .cosine = 0.5, .bm25 = 10},
                                    {.chunk = 3, .cosine = 0.7, .bm25 = 5}};
  fuse_scores(candidates);
  EXPECT_EQ(order_of(candidates), (std::vector<std::int64_t>{1, 3, 2}));
  EXPECT_NEAR(candidates[0].score, 1, 1e-12);
  EXPECT_NEAR(candidates[1].score, 0.5, 1e-12);
  EXPECT_NEAR(candidates[2].score, 0, 1e-12);
}

TEST(Fusion, WordsThatContradictTheVectorsCountForLess) {
  // Chunks 1 to 3 are near in meaning; the words name either one of them, or one that is far.
  const auto lead_of_the_named = [](double cosine_of_the_named) {
    std::vector<Candidate> candidates{{.chunk = 1, .cosine = 0.80},
                                      {.chunk = 2, .cosine = 0.78},
                                      {.chunk = 3, .cosine = 0.76},
                                      {.chunk = 4, .cosine = 0.30},
                                      {.chunk = 5, .cosine = cosine_of_the_named, .bm25 = 9}};
    fuse_scores(candidates);
    return order_of(candidates).front();
  };
  EXPECT_EQ(lead_of_the_named(0.75), 5);
  EXPECT_EQ(lead_of_the_named(0.30), 1);
}

TEST(Fusion, LoneHitScoresOneAndNothingStaysNothing) {
  for (const auto fuse : {fuse_scores, fuse_ranks}) {
    std::vector<Candidate> none;
    fuse(none);
    EXPECT_TRUE(none.empty());
    std::vector<Candidate> one{{.chunk = 1, .cosine = 0.3, .bm25 = 2}};
    fuse(one);
    EXPECT_DOUBLE_EQ(one[0].score, 1.0);
  }
}

TEST(Fusion, WordsThatNobodyHoldsCountForNobody) {
  std::vector<Candidate> candidates{
      {.chunk = 1, .cosine = 0.2}, {.chunk = 2, .cosine = 0.4}, {.chunk = 3, .cosine = 0.3}};
  fuse_scores(candidates);
  EXPECT_EQ(order_of(candidates), (std::vector<std::int64_t>{2, 3, 1}));
  EXPECT_NEAR(candidates[1].score, 0.5, 1e-12);
  fuse_ranks(candidates);
  EXPECT_EQ(order_of(candidates), (std::vector<std::int64_t>{2, 3, 1}));
  EXPECT_DOUBLE_EQ(candidates[0].score, 0.5);  // first on one side only
}

TEST(Fusion, TiesGoToTheHigherCosineThenToTheLowerChunk) {
  for (const auto fuse : {fuse_scores, fuse_ranks}) {
    std::vector<Candidate> candidates{{.chunk = 9, .cosine = 0.5, .bm25 = 1},
                                      {.chunk = 3, .cosine = 0.5, .bm25 = 1},
                                      {.chunk = 5, .cosine = 0.5, .bm25 = 1}};
    fuse(candidates);
    EXPECT_EQ(order_of(candidates), (std::vector<std::int64_t>{3, 5, 9}));
  }
}

TEST(Fusion, ReciprocalRanks) {
  std::vector<Candidate> candidates{{.chunk = 1, .cosine = 0.9, .bm25 = 0},
                                    {.chunk = 2, .cosine = 0.8, .bm25 = 10},
                                    {.chunk = 3, .cosine = 0.7, .bm25 = 5}};
  fuse_ranks(candidates);
  EXPECT_EQ(order_of(candidates), (std::vector<std::int64_t>{2, 3, 1}));
  EXPECT_NEAR(candidates[0].score, (61.0 / 62 + 61.0 / 61) / 2, 1e-12);
  EXPECT_NEAR(candidates[1].score, (61.0 / 63 + 61.0 / 62) / 2, 1e-12);
  EXPECT_NEAR(candidates[2].score, (61.0 / 61) / 2, 1e-12);
}

TEST(Fusion, EveryModeScoresBetweenZeroAndOne) {
  const std::vector<Candidate> given{{.chunk = 1, .cosine = -0.2, .bm25 = 4},
                                     {.chunk = 2, .cosine = 0.9, .bm25 = 0},
                                     {.chunk = 3, .cosine = 0.1, .bm25 = 8}};
  for (const auto& [mode, first] :
       {std::pair{SearchMode::kHybrid, 2}, std::pair{SearchMode::kVector, 2}, std::pair{SearchMode::kKeyword, 3}}) {
    std::vector<Candidate> candidates = given;
    rank(candidates, mode, Fusion::kScores);
    EXPECT_EQ(candidates[0].chunk, first);
    for (const Candidate& candidate : candidates) {
      EXPECT_GE(candidate.score, 0);
      EXPECT_LE(candidate.score, 1);
    }
  }
}

TEST(Rerank, OrdersTheFirstAnewAndKeepsThemFirst) {
  std::vector<Candidate> candidates{{.chunk = 1, .cosine = 0.5, .score = 0.9},
                                    {.chunk = 2, .cosine = 0.5, .score = 0.8},
                                    {.chunk = 3, .cosine = 0.5, .score = 0.7},
                                    {.chunk = 4, .cosine = 0.5, .score = 0.6}};
  rerank(candidates, std::array<double, 3>{-5, 1, 7}, 1, "reader");
  EXPECT_EQ(order_of(candidates), (std::vector<std::int64_t>{3, 2, 1, 4}));
  EXPECT_NEAR(candidates[0].score, 1, 1e-12);
  EXPECT_NEAR(candidates[2].score, 0.7, 1e-12);
  EXPECT_NEAR(candidates[3].score, 0.6, 1e-12);

  rerank(candidates, std::array<double, 2>{0, 0}, 0.6, "reader");  // nothing new: the order stays
  EXPECT_EQ(order_of(candidates), (std::vector<std::int64_t>{3, 2, 1, 4}));
  std::vector<Candidate> none;
  rerank(none, {}, 0.6, "reader");
  EXPECT_TRUE(none.empty());
}

TEST(Rerank, TellsWhatItMade) {
  std::vector<Candidate> candidates{
      {.chunk = 1, .score = 0.9}, {.chunk = 2, .score = 0.8}, {.chunk = 3, .score = 0.5}, {.chunk = 4, .score = 0.2}};
  const Ordering ordering = rerank(candidates, std::array<double, 3>{-5, 1, 7}, 0.3, "reader");
  for (const Candidate& candidate : candidates) {
    if (!candidate.reading) continue;
    const ScoreStep step = step_of(ordering, candidate, candidate.score);
    ASSERT_EQ(step.sides.size(), 2U);
    EXPECT_EQ(step.sides[0].value, candidate.score_before);
    EXPECT_NEAR(step.sum(), candidate.score, 1e-12);
  }
  EXPECT_FALSE(candidates.back().reading);
  EXPECT_NE(ordering.how.find("reader weighs 0.3, the score before 0.7"), std::string::npos) << ordering.how;
}

TEST(Fusion, ByRanksTellsTheRanks) {
  std::vector<Candidate> candidates{{.chunk = 1, .cosine = 0.9, .bm25 = 0}, {.chunk = 2, .cosine = 0.8, .bm25 = 10}};
  const Ordering ordering = fuse_ranks(candidates);
  const ScoreStep first = step_of(ordering, candidates[0], candidates[0].score);
  ASSERT_EQ(first.sides.size(), 2U);
  EXPECT_EQ(first.sides[0].value, 2);
  EXPECT_EQ(first.sides[1].value, 1);
  EXPECT_NEAR(first.sum(), candidates[0].score, 1e-12);
  const ScoreStep second = step_of(ordering, candidates[1], candidates[1].score);
  ASSERT_EQ(second.sides.size(), 1U);  // no word, no rank by words
  EXPECT_NEAR(second.sum(), 0.5, 1e-12);
}

TEST(Fusion, OfACosineBelowNoughtIsHeldAtNought) {
  std::vector<Candidate> candidates{{.chunk = 1, .cosine = -0.2}};
  const Ordering ordering = rank(candidates, SearchMode::kVector, Fusion::kScores);
  const ScoreStep step = step_of(ordering, candidates[0], candidates[0].score);
  EXPECT_EQ(step.result, 0);
  EXPECT_EQ(step.sum(), -0.2);
}

}  // namespace
}  // namespace riverbank
