#include "lib/math/ops.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "riverbank/error.h"

namespace riverbank {

std::string shape_of(const MatrixView& X) { return fmt::format("({}, {})", X.rows(), X.cols()); }

Matrix matmul(const MatrixView& A, const MatrixView& B) {
  if (A.cols() != B.rows()) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("matmul: A is {} and B is {}; A must have as many columns as B has rows.", shape_of(A),
                            shape_of(B)));
  }
  return A * B;
}

Matrix matmul_transposed(const MatrixView& A, const MatrixView& B) {
  if (A.cols() != B.cols()) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("matmul_transposed: A is {} and B is {}; both must have the same number of columns.",
                            shape_of(A), shape_of(B)));
  }
  return A * B.transpose();
}

Matrix linear(const MatrixView& X, const MatrixView& W, const RowVectorView& b) {
  if (X.cols() != W.cols() || b.size() != W.rows()) {
    throw Error(
        ErrorKind::kInvalidArgument,
        fmt::format("linear: X is {}, W is {} and b is ({}); X must have as many columns as W, and b one number "
                    "for each row of W.",
                    shape_of(X), shape_of(W), b.size()));
  }
  Matrix Y = matmul_transposed(X, W);
  Y.rowwise() += b;
  return Y;
}

Matrix softmax_rows(const MatrixView& X) {
  constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();
  Matrix Y(X.rows(), X.cols());
  if (X.cols() == 0) return Y;
  for (Eigen::Index i = 0; i < X.rows(); ++i) {
    const float largest = X.row(i).maxCoeff();
    if (largest == kMinusInfinity) {
      Y.row(i).setZero();
      continue;
    }
    // Eigen's exp stops at exp(-88): it would leave what is masked a trace above 0. In a loop of its own, because exp
    // inside of select() is not vectorized.
    Y.row(i) = (X.row(i).array() - largest).exp();
    for (Eigen::Index j = 0; j < X.cols(); ++j) Y(i, j) = X(i, j) == kMinusInfinity ? 0.0F : Y(i, j);
    Y.row(i) /= Y.row(i).sum();
  }
  return Y;
}

Matrix layer_norm(const MatrixView& X, const RowVectorView& gamma, const RowVectorView& beta, float epsilon) {
  if (gamma.size() != X.cols() || beta.size() != X.cols()) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("layer_norm: X is {}, gamma is ({}) and beta is ({}); both must have one number for each "
                            "column of X.",
                            shape_of(X), gamma.size(), beta.size()));
  }
  Matrix Y(X.rows(), X.cols());
  for (Eigen::Index i = 0; i < X.rows(); ++i) {
    const RowVector centred = X.row(i).array() - X.row(i).mean();
    const float variance = centred.squaredNorm() / static_cast<float>(X.cols());
    Y.row(i) = (centred / std::sqrt(variance + epsilon)).cwiseProduct(gamma) + beta;
  }
  return Y;
}

Matrix gelu(const MatrixView& X) {
  constexpr float kInverseSqrt2 = 1.0F / std::numbers::sqrt2_v<float>;
  return X.unaryExpr([](float x) { return 0.5F * x * (1.0F + std::erf(x * kInverseSqrt2)); });
}

Matrix gelu_tanh(const MatrixView& X) {
  constexpr float kSqrt2OverPi = std::numbers::sqrt2_v<float> * std::numbers::inv_sqrtpi_v<float>;
  return X.unaryExpr([](float x) { return 0.5F * x * (1.0F + std::tanh(kSqrt2OverPi * (x + 0.044715F * x * x * x))); });
}

Matrix relu(const MatrixView& X) { return X.cwiseMax(0.0F); }

}  // namespace riverbank
