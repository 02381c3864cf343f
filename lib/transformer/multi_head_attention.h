#pragma once

#include "lib/math/matrix.h"
#include "lib/model/weights.h"
#include "lib/transformer/masks.h"
#include "lib/transformer/observer.h"

namespace riverbank {

/// What a text offers to those who attend to it: K = Y W_K and V = Y W_V, each (m, d_model), all heads' side by side.
/// A decoder keeps them from one token to the next, since neither a token's key nor its value changes once it is there.
struct KeysAndValues {
  Matrix K, V;

  /// Puts the keys and values of the tokens that follow under these, of which there may be none yet. Throws Error
  /// kInvalidArgument for another width.
  void append(const KeysAndValues& more);
};

/// Multi-head attention, section 3.2.2 of "Attention Is All You Need":
///
///     MultiHead(Q, K, V) = Concat(head_1, ..., head_h) W_O
///     head_i             = Attention(Q W_Q_i, K W_K_i, V W_V_i)
///
/// Section 3.2.3 has three uses of it, all with K = V = Y: an encoder's self-attention has Q = Y, a decoder's the same
/// with a causal mask, and in cross-attention the queries Q = X come from the decoder and Y is the encoder's output.
///
/// W_Q stands for all heads' W_Q_i side by side, so head i is the columns [i d_k, (i + 1) d_k) of X W_Q. Every matrix
/// has a bias, as in BERT, and is kept transposed (see FeedForward). The weights must outlive it. Immutable, any
/// thread.
class MultiHeadAttention {
 public:
  /// Throws Error kInvalidArgument when d_model is no multiple of num_heads or a matrix is not (d_model, d_model).
  MultiHeadAttention(const AttentionWeights& weights, Eigen::Index num_heads);

  /// MultiHead(X, Y, Y): the queries of X (n, d_model) to the keys and values of Y (m, d_model) -> (n, d_model).
  /// Throws Error kInvalidArgument for another width, and for a mask that does not fit (n, m).
  Matrix forward(const MatrixView& X, const MatrixView& Y, const Mask& mask, Observer& observer) const;

  /// Self-attention without a mask: MultiHead(X, X, X).
  Matrix forward(const MatrixView& X, Observer& observer) const { return forward(X, X, {}, observer); }

  /// The first half of forward(), which is the same for every query: Y (m, d_model) -> K, V (m, d_model).
  KeysAndValues keys_and_values(const MatrixView& Y) const;

  /// The second half: X (n, d_model), K and V (m, d_model) -> (n, d_model). Both throw as forward() does.
  Matrix attend(const MatrixView& X, const KeysAndValues& kept, const Mask& mask, Observer& observer) const;

 private:
  LinearWeights W_Q_, W_K_, W_V_, W_O_;
  Eigen::Index num_heads_;
  Eigen::Index d_k_;
};

}  // namespace riverbank
