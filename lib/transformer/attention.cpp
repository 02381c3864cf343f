#include "lib/transformer/attention.h"

#include <cmath>

#include "lib/math/ops.h"
#include "lib/transformer/shapes.h"

namespace riverbank {

namespace {

Matrix masked_softmax(const char* where, const MatrixView& Q, const MatrixView& K, const Mask& mask) {
  mask.require_fits(where, Q.rows(), K.rows());
  const float sqrt_d_k = std::sqrt(static_cast<float>(K.cols()));
  Matrix scores = matmul_transposed(Q, K) / sqrt_d_k;  // (n, m)
  mask.hide(scores, K.rows() - Q.rows(), 0);
  return softmax_rows(scores);
}

}  // namespace

Matrix attention_weights(const MatrixView& Q, const MatrixView& K, const Mask& mask) {
  require_queries_and_keys("attention_weights", Q, K);
  return masked_softmax("attention_weights", Q, K, mask);
}

Matrix attention(const MatrixView& Q, const MatrixView& K, const MatrixView& V, const Mask& mask) {
  require_queries_keys_and_values("attention", Q, K, V);
  const Matrix weights = masked_softmax("attention", Q, K, mask);  // (n, m), rows sum to 1
  return matmul(weights, V);                                       // (n, d_v)
}

}  // namespace riverbank
