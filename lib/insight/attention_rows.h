#pragma once

#include <cstddef>
#include <span>

#include "lib/math/matrix.h"
#include "lib/model/weights.h"

namespace riverbank {

/// How much some tokens attend to every token, in every head of one layer, without the T x T matrix and without the
/// keys of all tokens. With q = x_t W_Q^T + b_Q the score of a key is
///
///     q . (W_K x_s + b_K) = (W_K^T q) . x_s + q . b_K
///
/// and the softmax over s cancels what does not depend on s. H (T, d_model) is what enters the layer, `rows` (n) are
/// tokens of it -> (num_heads n, T): row h n + i is rows[i] in head h; rows sum to 1. Any thread.
/// Throws Error kInvalidArgument for a row that H does not have.
Matrix attention_rows(const AttentionWeights& weights, std::size_t num_heads, const MatrixView& H,
                      std::span<const std::size_t> rows);

}  // namespace riverbank
