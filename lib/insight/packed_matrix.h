#pragma once

#include "lib/engine/buffer.h"
#include "lib/engine/linear.h"
#include "lib/math/matrix.h"

namespace riverbank {

/// X -> X W^T for one matrix that many rows are multiplied with, by the engine's kernels. Immutable, any thread.
class PackedMatrix {
 public:
  /// What will be multiplied: packing a matrix takes as long as some tens of rows.
  enum class Rows { kMany, kFew };

  /// W (n, k), or its transpose (k, n) when `transposed`; for few rows it is read where it lies and must outlive this.
  PackedMatrix(const MatrixMap& W, bool transposed, Rows rows = Rows::kMany);

  /// X (rows, k) -> X W^T (rows, n).
  Matrix multiply(const MatrixView& X) const;

 private:
  MatrixMap W_;
  bool transposed_;
  Rows rows_;
  Eigen::Index columns_;
  Linear linear_;
  Buffer memory_;
};

}  // namespace riverbank
