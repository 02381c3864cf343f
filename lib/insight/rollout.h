#pragma once

#include <cstddef>
#include <span>

#include "lib/math/matrix.h"
#include "riverbank/attention.h"

namespace riverbank {

// One picture out of many heads. All maps here are (T, T), row i how token i attends, every row summing to 1.

/// One head's attention. Throws Error kInvalidArgument for a layer or head that there is not, saying the range.
Matrix head_map(const Trace& trace, std::size_t layer, std::size_t head);

/// The mean of a layer's heads. Throws Error kInvalidArgument for a layer that there is not, saying the range.
Matrix mean_of_heads(const Trace& trace, std::size_t layer);

/// The mean of all heads of all layers.
Matrix mean_of_layers(const Trace& trace);

/// Attention rollout, eq. 1 of "Quantifying Attention Flow in Transformers" (arXiv:2005.00928): how much of each input
/// token flows into each token after the layers 0 to `last_layer`, the residual connection counted as attending to
/// itself with half the weight:
///
///     R_l = (W_l / 2 + I / 2) R_(l-1),   R_(-1) = I,   W_l the mean of layer l's heads
///
/// Throws Error kInvalidArgument for a layer that there is not, saying the range.
Matrix attention_rollout(const Trace& trace, std::size_t last_layer);

/// Tokens joined to words: weights (n, m), the word of each query (n) and of each key (m), numbered from 0 without a
/// gap -> (words of queries, words of keys). A word is attended to as much as its pieces together, and attends as the
/// mean of its pieces, so that rows that summed to 1 still do.
/// Throws Error kInvalidArgument for as many numbers as there are not tokens, and for a word without one.
Matrix join_words(const MatrixView& weights, std::span<const std::size_t> query_words,
                  std::span<const std::size_t> key_words);

}  // namespace riverbank
