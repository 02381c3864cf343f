#pragma once

#include "lib/math/kernels.h"
#include "lib/math/matrix.h"

namespace riverbank {

// Products of some hundreds of rows by the engine's float32 kernels: each panel is packed right before it is used, so
// that it is in the cache and no second copy of the weights is made. A few rows are left to Eigen. Any thread.

/// The kernels that multiply: float32, of the instruction set that runs.
const Kernels& panel_kernels();

/// X (rows, k), W (n, k), b (n) -> X W^T + b (rows, n).
Matrix panel_product(const MatrixView& X, const MatrixView& W, const RowVectorView& b);

/// X (rows, k), W (k, n) -> X W (rows, n).
Matrix panel_product(const MatrixView& X, const MatrixView& W);

}  // namespace riverbank
