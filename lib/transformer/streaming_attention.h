#pragma once

#include "lib/math/matrix.h"
#include "lib/transformer/masks.h"

namespace riverbank {

/// attention(), computed without ever having all of the (n, m) scores: FlashAttention's recurrence (Dao et al.,
/// arXiv:2205.14135, section 3.1, with the queries in the outer loop and one division at the end; the softmax is
/// Milakov and Gimelshein's, arXiv:1805.02867). It reads the keys block by block and keeps, of each query, the largest
/// score so far mu, the sum of exponentials l and the sum of values O that belong to it; a new largest score scales
/// down what was summed before:
///
///     mu' = max(mu, max_j s_j)
///     l'  = e^(mu - mu') l + sum_j e^(s_j - mu')
///     O'  = e^(mu - mu') O + sum_j e^(s_j - mu') v_j          and at the end  O / l
///
/// Time is that of attention(), n m; memory beside the result is that of one block of queries against one of keys.
/// Q (n, d_k), K (m, d_k), V (m, d_v) -> (n, d_v). Any thread.
/// Throws Error kInvalidArgument as attention() does and for a block size below 1.
Matrix streaming_attention(const MatrixView& Q, const MatrixView& K, const MatrixView& V, Eigen::Index block_size = 128,
                           const Mask& mask = {});

}  // namespace riverbank
