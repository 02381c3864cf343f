#include "lib/transformer/encoder_decoder.h"

#include <fmt/format.h>

#include "riverbank/error.h"

namespace riverbank {

EncoderDecoder::EncoderDecoder(const EncoderDecoderConfig& config, const EncoderDecoderWeights& weights)
    : config_(config),
      weights_(weights),
      embeddings_(weights_.source_embedding, config.max_positions),
      decoder_(config_, weights_) {
  if (static_cast<std::int64_t>(weights_.encoder.size()) != config.num_encoder_layers ||
      static_cast<std::int64_t>(weights_.decoder.size()) != config.num_decoder_layers) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("EncoderDecoder: the config says {} + {} layers, the weights have {} + {}.",
                            config.num_encoder_layers, config.num_decoder_layers, weights_.encoder.size(),
                            weights_.decoder.size()));
  }
  encoder_.reserve(weights_.encoder.size());
  for (const EncoderLayerWeights& layer : weights_.encoder) encoder_.emplace_back(layer, config.layer());
}

Matrix EncoderDecoder::encode(std::span<const std::int32_t> source, Observer& observer) const {
  Matrix hidden = embeddings_.forward(source);  // (m, d_model), and so after every layer
  observer.hidden_states(hidden);
  for (const EncoderLayer& layer : encoder_) {
    hidden = layer.forward(hidden, observer);
    observer.hidden_states(hidden);
  }
  return hidden;
}

Matrix EncoderDecoder::encode(std::span<const std::int32_t> source) const {
  Observer nobody;
  return encode(source, nobody);
}

}  // namespace riverbank
