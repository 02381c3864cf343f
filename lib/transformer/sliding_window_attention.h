#pragma once

#include "lib/math/matrix.h"
#include "lib/transformer/masks.h"

namespace riverbank {

/// Self-attention in which a token looks at its neighbours alone, the window / 2 on either side and itself: Longformer
/// (Beltagy et al., arXiv:2004.05150, section 3.1, figure 2b).
///
///     A_i = softmax(q_i K_near^T / sqrt(d_k)) V_near,   near = i - window / 2, ..., i + window / 2
///
/// What a token knows spreads by window / 2 places a layer, so that a stack of them still sees the whole text;
/// ModernBERT (arXiv:2412.13663, section 2.1.2) lets every third layer look everywhere and the other two at a window of
/// 128. Time is T window d_k and memory beside the result that of one window; equal to attention(Q, K, V,
/// Mask::sliding_window(window) & mask), which makes T x T scores to throw most of them away.
///
/// Q (T, d_k), K (T, d_k), V (T, d_v) -> (T, d_v). Any thread.
/// Throws Error kInvalidArgument as attention() does, when there are not as many queries as keys, and for a window that
/// is odd or below 2.
Matrix sliding_window_attention(const MatrixView& Q, const MatrixView& K, const MatrixView& V, Eigen::Index window,
                                const Mask& mask = {});

}  // namespace riverbank
