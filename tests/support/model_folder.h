#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "lib/model/config.h"
#include "lib/model/safetensors.h"
#include "lib/model/weights.h"
#include "tests/support/tiny_model.h"

namespace riverbank::testing {

/// The tensors of an encoder under their checkpoint names; the bytes are the weights'.
inline std::map<std::string, TensorView, std::less<>> checkpoint_tensors(const EncoderWeights& weights,
                                                                         const std::string& prefix = "") {
  std::map<std::string, TensorView, std::less<>> tensors;
  const auto add_matrix = [&](const std::string& name, const MatrixMap& matrix) {
    tensors[prefix + name] = {DataType::kFloat32,
                              {matrix.rows(), matrix.cols()},
                              std::as_bytes(std::span(matrix.data(), static_cast<std::size_t>(matrix.size())))};
  };
  const auto add_vector = [&](const std::string& name, const RowVectorMap& vector) {
    tensors[prefix + name] = {DataType::kFloat32,
                              {vector.size()},
                              std::as_bytes(std::span(vector.data(), static_cast<std::size_t>(vector.size())))};
  };
  const auto add_linear = [&](const std::string& name, const LinearWeights& linear) {
    add_matrix(name + ".weight", linear.weight);
    add_vector(name + ".bias", linear.bias);
  };
  const auto add_norm = [&](const std::string& name, const LayerNormWeights& norm) {
    add_vector(name + ".weight", norm.gamma);
    add_vector(name + ".bias", norm.beta);
  };
  add_matrix("embeddings.word_embeddings.weight", weights.embeddings.word);
  add_matrix("embeddings.position_embeddings.weight", weights.embeddings.position);
  add_matrix("embeddings.token_type_embeddings.weight", weights.embeddings.token_type);
  add_norm("embeddings.LayerNorm", weights.embeddings.norm);
  for (std::size_t i = 0; i < weights.layers.size(); ++i) {
    const EncoderLayerWeights& layer = weights.layers[i];
    const std::string here = fmt::format("encoder.layer.{}.", i);
    add_linear(here + "attention.self.query", layer.attention.query);
    add_linear(here + "attention.self.key", layer.attention.key);
    add_linear(here + "attention.self.value", layer.attention.value);
    add_linear(here + "attention.output.dense", layer.attention.output);
    add_norm(here + "attention.output.LayerNorm", layer.attention_norm);
    add_linear(here + "intermediate.dense", layer.feed_forward.inner);
    add_linear(here + "output.dense", layer.feed_forward.outer);
    add_norm(here + "output.LayerNorm", layer.output_norm);
  }
  return tensors;
}

/// Writes tiny_model() as a folder in transformers' layout, which load_model() takes by its path; returns the folder.
inline std::filesystem::path write_tiny_model(const std::filesystem::path& folder, unsigned seed = 7,
                                              std::int64_t max_positions = tiny_config().max_positions) {
  std::filesystem::create_directories(folder);
  EncoderConfig config = tiny_config();
  config.max_positions = max_positions;
  std::ofstream(folder / "config.json") << format_encoder_config(config);
  std::ofstream(folder / "vocab.txt") << tiny_vocabulary();
  write_safetensors(folder / "model.safetensors", checkpoint_tensors(random_encoder_weights(config, seed)));
  return folder;
}

}  // namespace riverbank::testing
