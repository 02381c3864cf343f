#pragma once

#include "lib/math/matrix.h"
#include "lib/transformer/masks.h"

namespace riverbank {

/// How much each query attends to each key: softmax(Q K^T / sqrt(d_k) + M). Q (n, d_k), K (m, d_k) -> (n, m), no number
/// below 0, each row summing to 1. A query that the mask lets look at no key has a row of zeros, and attention() gives
/// it the zero vector: there is nothing to take a mean of.
/// Throws Error kInvalidArgument for shapes that do not fit, for no keys at all and as Mask::require_fits() does.
Matrix attention_weights(const MatrixView& Q, const MatrixView& K, const Mask& mask = {});

/// Scaled dot-product attention, eq. 1 of "Attention Is All You Need" (arXiv:1706.03762):
///
///     Attention(Q, K, V) = softmax(Q K^T / sqrt(d_k)) V
///
/// Q (n, d_k), K (m, d_k), V (m, d_v) -> (n, d_v). A key that the mask hides counts for nothing, as long as its value
/// is finite. Throws as attention_weights() does. Any thread.
Matrix attention(const MatrixView& Q, const MatrixView& K, const MatrixView& V, const Mask& mask = {});

}  // namespace riverbank
