#pragma once

#include "lib/math/matrix.h"
#include "lib/model/weights.h"
#include "lib/transformer/observer.h"

namespace riverbank {

/// Multi-head self-attention, section 3.2.2 of "Attention Is All You Need":
///
///     MultiHead(X) = Concat(head_1, ..., head_h) W_O
///     head_i       = Attention(X W_Q_i, X W_K_i, X W_V_i)
///
/// W_Q stands for all heads' W_Q_i side by side, so head i is the columns [i d_k, (i + 1) d_k) of X W_Q. Every matrix
/// has a bias, as in BERT. The weights must outlive it. Immutable, any thread.
class MultiHeadAttention {
 public:
  /// Throws Error kInvalidArgument when d_model is no multiple of num_heads or a matrix is not (d_model, d_model).
  MultiHeadAttention(const AttentionWeights& weights, Eigen::Index num_heads);

  /// X (T, d_model) -> (T, d_model). Throws Error kInvalidArgument for another width.
  Matrix forward(const MatrixView& X, Observer& observer) const;

 private:
  LinearWeights W_Q_, W_K_, W_V_, W_O_;
  Eigen::Index num_heads_;
  Eigen::Index d_k_;
};

}  // namespace riverbank
