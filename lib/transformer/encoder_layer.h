#pragma once

#include "lib/math/matrix.h"
#include "lib/model/config.h"
#include "lib/model/weights.h"
#include "lib/transformer/feed_forward.h"
#include "lib/transformer/multi_head_attention.h"
#include "lib/transformer/observer.h"

namespace riverbank {

/// One layer of the encoder, section 3.1 of "Attention Is All You Need": two sub-layers, each with a residual
/// connection around it and a layer normalisation after:
///
///     A = LayerNorm(X + MultiHead(X, X, X))
///     Y = LayerNorm(A + FFN(A))
///
/// The weights must outlive it. Immutable, any thread.
class EncoderLayer {
 public:
  /// Throws Error kInvalidArgument when the weights do not fit each other.
  EncoderLayer(const EncoderLayerWeights& weights, const LayerSettings& settings);

  /// X (T, d_model) -> Y (T, d_model). Throws Error kInvalidArgument for another width.
  Matrix forward(const MatrixView& X, Observer& observer) const;

 private:
  MultiHeadAttention attention_;
  LayerNormWeights attention_norm_;
  FeedForward feed_forward_;
  LayerNormWeights output_norm_;
  float epsilon_;
};

}  // namespace riverbank
