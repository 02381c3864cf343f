#pragma once

#include "lib/math/matrix.h"

namespace riverbank {

/// Watches a forward pass; this one sees and keeps nothing. It is told in the order of the pass: the embeddings, then
/// for each layer its heads and after them its output. What it is shown lives only until it returns.
class Observer {
 public:
  virtual ~Observer() = default;

  /// The hidden states that leave the embeddings (first call) or a layer (each call after), H (T, d_model).
  virtual void hidden_states(const MatrixView& /*H*/) {}

  /// One attention head about to compute attention(Q, K, V): Q (n, d_k), K (m, d_k), V (m, d_v). The weights it uses
  /// are attention_weights(Q, K).
  virtual void head(const MatrixView& /*Q*/, const MatrixView& /*K*/, const MatrixView& /*V*/) {}
};

}  // namespace riverbank
