#include "lib/embed/pooling.h"

#include <cmath>

#include "riverbank/error.h"

namespace riverbank {

Matrix pool_mean(const MatrixView& H, std::span<const std::size_t> starts) {
  Matrix means(static_cast<Eigen::Index>(starts.size()) - 1, H.cols());
  for (Eigen::Index text = 0; text < means.rows(); ++text) {
    const auto first = static_cast<Eigen::Index>(starts[static_cast<std::size_t>(text)]);
    const auto end = static_cast<Eigen::Index>(starts[static_cast<std::size_t>(text) + 1]);
    means.row(text) = H.row(first);
    for (Eigen::Index t = first + 1; t < end; ++t) means.row(text) += H.row(t);
    means.row(text) /= static_cast<float>(end - first);
  }
  return means;
}

RowVector normalise(const RowVectorView& x) {
  double squares = 0;
  for (const float value : x) squares += static_cast<double>(value) * static_cast<double>(value);
  if (!std::isfinite(squares)) {
    throw Error(ErrorKind::kCorrupt,
                "The model gave a vector that is not finite, so its weights are damaged; check them with \"riverbank "
                "model verify\".");
  }
  if (squares == 0) return x;
  return x * static_cast<float>(1.0 / std::sqrt(squares));
}

}  // namespace riverbank
