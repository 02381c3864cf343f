#include "lib/transformer/attention.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/lib/transformer/matrices.h"
#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using testing::expect_error;
using testing::random_matrix;

/// Eq. 1 once more, number by number and in double: what attention() is held to.
Matrix attention_by_loops(const Matrix& Q, const Matrix& K, const Matrix& V) {
  Matrix result(Q.rows(), V.cols());
  for (Eigen::Index i = 0; i < Q.rows(); ++i) {
    std::vector<double> exponentials;
    double sum = 0;
    for (Eigen::Index j = 0; j < K.rows(); ++j) {
      double product = 0;
      for (Eigen::Index d = 0; d < K.cols(); ++d) product += static_cast<double>(Q(i, d)) * K(j, d);
      exponentials.push_back(std::exp(product / std::sqrt(static_cast<double>(K.cols()))));
      sum += exponentials.back();
    }
    for (Eigen::Index d = 0; d < V.cols(); ++d) {
      double value = 0;
      for (Eigen::Index j = 0; j < K.rows(); ++j) value += exponentials[static_cast<std::size_t>(j)] / sum * V(j, d);
      result(i, d) = static_cast<float>(value);
    }
  }
  return result;
}

TEST(Attention, IsEquationOne) {
  for (const auto& [n, m, d_k, d_v] : {std::array{1, 1, 1, 1}, {3, 5, 4, 2}, {7, 7, 32, 32}, {2, 50, 8, 3}}) {
    const Matrix Q = random_matrix(n, d_k, 1);
    const Matrix K = random_matrix(m, d_k, 2);
    const Matrix V = random_matrix(m, d_v, 3);
    EXPECT_LT((attention(Q, K, V) - attention_by_loops(Q, K, V)).cwiseAbs().maxCoeff(), 1e-6F)
        << n << " queries, " << m << " keys";
  }
}

/// The example of samples/attention_by_hand.cpp, with nothing but a pocket calculator. Q = K: (1, 0), (0, 1), (1, 1);
/// V: (10, 0), (0, 10), (5, 5); d_k = 2.
///
///     token 1: scores 1, 0, 1; over 1.4142: 0.7071, 0, 0.7071; exp: 2.0281, 1, 2.0281, together 5.0562
///              weights 0.4011, 0.1978, 0.4011; result 4.0111 + 2.0056 = 6.0167, 1.9778 + 2.0056 = 3.9833
///     token 2: the same with the first two keys exchanged: 0.1978, 0.4011, 0.4011; result 3.9833, 6.0167
///     token 3: scores 1, 1, 2; over 1.4142: 0.7071, 0.7071, 1.4142; exp: 2.0281, 2.0281, 4.1133, together 8.1695
///              weights 0.2483, 0.2483, 0.5035; result 2.4825 + 2.5175 = 5.0000, and the same again
TEST(Attention, IsWhatOneWorksOutByHand) {
  Matrix Q(3, 2);
  Matrix V(3, 2);
  Matrix weights(3, 3);
  Matrix result(3, 2);
  Q << 1, 0, 0, 1, 1, 1;
  V << 10, 0, 0, 10, 5, 5;
  weights << 0.4011F, 0.1978F, 0.4011F, 0.1978F, 0.4011F, 0.4011F, 0.2483F, 0.2483F, 0.5035F;
  result << 6.0167F, 3.9833F, 3.9833F, 6.0167F, 5, 5;
  EXPECT_LT((attention_weights(Q, Q) - weights).cwiseAbs().maxCoeff(), 1e-4F);
  EXPECT_LT((attention(Q, Q, V) - result).cwiseAbs().maxCoeff(), 1e-4F);
}

TEST(Attention, WeightsAreADistribution) {
  const Matrix weights = attention_weights(random_matrix(9, 16, 4) * 20, random_matrix(11, 16, 5) * 20);
  EXPECT_GE(weights.minCoeff(), 0.0F);
  for (Eigen::Index i = 0; i < weights.rows(); ++i) EXPECT_NEAR(weights.row(i).sum(), 1.0F, 1e-6);
}

TEST(Attention, OneKeyGivesItsValue) {
  const Matrix V = random_matrix(1, 6, 8);
  const Matrix result = attention(random_matrix(4, 3, 6), random_matrix(1, 3, 7), V);
  for (Eigen::Index i = 0; i < 4; ++i) EXPECT_EQ(result.row(i), V.row(0));
}

TEST(Attention, EqualKeysGiveTheMeanOfTheValues) {
  const Matrix K = random_matrix(1, 3, 9).replicate(5, 1);
  const Matrix V = random_matrix(5, 4, 10);
  const Matrix result = attention(random_matrix(2, 3, 11), K, V);
  for (Eigen::Index i = 0; i < 2; ++i) EXPECT_TRUE(result.row(i).isApprox(V.colwise().mean(), 1e-5F));
}

TEST(Attention, ALoudKeyTakesAll) {
  Matrix K = Matrix::Zero(4, 2);
  K(2, 0) = 1e4F;
  const Matrix Q = Matrix::Ones(1, 2);
  const Matrix V = random_matrix(4, 3, 12);
  EXPECT_EQ(attention(Q, K, V).row(0), V.row(2));
}

TEST(Attention, TheOrderOfTheKeysDoesNotMatter) {
  const Matrix Q = random_matrix(3, 8, 13);
  const Matrix K = random_matrix(6, 8, 14);
  const Matrix V = random_matrix(6, 5, 15);
  EXPECT_TRUE(attention(Q, K, V).isApprox(attention(Q, K.colwise().reverse(), V.colwise().reverse()), 1e-5F));
}

TEST(Attention, ScoresPastTheRangeOfExpStayFinite) {
  const Matrix huge = random_matrix(5, 4, 16) * 1e4F;
  EXPECT_TRUE(attention(huge, huge, random_matrix(5, 2, 17)).allFinite());
}

TEST(Attention, ShapesThatDoNotFitAreBothNamed) {
  const Matrix Q = Matrix::Zero(2, 3);
  expect_error(ErrorKind::kInvalidArgument, "attention: Q is (2, 3) and K is (5, 4)",
               [&] { attention(Q, Matrix::Zero(5, 4), Matrix::Zero(5, 1)); });
  expect_error(ErrorKind::kInvalidArgument, "attention: K is (5, 3) and V is (6, 1)",
               [&] { attention(Q, Matrix::Zero(5, 3), Matrix::Zero(6, 1)); });
  expect_error(ErrorKind::kInvalidArgument, "at least one key",
               [&] { attention(Q, Matrix::Zero(0, 3), Matrix::Zero(0, 1)); });
  expect_error(ErrorKind::kInvalidArgument, "d_k >= 1",
               [&] { attention_weights(Matrix::Zero(2, 0), Matrix::Zero(2, 0)); });
}

}  // namespace
}  // namespace riverbank
