#include "index/search/fusion.h"

#include <gtest/gtest.h>

namespace riverbank {
namespace {

std::vector<std::int64_t> order_of(const std::vector<Candidate>& candidates) {
  std::vector<std::int64_t> order;
  for (const Candidate& candidate : candidates) order.push_back(candidate.chunk);
  return order;
}

TEST(Fusion, AveragesBothSidesAfterMinMax) {
  std::vector<Candidate> candidates{{.chunk = 1, .cosine = 0.9, .bm25 = 0},
                                    {.chunk = 2, .cosine = 0.5, .bm25 = 10},
                                    {.chunk = 3, .cosine = 0.7, .bm25 = 5}};
  fuse(candidates, 0.6);
  EXPECT_EQ(order_of(candidates), (std::vector<std::int64_t>{1, 3, 2}));
  EXPECT_NEAR(candidates[0].score, 0.6, 1e-12);
  EXPECT_NEAR(candidates[1].score, 0.6 * 0.5 + 0.4 * 0.5, 1e-12);
  EXPECT_NEAR(candidates[2].score, 0.4, 1e-12);
}

TEST(Fusion, LoneHitScoresOneAndNothingStaysNothing) {
  std::vector<Candidate> none;
  fuse(none, 0.6);
  EXPECT_TRUE(none.empty());
  std::vector<Candidate> one{{.chunk = 1, .cosine = 0.3, .bm25 = 2}};
  fuse(one, 0.6);
  EXPECT_DOUBLE_EQ(one[0].score, 1.0);
}

TEST(Fusion, WordsThatNobodyHoldsCountForNobody) {
  std::vector<Candidate> candidates{{.chunk = 1, .cosine = 0.2}, {.chunk = 2, .cosine = 0.4}};
  fuse(candidates, 0.6);
  EXPECT_EQ(order_of(candidates), (std::vector<std::int64_t>{2, 1}));
  EXPECT_DOUBLE_EQ(candidates[0].score, 0.6);
  EXPECT_DOUBLE_EQ(candidates[1].score, 0.0);
}

TEST(Fusion, TiesGoToTheHigherCosineThenToTheLowerChunk) {
  std::vector<Candidate> candidates{{.chunk = 9, .cosine = 0.5, .bm25 = 1},
                                    {.chunk = 3, .cosine = 0.5, .bm25 = 1},
                                    {.chunk = 5, .cosine = 0.5, .bm25 = 1}};
  fuse(candidates, 0.6);
  EXPECT_EQ(order_of(candidates), (std::vector<std::int64_t>{3, 5, 9}));
}

TEST(Fusion, EveryModeScoresBetweenZeroAndOne) {
  const std::vector<Candidate> given{{.chunk = 1, .cosine = -0.2, .bm25 = 4},
                                     {.chunk = 2, .cosine = 0.9, .bm25 = 0},
                                     {.chunk = 3, .cosine = 0.1, .bm25 = 8}};
  for (const auto& [mode, first] :
       {std::pair{SearchMode::kHybrid, 2}, std::pair{SearchMode::kVector, 2}, std::pair{SearchMode::kKeyword, 3}}) {
    std::vector<Candidate> candidates = given;
    rank(candidates, mode);
    EXPECT_EQ(candidates[0].chunk, first);
    for (const Candidate& candidate : candidates) {
      EXPECT_GE(candidate.score, 0);
      EXPECT_LE(candidate.score, 1);
    }
  }
}

}  // namespace
}  // namespace riverbank
