#include "lib/transformer/decoder.h"

#include <fmt/format.h>

#include "lib/math/ops.h"
#include "riverbank/error.h"

namespace riverbank {

Decoder::Decoder(const EncoderDecoderConfig& config, const EncoderDecoderWeights& weights)
    : embedding_(weights.target_embedding), embeddings_(weights.target_embedding, config.max_positions) {
  layers_.reserve(weights.decoder.size());
  for (const DecoderLayerWeights& layer : weights.decoder) layers_.emplace_back(layer, config.layer());
}

Decoder::State Decoder::start(const MatrixView& M) const {
  if (M.rows() == 0 || M.cols() != embedding_.cols()) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("Decoder: the encoded source is {} and the target's embedding table is {}; both must have "
                            "d_model columns, and the source at least one row.",
                            shape_of(M), shape_of(embedding_)));
  }
  State state;
  state.layers.reserve(layers_.size());
  for (const DecoderLayer& layer : layers_) state.layers.push_back(layer.start(M));
  return state;
}

Matrix Decoder::forward(std::span<const std::int32_t> ids, State& state, const DecoderObservers& observers) const {
  if (state.layers.size() != layers_.size()) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("Decoder: the state has {} layers and the decoder {}; it must be one that start() made.",
                            state.layers.size(), layers_.size()));
  }
  Matrix hidden = embeddings_.forward(ids, state.length);  // (n, d_model), and so after every layer
  observers.self_attention.hidden_states(hidden);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    hidden = layers_[i].forward(hidden, state.layers[i], observers);
    observers.self_attention.hidden_states(hidden);
  }
  state.length += hidden.rows();
  return matmul_transposed(hidden, embedding_);
}

Matrix Decoder::forward(std::span<const std::int32_t> ids, State& state) const {
  Observer nobody;
  return forward(ids, state, {nobody, nobody});
}

}  // namespace riverbank
