#pragma once

#include "lib/engine/buffer.h"
#include "lib/engine/linear.h"
#include "lib/math/matrix.h"

namespace riverbank {

/// X -> X W^T for one matrix that many rows are multiplied with, by the engine's kernels. Immutable, any thread.
class PackedMatrix {
 public:
  /// W (n, k), or its transpose (k, n) when `transposed`.
  PackedMatrix(const MatrixView& W, bool transposed);

  /// X (rows, k) -> X W^T (rows, n).
  Matrix multiply(const MatrixView& X) const;

 private:
  Eigen::Index columns_;
  Linear linear_;
  Buffer memory_;
};

}  // namespace riverbank
