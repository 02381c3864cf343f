#include "lib/embed/pooling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using testing::expect_error;

TEST(Pooling, MeanIsOverEachTextsTokens) {
  Matrix H(5, 2);
  H << 1, 2, 3, 4, 8, 0, /* the second text */ -5, 7, /* the third */ 6, 6;
  Matrix expected(3, 2);
  expected << 4, 2, -5, 7, 6, 6;
  EXPECT_EQ(pool_mean(H, std::vector<std::size_t>{0, 3, 4, 5}), expected);
  EXPECT_EQ(pool_mean(H, std::vector<std::size_t>{0}).rows(), 0);
}

TEST(Pooling, NormaliseGivesLengthOne) {
  EXPECT_EQ(normalise(RowVector({{3, 4}})), RowVector({{0.6F, 0.8F}}));
  EXPECT_EQ(normalise(RowVector({{0, 0, 0}})), RowVector({{0, 0, 0}}));
  const RowVector huge = normalise(RowVector({{3e37F, -4e37F}}));  // whose square no float holds
  EXPECT_FLOAT_EQ(huge[0], 0.6F);
  EXPECT_FLOAT_EQ(huge[1], -0.8F);
}

TEST(Pooling, WhatIsNotFiniteIsDamage) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    expect_error(ErrorKind::kCorrupt, "not finite", [&] { normalise(RowVector({{1, bad}})); });
  }
}

/// Rows of an odd width start at every alignment; a batch must not change a text's bits by that.
TEST(Pooling, TheSameBitsWhereverTheRowsLie) {
  constexpr Eigen::Index kWidth = 37;
  const Matrix H = Matrix::Random(11, kWidth);
  const std::vector<std::size_t> starts = {0, 4, 11};
  const Matrix expected = pool_mean(H, starts);
  std::vector<float> memory(static_cast<std::size_t>(H.size()) + 16);
  for (std::size_t shift = 0; shift < 16; ++shift) {
    Eigen::Map<Matrix> moved(memory.data() + shift, H.rows(), H.cols());
    moved = H;
    const Matrix means = pool_mean(moved, starts);
    EXPECT_EQ(means, expected) << "shifted by " << shift << " floats";
    const RowVectorView second = Eigen::Map<RowVector>(memory.data() + shift, kWidth) = expected.row(1);
    EXPECT_EQ(normalise(second), normalise(expected.row(1))) << "shifted by " << shift << " floats";
  }
}

}  // namespace
}  // namespace riverbank
