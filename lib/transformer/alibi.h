#pragma once

#include "lib/math/matrix.h"
#include "lib/transformer/masks.h"

namespace riverbank {

// Attention with linear biases, ALiBi (Press et al., arXiv:2108.12409, section 3): nothing is added to the tokens; the
// further away a key stands, the more is taken from its score. Each head has its own slope, from near-sighted to far.

/// The heads' slopes: 2^(-8/h), 2^(-16/h), ..., 2^-8 for h heads, h a power of two. For another h the authors take the
/// slopes of the power of two p below it, then the 1st, 3rd, 5th ... of those of 2p. -> (num_heads)
/// Throws Error kInvalidArgument for fewer heads than 1.
RowVector alibi_slopes(Eigen::Index num_heads);

/// The weights of one head: softmax(Q K^T / sqrt(d_k) - slope |i - j|), i and j the places of query and key. On and
/// below the diagonal, which is all that a causal mask leaves, that is the paper's m [-(i - 1), ..., -2, -1, 0]; above
/// it the encoder's mirror image. With n queries and m keys the queries stand in the last n places, as for a Mask. Q
/// (n, d_k), K (m, d_k) -> (n, m). Throws as attention_weights() does, and for more queries than keys or a negative
/// slope.
Matrix alibi_attention_weights(const MatrixView& Q, const MatrixView& K, float slope, const Mask& mask = {});

/// One head: its weights times V (m, d_v) -> (n, d_v). Any thread.
Matrix alibi_attention(const MatrixView& Q, const MatrixView& K, const MatrixView& V, float slope,
                       const Mask& mask = {});

}  // namespace riverbank
