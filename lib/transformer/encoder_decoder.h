#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lib/math/matrix.h"
#include "lib/model/encoder_decoder.h"
#include "lib/transformer/decoder.h"
#include "lib/transformer/encoder_layer.h"
#include "lib/transformer/observer.h"
#include "lib/transformer/scaled_embeddings.h"

namespace riverbank {

/// The whole of figure 1 of "Attention Is All You Need": an encoder that reads the source once, and a decoder that
/// writes the target token by token, each layer of it attending to what the encoder made of the source. Post-norm, as
/// in the paper: LayerNorm(x + Sublayer(x)). Immutable, any thread.
class EncoderDecoder {
 public:
  /// Keeps the weights' storage alive. Throws Error kInvalidArgument when they do not fit each other or the config.
  EncoderDecoder(const EncoderDecoderConfig& config, const EncoderDecoderWeights& weights);

  /// The source's ids (m) -> M (m, d_model). Throws Error kInvalidArgument for an id or a length that the model does
  /// not have.
  Matrix encode(std::span<const std::int32_t> source, Observer& observer) const;

  /// The same, unobserved.
  Matrix encode(std::span<const std::int32_t> source) const;

  const Decoder& decoder() const { return decoder_; }
  const EncoderDecoderConfig& config() const { return config_; }

 private:
  EncoderDecoderConfig config_;
  EncoderDecoderWeights weights_;
  ScaledEmbeddings embeddings_;
  std::vector<EncoderLayer> encoder_;
  Decoder decoder_;
};

}  // namespace riverbank
