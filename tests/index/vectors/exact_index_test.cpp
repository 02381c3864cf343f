#include "index/vectors/exact_index.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/index/vectors/ids_of.h"
#include "tests/support/expect_error.h"
#include "tests/support/random_vectors.h"

namespace riverbank {
namespace {

using testing::expect_error;
using testing::ids_of;
using testing::random_unit_vectors;

constexpr std::size_t kExactDimensions = 24;

ExactIndex filled(const std::vector<float>& vectors) {
  ExactIndex index(kExactDimensions);
  for (std::size_t i = 0; i * kExactDimensions < vectors.size(); ++i) {
    index.add(static_cast<std::int64_t>(i) + 100, std::span(vectors).subspan(i * kExactDimensions, kExactDimensions));
  }
  return index;
}

TEST(ExactIndex, OrdersAsTheInnerProductInDoublePrecisionDoes) {
  const std::vector<float> vectors = random_unit_vectors(1'500, kExactDimensions);
  const std::vector<float> question = random_unit_vectors(1, kExactDimensions, 9);
  std::vector<std::pair<double, std::int64_t>> expected;
  for (std::size_t i = 0; i < 1'500; ++i) {
    double product = 0;
    for (std::size_t j = 0; j < kExactDimensions; ++j) {
      product += static_cast<double>(question[j]) * vectors[i * kExactDimensions + j];
    }
    expected.emplace_back(-product, static_cast<std::int64_t>(i) + 100);
  }
  std::ranges::sort(expected);
  const std::vector<Neighbour> found = filled(vectors).search(question, 20);
  ASSERT_EQ(found.size(), 20U);
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].id, expected[i].second);
    EXPECT_NEAR(found[i].similarity, -expected[i].first, 1e-6);
  }
}

TEST(ExactIndex, ListsEqualOnesByTheirId) {
  ExactIndex index(2);
  const std::vector<float> same{1, 0};
  for (const std::int64_t id : {7, 3, 9, 1, 5}) index.add(id, same);
  EXPECT_EQ(ids_of(index.search(same, 3)), (std::vector<std::int64_t>{1, 3, 5}));
}

TEST(ExactIndex, FindsOnlyWhatPassesTheFilter) {
  const ExactIndex index = filled(random_unit_vectors(200, kExactDimensions));
  const auto found =
      index.search(random_unit_vectors(1, kExactDimensions, 9), 200, [](std::int64_t id) { return id % 7 == 0; });
  EXPECT_EQ(found.size(), 28U);
  EXPECT_TRUE(std::ranges::all_of(found, [](const Neighbour& n) { return n.id % 7 == 0; }));
}

TEST(ExactIndex, GivesWhatThereIsWhenAskedForMore) {
  const std::vector<float> question = random_unit_vectors(1, kExactDimensions, 9);
  EXPECT_EQ(filled(random_unit_vectors(3, kExactDimensions)).search(question, static_cast<std::size_t>(-1)).size(), 3U);
  EXPECT_TRUE(filled(random_unit_vectors(3, kExactDimensions)).search(question, 0).empty());
  EXPECT_TRUE(ExactIndex(kExactDimensions).search(question, 5).empty());
}

TEST(ExactIndex, RefusesVectorsOfAnotherSize) {
  ExactIndex index(3);
  const std::vector<float> two{1, 0};
  expect_error(ErrorKind::kInvalidArgument, "a vector of 2 numbers", [&] { index.add(1, two); });
  expect_error(ErrorKind::kInvalidArgument, "a question of 2 numbers", [&] { index.search(two, 1); });
}

}  // namespace
}  // namespace riverbank
