#include "lib/transformer/attention.h"

#include <fmt/format.h>

#include <cmath>

#include "lib/math/ops.h"
#include "riverbank/error.h"

namespace riverbank {

Matrix attention_weights(const MatrixView& Q, const MatrixView& K) {
  if (Q.cols() != K.cols() || K.cols() == 0 || K.rows() == 0) {
    throw Error(
        ErrorKind::kInvalidArgument,
        fmt::format("attention: Q is {} and K is {}; both must have d_k >= 1 columns, and there must be at least "
                    "one key.",
                    shape_of(Q), shape_of(K)));
  }
  const float sqrt_d_k = std::sqrt(static_cast<float>(K.cols()));
  return softmax_rows(matmul_transposed(Q, K) / sqrt_d_k);
}

Matrix attention(const MatrixView& Q, const MatrixView& K, const MatrixView& V) {
  if (K.rows() != V.rows()) {
    throw Error(
        ErrorKind::kInvalidArgument,
        fmt::format("attention: K is {} and V is {}; every key must have one value.", shape_of(K), shape_of(V)));
  }
  const Matrix weights = attention_weights(Q, K);  // (n, m), rows sum to 1
  return matmul(weights, V);                       // (n, d_v)
}

}  // namespace riverbank
