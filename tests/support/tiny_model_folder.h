#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "lib/model/safetensors.h"
#include "tests/support/tiny_model.h"

namespace riverbank::testing {

/// Writes a model of random weights as a folder in transformers' layout, so that tests of the whole program need no
/// download: tiny_model()'s vocabulary, 2 layers, d_model 24, up to 128 tokens, mean pooling.
inline void write_tiny_model(const std::filesystem::path& folder, unsigned seed = 7) {
  EncoderConfig config = tiny_config();
  config.max_positions = 128;
  const EncoderWeights weights = random_encoder_weights(config, seed);
  std::map<std::string, TensorView, std::less<>> tensors;
  const auto put = [&](const std::string& name, const float* data, std::vector<std::int64_t> shape) {
    std::size_t count = 1;
    for (const std::int64_t size : shape) count *= static_cast<std::size_t>(size);
    tensors[name] = {DataType::kFloat32, std::move(shape), std::as_bytes(std::span(data, count))};
  };
  const auto matrix = [&](const std::string& name, const MatrixMap& m) { put(name, m.data(), {m.rows(), m.cols()}); };
  const auto vector = [&](const std::string& name, const RowVectorMap& v) { put(name, v.data(), {v.size()}); };
  const auto norm = [&](const std::string& name, const LayerNormWeights& n) {
    vector(name + ".weight", n.gamma);
    vector(name + ".bias", n.beta);
  };
  const auto linear = [&](const std::string& name, const LinearWeights& l) {
    matrix(name + ".weight", l.weight);
    vector(name + ".bias", l.bias);
  };
  matrix("embeddings.word_embeddings.weight", weights.embeddings.word);
  matrix("embeddings.position_embeddings.weight", weights.embeddings.position);
  matrix("embeddings.token_type_embeddings.weight", weights.embeddings.token_type);
  norm("embeddings.LayerNorm", weights.embeddings.norm);
  for (std::size_t i = 0; i < weights.layers.size(); ++i) {
    const std::string here = "encoder.layer." + std::to_string(i) + ".";
    const EncoderLayerWeights& layer = weights.layers[i];
    linear(here + "attention.self.query", layer.query);
    linear(here + "attention.self.key", layer.key);
    linear(here + "attention.self.value", layer.value);
    linear(here + "attention.output.dense", layer.attention_output);
    norm(here + "attention.output.LayerNorm", layer.attention_norm);
    linear(here + "intermediate.dense", layer.intermediate);
    linear(here + "output.dense", layer.output);
    norm(here + "output.LayerNorm", layer.output_norm);
  }
  std::filesystem::create_directories(folder / "1_Pooling");
  write_safetensors(folder / "model.safetensors", tensors);
  std::ofstream(folder / "vocab.txt") << tiny_vocabulary();
  std::ofstream(folder / "config.json")
      << R"({"model_type": "bert", "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3,)"
      << R"("intermediate_size": 40, "hidden_act": "gelu", "max_position_embeddings": 128, "type_vocab_size": 2,)"
      << R"("layer_norm_eps": 1e-12, "vocab_size": )" << config.vocabulary_size << "}";
  std::ofstream(folder / "modules.json")
      << R"([{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},)"
      << R"({"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},)"
      << R"({"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}])";
  std::ofstream(folder / "1_Pooling/config.json")
      << R"({"word_embedding_dimension": 24, "pooling_mode_mean_tokens": true})";
}

}  // namespace riverbank::testing
