#include "riverbank/metrics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using testing::expect_error;

double value(const char* metric, const std::vector<std::string>& ranked, const std::map<std::string, int>& grades) {
  std::vector<RankedDocument> ranking;
  for (const std::string& id : ranked) ranking.push_back({id, 0});
  return parse_metrics(metric).at(0).of(ranking, grades);
}

TEST(Metrics, NdcgIsOneForThePerfectOrderAndFallsWithTheRank) {
  const std::map<std::string, int> grades{{"a", 2}, {"b", 1}, {"c", 0}};
  EXPECT_DOUBLE_EQ(value("ndcg@10", {"a", "b", "c"}, grades), 1.0);
  const double swapped = (1.0 + 2.0 / std::log2(3.0)) / (2.0 + 1.0 / std::log2(3.0));
  EXPECT_DOUBLE_EQ(value("ndcg", {"b", "a"}, grades), swapped);
  EXPECT_DOUBLE_EQ(value("ndcg@10", {"x", "y"}, grades), 0.0);
}

TEST(Metrics, LookNoFurtherThanK) {
  const std::map<std::string, int> grades{{"a", 1}, {"b", 1}, {"c", 0}};
  EXPECT_DOUBLE_EQ(value("ndcg@1", {"x", "a"}, grades), 0.0);
  EXPECT_DOUBLE_EQ(value("recall@2", {"x", "a", "b"}, grades), 0.5);
  EXPECT_DOUBLE_EQ(value("recall@100", {"a", "c", "x"}, grades), 0.5);
  EXPECT_DOUBLE_EQ(value("mrr@1", {"x", "a"}, grades), 0.0);
  EXPECT_DOUBLE_EQ(value("mrr", {"x", "a"}, grades), 0.5);
  EXPECT_DOUBLE_EQ(value("success@1", {"x", "a"}, grades), 0.0);
  EXPECT_DOUBLE_EQ(value("success@2", {"x", "a"}, grades), 1.0);
  EXPECT_DOUBLE_EQ(value("map", {"a", "x", "b"}, grades), (1 + 2.0 / 3) / 2);
  EXPECT_DOUBLE_EQ(value("map@2", {"a", "x", "b"}, grades), 0.5);
  EXPECT_DOUBLE_EQ(value("recall@10", {}, grades), 0.0);
}

TEST(Metrics, AreReadByName) {
  const auto metrics = parse_metrics("ndcg@10,map,recall@5,ndcg@10");
  ASSERT_EQ(metrics.size(), 3U);
  EXPECT_EQ(metrics[0].name(), "ndcg@10");
  EXPECT_EQ(metrics[1].name(), "map");
  EXPECT_EQ(metrics[2].k, 5U);
  expect_error(ErrorKind::kInvalidArgument, "\"ndcg@0\" looks at no document", [] { parse_metrics("ndcg@0"); });
  expect_error(ErrorKind::kInvalidArgument, "\"ndcg@ten\" must have a whole number", [] { parse_metrics("ndcg@ten"); });
  expect_error(ErrorKind::kInvalidArgument, "\"ndcg@-1\" must have", [] { parse_metrics("ndcg@-1"); });
  expect_error(ErrorKind::kInvalidArgument, "\"bleu\" is none of", [] { parse_metrics("map,bleu"); });
  expect_error(ErrorKind::kInvalidArgument, "\"\" is none of", [] { parse_metrics("map,"); });
  expect_error(ErrorKind::kInvalidArgument, "\"success\" needs", [] { parse_metrics("success"); });
}

TEST(Metrics, AQuestionThatFoundNothingCountsAsNought) {
  const Qrels qrels{{"1", {{"a", 1}}}, {"2", {{"b", 1}}}};
  const riverbank::Run run{{"2", {{"b", 0.5}}}, {"3", {{"c", 0.5}}}};
  EXPECT_EQ(measure({Metric::Kind::kMrr, 0}, run, qrels), (std::vector<double>{0, 1}));
}

TEST(Significance, TheIntervalHoldsTheMeanAndNarrowsWithTheQuestions) {
  std::vector<double> few, many;
  for (int i = 0; i < 1000; ++i) {
    (i < 20 ? few : many).push_back(i % 4 == 0 ? 1 : 0);
  }
  const Interval wide = bootstrap_interval(few);
  const Interval narrow = bootstrap_interval(many);
  EXPECT_LT(wide.low, 0.25);
  EXPECT_GT(wide.high, 0.25);
  // The standard error of a share of 1/4 over 980 questions is 0.0138; 95 % lie within 1.96 of it.
  EXPECT_NEAR(narrow.low, 0.25 - 1.96 * 0.0138, 0.003);
  EXPECT_NEAR(narrow.high, 0.25 + 1.96 * 0.0138, 0.003);
  EXPECT_EQ(bootstrap_interval(few).low, wide.low);  // seeded
  const Interval certain = bootstrap_interval(std::vector<double>{0.5, 0.5});
  EXPECT_EQ(certain.low, 0.5);
  EXPECT_EQ(certain.high, 0.5);
}

TEST(Significance, TheRandomisationTestIsExactForFewQuestions) {
  // 5 questions, all better by as much: of 32 ways, two are as far from 0.
  const std::vector<double> a{0, 0, 0, 0, 0};
  const std::vector<double> b{1, 1, 1, 1, 1};
  EXPECT_DOUBLE_EQ(randomisation_test(a, b), 2.0 / 32);
  EXPECT_DOUBLE_EQ(randomisation_test(b, a), 2.0 / 32);
  EXPECT_DOUBLE_EQ(randomisation_test(a, a), 1.0);
  // Differences 3, 2, -1 sum to 4: as far from 0 are ±4 and ±6.
  EXPECT_DOUBLE_EQ(randomisation_test(std::vector<double>{0, 0, 1}, std::vector<double>{3, 2, 0}), 4.0 / 8);
  expect_error(ErrorKind::kInvalidArgument, "both values", [&] { randomisation_test(a, std::vector<double>{1}); });
}

TEST(Significance, TheRandomisationTestFindsWhatTheSignTestFinds) {
  // 100 questions, 62 better and 38 worse by the same: the two-sided binomial p is 0.0210.
  std::vector<double> a(100, 0.5);
  std::vector<double> b(100, 0.0);
  for (std::size_t i = 0; i < 62; ++i) b[i] = 1;
  EXPECT_NEAR(randomisation_test(a, b), 0.0210, 0.005);
}

}  // namespace
}  // namespace riverbank
