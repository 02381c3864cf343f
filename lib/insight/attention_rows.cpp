#include "lib/insight/attention_rows.h"

#include <fmt/format.h>

#include <cmath>

#include "lib/math/ops.h"
#include "riverbank/error.h"

namespace riverbank {

Matrix attention_rows(const AttentionWeights& weights, std::size_t num_heads, const MatrixView& H,
                      std::span<const std::size_t> rows) {
  const auto heads = static_cast<Eigen::Index>(num_heads);
  const auto n = static_cast<Eigen::Index>(rows.size());
  const Eigen::Index d_model = H.cols();
  const Eigen::Index d_k = d_model / heads;

  Matrix X(n, d_model);
  for (Eigen::Index i = 0; i < n; ++i) {
    const std::size_t row = rows[static_cast<std::size_t>(i)];
    if (row >= static_cast<std::size_t>(H.rows())) {
      throw Error(ErrorKind::kInvalidArgument,
                  fmt::format("attention_rows: token {} was asked for, but H is {}.", row, shape_of(H)));
    }
    X.row(i) = H.row(static_cast<Eigen::Index>(row));
  }
  const Matrix Q = linear(X, weights.query.weight, weights.query.bias);  // (n, d_model)
  Matrix queries(heads * n, d_model);                                    // W_K^T q of every head
  for (Eigen::Index head = 0; head < heads; ++head) {
    queries.middleRows(head * n, n) = Q.middleCols(head * d_k, d_k) * weights.key.weight.middleRows(head * d_k, d_k) /
                                      std::sqrt(static_cast<float>(d_k));
  }
  return softmax_rows(matmul_transposed(queries, H));
}

}  // namespace riverbank
