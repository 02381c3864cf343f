#include "lib/transformer/rotary_positions.h"

#include <fmt/format.h>

#include <cmath>

#include "lib/math/ops.h"
#include "riverbank/error.h"

namespace riverbank {

Matrix rotary_positions(const MatrixView& X, Eigen::Index first, double base) {
  if (X.cols() == 0 || X.cols() % 2 != 0 || first < 0 || !(base > 0)) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("rotary_positions: X is {}, from place {} with base {}; d_k must be even and at least 2, "
                            "places count from 0, and the base must be above 0.",
                            shape_of(X), first, base));
  }
  Matrix turned(X.rows(), X.cols());
  for (Eigen::Index i = 0; i < X.cols() / 2; ++i) {
    const double theta = std::pow(base, -2.0 * static_cast<double>(i) / static_cast<double>(X.cols()));
    for (Eigen::Index t = 0; t < X.rows(); ++t) {
      const double angle = static_cast<double>(first + t) * theta;
      const auto cosine = static_cast<float>(std::cos(angle));
      const auto sine = static_cast<float>(std::sin(angle));
      turned(t, 2 * i) = X(t, 2 * i) * cosine - X(t, 2 * i + 1) * sine;
      turned(t, 2 * i + 1) = X(t, 2 * i) * sine + X(t, 2 * i + 1) * cosine;
    }
  }
  return turned;
}

}  // namespace riverbank
