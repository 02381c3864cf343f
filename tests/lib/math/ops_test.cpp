#include "lib/math/ops.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using testing::expect_error;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

Matrix matrix(std::initializer_list<std::initializer_list<float>> rows) { return Matrix(rows); }

RowVector row(std::initializer_list<float> values) {
  RowVector result(static_cast<Eigen::Index>(values.size()));
  std::copy(values.begin(), values.end(), result.data());
  return result;
}

TEST(Ops, MatmulByHand) {
  const Matrix A = matrix({{1, 2, 3}, {4, 5, 6}});
  const Matrix B = matrix({{1, 0}, {0, 1}, {2, -1}});
  EXPECT_EQ(matmul(A, B), matrix({{7, -1}, {16, -1}}));
  EXPECT_EQ(matmul_transposed(A, B.transpose()), matrix({{7, -1}, {16, -1}}));
}

TEST(Ops, LinearIsXWTransposedPlusB) {
  const Matrix X = matrix({{1, 2}, {3, 4}, {5, 6}});
  const Matrix W = matrix({{1, 1}, {1, -1}});
  EXPECT_EQ(linear(X, W, row({10, 20})), matrix({{13, 19}, {17, 19}, {21, 19}}));
}

TEST(Ops, ShapesThatDoNotFitAreBothNamed) {
  const Matrix A = Matrix::Zero(2, 3);
  const Matrix B = Matrix::Zero(4, 5);
  expect_error(ErrorKind::kInvalidArgument, "matmul: A is (2, 3) and B is (4, 5)", [&] { matmul(A, B); });
  expect_error(ErrorKind::kInvalidArgument, "matmul_transposed: A is (2, 3) and B is (4, 5)",
               [&] { matmul_transposed(A, B); });
  expect_error(ErrorKind::kInvalidArgument, "linear: X is (2, 3), W is (4, 5) and b is (4)",
               [&] { linear(A, B, RowVector::Zero(4)); });
  expect_error(ErrorKind::kInvalidArgument, "W is (4, 3) and b is (3)",
               [&] { linear(A, Matrix::Zero(4, 3), RowVector::Zero(3)); });
  expect_error(ErrorKind::kInvalidArgument, "layer_norm: X is (2, 3), gamma is (3) and beta is (2)",
               [&] { layer_norm(A, RowVector::Zero(3), RowVector::Zero(2), 1e-5F); });
}

TEST(Ops, SoftmaxByHand) {
  const Matrix Y = softmax_rows(matrix({{0, std::log(2.0F), std::log(5.0F)}}));
  EXPECT_NEAR(Y(0, 0), 0.125F, 1e-7);
  EXPECT_NEAR(Y(0, 1), 0.25F, 1e-7);
  EXPECT_NEAR(Y(0, 2), 0.625F, 1e-7);
}

TEST(Ops, SoftmaxSurvivesWhatExpDoesNot) {
  const Matrix Y = softmax_rows(matrix({{1000, 1000, 999}, {-1000, -1001, -2000}, {3e38F, -3e38F, 0}}));
  EXPECT_TRUE(Y.allFinite());
  for (Eigen::Index i = 0; i < Y.rows(); ++i) EXPECT_NEAR(Y.row(i).sum(), 1.0F, 1e-6) << "row " << i;
  EXPECT_FLOAT_EQ(Y(0, 0), Y(0, 1));
  EXPECT_NEAR(Y(0, 2) / Y(0, 0), std::exp(-1.0F), 1e-6);
  EXPECT_FLOAT_EQ(Y(2, 0), 1.0F);
}

TEST(Ops, SoftmaxDoesNotChangeWhenARowIsShifted) {
  const Matrix X = matrix({{0.5F, -1.25F, 3.0F, 0.0F}});
  const Matrix shifted = X.array() + 64.0F;
  EXPECT_TRUE(softmax_rows(X).isApprox(softmax_rows(shifted), 1e-6F));
}

TEST(Ops, SoftmaxOfMinusInfinity) {
  const Matrix Y = softmax_rows(matrix({{-kInfinity, 0, -kInfinity}, {-kInfinity, -kInfinity, -kInfinity}}));
  EXPECT_EQ(Y, matrix({{0, 1, 0}, {0, 0, 0}}));
  EXPECT_EQ(softmax_rows(Matrix(3, 0)).rows(), 3);
  Matrix wide = Matrix::Constant(1, 19, -kInfinity);  // wider than a register, where exp is another function
  wide(0, 5) = 3;
  EXPECT_EQ(softmax_rows(wide).sum(), 1.0F);
  EXPECT_EQ((softmax_rows(wide).array() > 0).count(), 1);
}

TEST(Ops, LayerNormByHand) {
  // mean 2, variance 2/3
  const Matrix Y = layer_norm(matrix({{1, 2, 3}}), row({1, 2, 1}), row({0, 5, 1}), 0);
  EXPECT_NEAR(Y(0, 0), -std::sqrt(1.5F), 1e-6);
  EXPECT_NEAR(Y(0, 1), 5.0F, 1e-6);
  EXPECT_NEAR(Y(0, 2), 1.0F + std::sqrt(1.5F), 1e-6);
}

TEST(Ops, LayerNormOfEqualNumbersIsBeta) {
  const Matrix Y = layer_norm(Matrix::Constant(1, 3, 7.0F), row({1, 1, 1}), row({1, 2, 3}), 1e-12F);
  EXPECT_TRUE(Y.isApprox(matrix({{1, 2, 3}})));
}

TEST(Ops, LayerNormIsNotHurtByALargeMean) {
  const Matrix X = matrix({{10001, 10002, 10003}});
  const Matrix Y = layer_norm(X, row({1, 1, 1}), row({0, 0, 0}), 0);
  EXPECT_NEAR(Y(0, 2), std::sqrt(1.5F), 1e-3);
}

// Values of torch.nn.functional.gelu in float64, approximate="none" and "tanh".
TEST(Ops, ActivationsAtKnownPoints) {
  const Matrix X = matrix({{-3, -1, -0.5F, 0, 0.5F, 1, 3}});
  const Matrix exact = matrix({{-0.00404969F, -0.15865525F, -0.15426877F, 0, 0.34573123F, 0.84134475F, 2.9959503F}});
  const Matrix tanh = matrix({{-0.00363740F, -0.15880796F, -0.15428598F, 0, 0.34571400F, 0.84119204F, 2.9963627F}});
  EXPECT_LT((gelu(X) - exact).cwiseAbs().maxCoeff(), 1e-6F);
  EXPECT_LT((gelu_tanh(X) - tanh).cwiseAbs().maxCoeff(), 1e-6F);
  EXPECT_EQ(relu(X), matrix({{0, 0, 0, 0, 0.5F, 1, 3}}));
}

TEST(Ops, ActivationsAtTheEnds) {
  const Matrix X = matrix({{-100, 100, -1e30F, 1e30F}});
  const Matrix expected = matrix({{0, 100, 0, 1e30F}});
  EXPECT_EQ(gelu(X), expected);
  EXPECT_EQ(gelu_tanh(X), expected);
  EXPECT_EQ(relu(X), expected);
}

}  // namespace
}  // namespace riverbank
