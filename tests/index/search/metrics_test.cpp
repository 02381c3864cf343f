#include <gtest/gtest.h>

#include <cmath>

#include "riverbank/evaluate.h"

namespace riverbank {
namespace {

TEST(Metrics, NdcgIsOneForThePerfectOrderAndFallsWithTheRank) {
  const std::map<std::string, int> grades{{"a", 2}, {"b", 1}, {"c", 0}};
  EXPECT_DOUBLE_EQ(ndcg({"a", "b", "c"}, grades, 10), 1.0);
  const double swapped = (1.0 + 2.0 / std::log2(3.0)) / (2.0 + 1.0 / std::log2(3.0));
  EXPECT_DOUBLE_EQ(ndcg({"b", "a"}, grades, 10), swapped);
  EXPECT_DOUBLE_EQ(ndcg({"x", "y"}, grades, 10), 0.0);
}

TEST(Metrics, NdcgLooksNoFurtherThanK) {
  const std::map<std::string, int> grades{{"a", 1}};
  EXPECT_DOUBLE_EQ(ndcg({"x", "a"}, grades, 1), 0.0);
  EXPECT_DOUBLE_EQ(ndcg({"x", "a"}, grades, 2), 1.0 / std::log2(3.0));
}

TEST(Metrics, RecallCountsRelevantDocumentsOnly) {
  const std::map<std::string, int> grades{{"a", 1}, {"b", 1}, {"c", 0}};
  EXPECT_DOUBLE_EQ(recall({"a", "c", "x"}, grades, 100), 0.5);
  EXPECT_DOUBLE_EQ(recall({"x", "a", "b"}, grades, 2), 0.5);
  EXPECT_DOUBLE_EQ(recall({}, grades, 10), 0.0);
}

}  // namespace
}  // namespace riverbank
