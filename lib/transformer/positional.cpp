#include "lib/transformer/positional.h"

#include <fmt/format.h>

#include <cmath>

#include "riverbank/error.h"

namespace riverbank {

MatrixView LearnedPositions::forward(Eigen::Index T) const {
  if (T > table_.rows()) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("A text of {} tokens is too long: the model has learned {} positions; cut it before.", T,
                            table_.rows()));
  }
  return table_.topRows(T);
}

Matrix sinusoidal_positions(Eigen::Index T, Eigen::Index d_model, Eigen::Index first) {
  if (d_model < 2 || d_model % 2 != 0 || T < 0 || first < 0) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("sinusoidal_positions: ({}, {}) from place {}; d_model must be even and at least 2, and "
                            "places count from 0.",
                            T, d_model, first));
  }
  Matrix PE(T, d_model);
  for (Eigen::Index i = 0; i < d_model / 2; ++i) {
    const double frequency = std::pow(10000.0, -2.0 * static_cast<double>(i) / static_cast<double>(d_model));
    for (Eigen::Index t = 0; t < T; ++t) {
      const double angle = static_cast<double>(first + t) * frequency;
      PE(t, 2 * i) = static_cast<float>(std::sin(angle));
      PE(t, 2 * i + 1) = static_cast<float>(std::cos(angle));
    }
  }
  return PE;
}

}  // namespace riverbank
