#pragma once

#include "lib/math/matrix.h"

namespace riverbank {

/// Rotary positions, RoPE (Su et al., arXiv:2104.09864, section 3.2.2, eq. 34): each pair of a query's or key's columns
/// is a point in the plane, turned by an angle that grows with the place m it stands in.
///
///     (x_2i, x_2i+1)  ->  (x_2i cos(m theta_i) - x_2i+1 sin(m theta_i),
///                          x_2i sin(m theta_i) + x_2i+1 cos(m theta_i)),     theta_i = base^(-2i / d_k)
///
/// Turn Q and K of every head so, and let V be: the product of a query turned by m and a key turned by n depends on
/// n - m alone. Checkpoints in the layout of Hugging Face pair the columns i and i + d_k / 2 instead, which is the same
/// with the columns of W_Q and W_K in another order.
///
/// X (T, d_k), the rows standing in the places first to first + T - 1 -> (T, d_k). Any thread.
/// Throws Error kInvalidArgument when d_k is odd or 0, first is negative, or base is not above 0.
Matrix rotary_positions(const MatrixView& X, Eigen::Index first = 0, double base = 10000.0);

}  // namespace riverbank
