#pragma once

#include <memory>

#include "lib/math/matrix.h"
#include "lib/model/config.h"
#include "lib/model/encoder_decoder.h"
#include "lib/transformer/feed_forward.h"
#include "lib/transformer/multi_head_attention.h"
#include "lib/transformer/observer.h"

namespace riverbank {

/// Who watches a decoder: its two attentions are of different shapes, and are told apart. The first is also shown the
/// hidden states.
struct DecoderObservers {
  Observer& self_attention;
  Observer& cross_attention;
};

/// One layer of the decoder, section 3.1 of "Attention Is All You Need": three sub-layers, each with a residual
/// connection around it and a layer normalisation after. M is what the encoder made of the source:
///
///     A = LayerNorm(Y + MultiHead(Y, Y, Y)),  causal: no token sees one after it
///     B = LayerNorm(A + MultiHead(A, M, M))
///     Z = LayerNorm(B + FFN(B))
///
/// The weights must outlive it. Immutable, any thread.
class DecoderLayer {
 public:
  /// What stays the same from one target token to the next: the keys and values of the target so far, which grow, and
  /// the source's, which do not and are shared by all copies. A value; one thread at a time.
  struct Cache {
    KeysAndValues target;
    std::shared_ptr<const KeysAndValues> source;
  };

  /// Throws Error kInvalidArgument when the weights do not fit each other.
  DecoderLayer(const DecoderLayerWeights& weights, const LayerSettings& settings);

  /// A cache for a target that has no token yet: M (m, d_model). Throws Error kInvalidArgument for another width.
  Cache start(const MatrixView& M) const;

  /// The target's next n tokens, all at once or one by one: Y (n, d_model) -> Z (n, d_model). Their keys and values
  /// are appended to the cache, so that each sees itself and all before it. Throws Error kInvalidArgument for another
  /// width.
  Matrix forward(const MatrixView& Y, Cache& cache, const DecoderObservers& observers) const;

 private:
  MultiHeadAttention self_attention_;
  LayerNormWeights self_attention_norm_;
  MultiHeadAttention cross_attention_;
  LayerNormWeights cross_attention_norm_;
  FeedForward feed_forward_;
  LayerNormWeights output_norm_;
  float epsilon_;
};

}  // namespace riverbank
