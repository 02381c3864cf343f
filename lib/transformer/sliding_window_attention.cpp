#include "lib/transformer/sliding_window_attention.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lib/math/ops.h"
#include "lib/transformer/shapes.h"
#include "riverbank/error.h"

namespace riverbank {

Matrix sliding_window_attention(const MatrixView& Q, const MatrixView& K, const MatrixView& V, Eigen::Index window,
                                const Mask& mask) {
  require_self_attention("sliding_window_attention", Q, K, V);
  mask.require_fits("sliding_window_attention", Q.rows(), K.rows());
  if (window < 2 || window % 2 != 0) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("sliding_window_attention: the window is {}; it must be an even number of at least 2, half "
                            "of it for either side.",
                            window));
  }
  const float sqrt_d_k = std::sqrt(static_cast<float>(K.cols()));
  const Eigen::Index T = Q.rows();

  Matrix result(T, V.cols());
  for (Eigen::Index i = 0; i < T; ++i) {
    const Eigen::Index first = std::max<Eigen::Index>(0, i - window / 2);
    const Eigen::Index near = std::min(T - 1, i + window / 2) - first + 1;
    Matrix scores = matmul_transposed(Q.row(i), K.middleRows(first, near)) / sqrt_d_k;  // (1, near)
    mask.hide(scores, i, first);
    result.row(i) = matmul(softmax_rows(scores), V.middleRows(first, near));
  }
  return result;
}

}  // namespace riverbank
