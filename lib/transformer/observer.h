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

  /// The weights with which one attention head takes the mean of the values, masks included: row i is how much query i
  /// attends to each key, weights (n, m).
  virtual void head(const MatrixView& /*weights*/) {}
};

}  // namespace riverbank
