#include "lib/transformer/alibi.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "lib/math/ops.h"
#include "lib/transformer/shapes.h"
#include "riverbank/error.h"

namespace riverbank {

namespace {

Matrix biased_softmax(const char* where, const MatrixView& Q, const MatrixView& K, float slope, const Mask& mask) {
  if (Q.rows() > K.rows() || !(slope >= 0)) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("{}: Q is {}, K is {} and the slope is {}; there cannot be more queries than keys, whose "
                            "last places they stand in, and the slope must be 0 or more.",
                            where, shape_of(Q), shape_of(K), slope));
  }
  mask.require_fits(where, Q.rows(), K.rows());
  const Eigen::Index first_query = K.rows() - Q.rows();
  const float sqrt_d_k = std::sqrt(static_cast<float>(K.cols()));
  Matrix scores = matmul_transposed(Q, K) / sqrt_d_k;  // (n, m)
  for (Eigen::Index i = 0; i < Q.rows(); ++i) {
    for (Eigen::Index j = 0; j < K.rows(); ++j) {
      scores(i, j) -= slope * static_cast<float>(std::abs(first_query + i - j));
    }
  }
  mask.hide(scores, first_query, 0);
  return softmax_rows(scores);
}

}  // namespace

RowVector alibi_slopes(Eigen::Index num_heads) {
  if (num_heads < 1) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("alibi_slopes: there are {} heads; there must be at least 1.", num_heads));
  }
  Eigen::Index power = 1;
  while (power * 2 <= num_heads) power *= 2;
  const auto slope = [](Eigen::Index nth, Eigen::Index heads) {  // the nth of so many, counted from 1
    return static_cast<float>(std::exp2(-8.0 * static_cast<double>(nth) / static_cast<double>(heads)));
  };
  RowVector slopes(num_heads);
  for (Eigen::Index head = 0; head < num_heads; ++head) {
    slopes(head) = head < power ? slope(head + 1, power) : slope(2 * (head - power) + 1, 2 * power);
  }
  return slopes;
}

Matrix alibi_attention_weights(const MatrixView& Q, const MatrixView& K, float slope, const Mask& mask) {
  require_queries_and_keys("alibi_attention_weights", Q, K);
  return biased_softmax("alibi_attention_weights", Q, K, slope, mask);
}

Matrix alibi_attention(const MatrixView& Q, const MatrixView& K, const MatrixView& V, float slope, const Mask& mask) {
  require_queries_keys_and_values("alibi_attention", Q, K, V);
  const Matrix weights = biased_softmax("alibi_attention", Q, K, slope, mask);  // (n, m), rows sum to 1
  return matmul(weights, V);                                                    // (n, d_v)
}

}  // namespace riverbank
