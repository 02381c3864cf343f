#include "lib/transformer/linear_attention.h"

#include <cmath>

#include "lib/math/ops.h"
#include "lib/transformer/shapes.h"

namespace riverbank {

namespace {

/// phi(q)^T S / phi(q)^T z: features (1, d_k), S (d_k, d_v), z (d_k) -> (1, d_v).
RowVector normalised(const RowVectorView& features, const Matrix& S, const RowVector& z) {
  const float sum = features.dot(z);
  if (sum == 0) return RowVector::Zero(S.cols());
  return features * S / sum;
}

}  // namespace

Matrix elu_features(const MatrixView& X) {
  return X.unaryExpr([](float x) { return x > 0 ? x + 1 : std::exp(x); });
}

Matrix linear_attention(const MatrixView& Q, const MatrixView& K, const MatrixView& V) {
  require_queries_keys_and_values("linear_attention", Q, K, V);
  const Matrix phi_Q = elu_features(Q);       // (n, d_k)
  const Matrix phi_K = elu_features(K);       // (m, d_k)
  const Matrix S = phi_K.transpose() * V;     // (d_k, d_v)
  const RowVector z = phi_K.colwise().sum();  // (d_k)
  Matrix result(Q.rows(), V.cols());
  for (Eigen::Index i = 0; i < Q.rows(); ++i) result.row(i) = normalised(phi_Q.row(i), S, z);
  return result;
}

Matrix causal_linear_attention(const MatrixView& Q, const MatrixView& K, const MatrixView& V) {
  require_self_attention("causal_linear_attention", Q, K, V);
  const Matrix phi_Q = elu_features(Q);  // (T, d_k), and so the next
  const Matrix phi_K = elu_features(K);
  Matrix S = Matrix::Zero(K.cols(), V.cols());
  RowVector z = RowVector::Zero(K.cols());
  Matrix result(Q.rows(), V.cols());
  for (Eigen::Index i = 0; i < Q.rows(); ++i) {
    S.noalias() += phi_K.row(i).transpose() * V.row(i);
    z += phi_K.row(i);
    result.row(i) = normalised(phi_Q.row(i), S, z);
  }
  return result;
}

}  // namespace riverbank
