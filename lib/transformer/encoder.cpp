#include "lib/transformer/encoder.h"

#include <fmt/format.h>

#include "riverbank/error.h"

namespace riverbank {

Encoder::Encoder(const EncoderConfig& config, const EncoderWeights& weights)
    : weights_(weights), embeddings_(weights_.embeddings, config.layer_norm_epsilon) {
  if (static_cast<std::int64_t>(weights_.layers.size()) != config.num_layers) {
    throw Error(ErrorKind::kInvalidArgument, fmt::format("Encoder: the config says {} layers, the weights have {}.",
                                                         config.num_layers, weights_.layers.size()));
  }
  layers_.reserve(weights_.layers.size());
  for (const EncoderLayerWeights& layer : weights_.layers) layers_.emplace_back(layer, config.layer());
}

Matrix Encoder::forward(std::span<const std::int32_t> ids, std::span<const std::int32_t> type_ids,
                        Observer& observer) const {
  Matrix hidden = embeddings_.forward(ids, type_ids);  // (T, d_model), and so after every layer
  observer.hidden_states(hidden);
  for (const EncoderLayer& layer : layers_) {
    hidden = layer.forward(hidden, observer);
    observer.hidden_states(hidden);
  }
  return hidden;
}

Matrix Encoder::forward(std::span<const std::int32_t> ids, std::span<const std::int32_t> type_ids) const {
  Observer nobody;
  return forward(ids, type_ids, nobody);
}

}  // namespace riverbank
