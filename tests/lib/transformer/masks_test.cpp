#include "lib/transformer/masks.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "lib/transformer/attention.h"
#include "tests/lib/transformer/matrices.h"
#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using testing::expect_error;
using testing::random_matrix;

/// What a mask lets through of n queries and m keys, as rows of 1 and 0.
std::string seen(const Mask& mask, Eigen::Index n, Eigen::Index m) {
  const Matrix weights = attention_weights(Matrix::Zero(n, 1), Matrix::Zero(m, 1), mask);
  std::string rows;
  for (Eigen::Index i = 0; i < n; ++i) {
    if (i > 0) rows += ' ';
    for (Eigen::Index j = 0; j < m; ++j) rows += weights(i, j) > 0 ? '1' : '0';
  }
  return rows;
}

TEST(Mask, LetsThroughWhatItsNameSays) {
  EXPECT_EQ(seen({}, 2, 3), "111 111");
  EXPECT_EQ(seen(Mask::padding({true, false, true}), 2, 3), "101 101");
  EXPECT_EQ(seen(Mask::causal(), 4, 4), "1000 1100 1110 1111");
  EXPECT_EQ(seen(Mask::sliding_window(2), 4, 4), "1100 1110 0111 0011");
  EXPECT_EQ(seen(Mask::sliding_window(4), 5, 5), "11100 11110 11111 01111 00111");
}

TEST(Mask, ComposedAllowsWhatBothAllow) {
  const Mask padding = Mask::padding({false, true, true, true});
  EXPECT_EQ(seen(Mask::causal() & Mask::sliding_window(2), 4, 4), "1000 1100 0110 0011");
  EXPECT_EQ(seen(padding & Mask::causal(), 4, 4), "0000 0100 0110 0111");
  EXPECT_EQ(seen(Mask::causal() & padding, 4, 4), "0000 0100 0110 0111");
  EXPECT_EQ(seen(padding & Mask::padding({true, true, false, true}), 1, 4), "0101");
  EXPECT_EQ(seen(Mask::sliding_window(6) & Mask::sliding_window(2), 3, 3), "110 111 011");
  EXPECT_EQ(seen(Mask() & padding, 1, 4), "0111");
  EXPECT_TRUE((Mask() & Mask()).empty());
  EXPECT_FALSE((Mask() & Mask::causal()).empty());
}

/// A decoder that keeps its keys asks with the newest query alone.
TEST(Mask, FewerQueriesThanKeysStandAtTheEnd) {
  EXPECT_EQ(seen(Mask::causal(), 1, 4), "1111");
  EXPECT_EQ(seen(Mask::causal(), 2, 4), "1110 1111");
  EXPECT_EQ(seen(Mask::sliding_window(2), 1, 4), "0011");
}

TEST(Mask, WeightsOfWhatIsLeftSumToOne) {
  const Mask mask =
      Mask::causal() & Mask::sliding_window(6) & Mask::padding({true, true, false, true, true, true, true});
  const Matrix Q = random_matrix(7, 4, 1);
  const Matrix K = random_matrix(7, 4, 2);
  const Matrix weights = attention_weights(Q, K, mask);
  for (Eigen::Index i = 0; i < 7; ++i) {
    EXPECT_NEAR(weights.row(i).sum(), 1.0F, 1e-6);
    for (Eigen::Index j = 0; j < 7; ++j) EXPECT_EQ(weights(i, j) > 0, mask.allows(i, j)) << i << ", " << j;
  }
}

TEST(Mask, AQueryWithoutAnyKeyGetsZeros) {
  const Matrix Q = random_matrix(2, 3, 3);
  const Matrix K = random_matrix(4, 3, 4);
  const Mask nothing = Mask::padding({false, false, false, false});
  EXPECT_EQ(attention_weights(Q, K, nothing), Matrix::Zero(2, 4));
  EXPECT_EQ(attention(Q, K, random_matrix(4, 5, 5), nothing), Matrix::Zero(2, 5));
}

/// Even a score that is no number does not get past a mask.
TEST(Mask, HidesScoresThatAreNoNumbers) {
  Matrix K = random_matrix(3, 2, 6);
  K.row(2).setConstant(std::numeric_limits<float>::quiet_NaN());
  EXPECT_TRUE(
      attention(random_matrix(2, 2, 7), K, random_matrix(3, 2, 8), Mask::padding({true, true, false})).allFinite());
}

/// Masking a key is the same as not having it.
TEST(Mask, PaddingEqualsLeavingOut) {
  const Matrix Q = random_matrix(3, 8, 9);
  const Matrix K = random_matrix(6, 8, 10);
  const Matrix V = random_matrix(6, 4, 11);
  const Matrix padded = attention(Q, K, V, Mask::padding({true, true, true, true, false, false}));
  EXPECT_TRUE(padded.isApprox(attention(Q, K.topRows(4), V.topRows(4)), 1e-6F));
}

/// Bit for bit: what stands later cannot change what was computed before it.
TEST(Mask, CausalNeverLooksAhead) {
  for (const Eigen::Index T : {2, 5, 16, 33, 130}) {
    const Matrix X = random_matrix(T, 16, static_cast<unsigned>(T));
    const Matrix before = attention(X, X, X, Mask::causal());
    for (const Eigen::Index changed : {T - 1, T / 2, Eigen::Index{1}}) {
      Matrix Y = X;
      Y.bottomRows(T - changed) = random_matrix(T - changed, 16, 99) * 50;
      const Matrix after = attention(Y, Y, Y, Mask::causal());
      EXPECT_EQ(before.topRows(changed), after.topRows(changed)) << T << " tokens, the last " << T - changed;
      EXPECT_NE(before.row(changed), after.row(changed));
    }
  }
}

TEST(Mask, RefusesWhatMakesNoSense) {
  for (const Eigen::Index window : {0, -2, 1, 7}) {
    expect_error(ErrorKind::kInvalidArgument, "the window is " + std::to_string(window) + "; it must be an even number",
                 [&] { Mask::sliding_window(window); });
  }
  const Matrix Q = Matrix::Zero(2, 3);
  const Matrix K = Matrix::Zero(5, 3);
  expect_error(ErrorKind::kInvalidArgument, "attention: the scores are (2, 5) and the padding mask is for (4) keys",
               [&] {
                 attention(Q, K, K, Mask::padding({true, true, true, true}));
               });
  expect_error(ErrorKind::kInvalidArgument, "attention_weights: the scores are (2, 5) and the padding mask is for (0)",
               [&] { attention_weights(Q, K, Mask::padding({})); });
  expect_error(ErrorKind::kInvalidArgument, "attention: the scores are (5, 2); a causal or sliding-window mask",
               [&] { attention(K, Q, Q, Mask::causal()); });
  EXPECT_NO_THROW(attention(K, Q, Q, Mask::padding({true, true})));
  expect_error(ErrorKind::kInvalidArgument, "one padding mask is for (2) keys and the other for (3)", [&] {
    (void)(Mask::padding({true, true}) & Mask::padding({true, true, true}));
  });
}

}  // namespace
}  // namespace riverbank
