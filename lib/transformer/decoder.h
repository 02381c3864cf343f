#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lib/math/matrix.h"
#include "lib/model/encoder_decoder.h"
#include "lib/transformer/decoder_layer.h"
#include "lib/transformer/scaled_embeddings.h"

namespace riverbank {

/// The decoder of "Attention Is All You Need", the right half of figure 1: the target's tokens so far in, for each the
/// logits of the token after it out. The weights must outlive it. Immutable, any thread.
class Decoder {
 public:
  /// A target as far as it is written: every layer's keys and values. Copies go their own ways. One thread at a time.
  struct State {
    std::vector<DecoderLayer::Cache> layers;
    Eigen::Index length = 0;  ///< tokens so far, [BOS] included
  };

  /// Throws Error kInvalidArgument when the weights do not fit each other.
  Decoder(const EncoderDecoderConfig& config, const EncoderDecoderWeights& weights);

  /// A target without a token, for a source that the encoder made M (m, d_model) of.
  /// Throws Error kInvalidArgument for another width or no row.
  State start(const MatrixView& M) const;

  /// The target's next n tokens, all at once or one by one: the numbers are the same to rounding, and with each token's
  /// keys and values kept one more token costs one row. ids (n) -> logits (n, target_vocabulary_size): the last
  /// hidden state times the embedding table (section 3.4: "we share the same weight matrix"; source and
  /// target have a vocabulary each here, so that only the target's is shared).
  /// Throws Error kInvalidArgument for an id or a length that the model does not have.
  Matrix forward(std::span<const std::int32_t> ids, State& state, const DecoderObservers& observers) const;

  /// The same, unobserved.
  Matrix forward(std::span<const std::int32_t> ids, State& state) const;

 private:
  MatrixMap embedding_;
  ScaledEmbeddings embeddings_;
  std::vector<DecoderLayer> layers_;
};

}  // namespace riverbank
