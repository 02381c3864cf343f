#pragma once

#include "lib/math/matrix.h"
#include "lib/model/config.h"
#include "lib/model/weights.h"

namespace riverbank {

/// The position-wise feed-forward network, section 3.3 of "Attention Is All You Need", eq. 2:
///
///     FFN(x) = max(0, x W_1 + b_1) W_2 + b_2
///
/// with the model's own activation in the place of max(0, .), which is relu(): BERT has GELU there. The weights are
/// kept transposed, as checkpoints have them: W_1 in the formula is (d_model, d_ff), and linear() computes x W^T + b.
///
/// The weights must outlive it. Immutable, any thread.
class FeedForward {
 public:
  /// Throws Error kInvalidArgument when W_1 (d_ff, d_model) and W_2 (d_model, d_ff) do not fit each other.
  FeedForward(const FeedForwardWeights& weights, Activation activation);

  /// X (T, d_model) -> (T, d_model). Throws Error kInvalidArgument for another width.
  Matrix forward(const MatrixView& X) const;

 private:
  LinearWeights W_1_, W_2_;
  Matrix (*activation_)(const MatrixView&);
};

}  // namespace riverbank
