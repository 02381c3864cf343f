#pragma once

#include "lib/math/matrix.h"

namespace riverbank {

/// How much each query attends to each key: softmax(Q K^T / sqrt(d_k)). Q (n, d_k), K (m, d_k) -> (n, m), each row
/// non-negative and summing to 1. Throws Error kInvalidArgument for shapes that do not fit and for no keys at all.
Matrix attention_weights(const MatrixView& Q, const MatrixView& K);

/// Scaled dot-product attention, eq. 1 of "Attention Is All You Need" (arXiv:1706.03762):
///
///     Attention(Q, K, V) = softmax(Q K^T / sqrt(d_k)) V
///
/// Q (n, d_k), K (m, d_k), V (m, d_v) -> (n, d_v). Throws as attention_weights() does. Any thread.
Matrix attention(const MatrixView& Q, const MatrixView& K, const MatrixView& V);

}  // namespace riverbank
