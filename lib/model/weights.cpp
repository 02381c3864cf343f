#include "lib/model/weights.h"

#include <deque>
#include <random>
#include <string>

#include "lib/model/safetensors.h"
#include "lib/model/tensor_reader.h"

namespace riverbank {
namespace {

/// An encoder's tensors under transformers' names.
class EncoderLoader {
 public:
  EncoderLoader(const std::shared_ptr<const SafetensorsFile>& file, const EncoderConfig& config)
      : reader_(file, file->find("bert.embeddings.word_embeddings.weight") != nullptr ? "bert." : ""),
        config_(config) {}

  EncoderWeights load() {
    EncoderWeights weights{embeddings(), {}, reader_.storage()};
    for (std::int64_t layer = 0; layer < config_.num_layers; ++layer) weights.layers.push_back(encoder_layer(layer));
    const std::string count = std::to_string(config_.num_layers);
    reader_.refuse_tensors_of("encoder.layer." + count + ".", "num_hidden_layers " + count);
    return weights;
  }

 private:
  EmbeddingWeights embeddings() {
    const std::int64_t d = config_.d_model;
    return {reader_.matrix("embeddings.word_embeddings.weight", config_.vocabulary_size, d),
            reader_.matrix("embeddings.position_embeddings.weight", config_.max_positions, d),
            reader_.matrix("embeddings.token_type_embeddings.weight", config_.num_token_types, d),
            reader_.layer_norm("embeddings.LayerNorm", d)};
  }

  EncoderLayerWeights encoder_layer(std::int64_t layer) {
    const std::string here = "encoder.layer." + std::to_string(layer) + ".";
    const std::int64_t d = config_.d_model;
    const auto square = [&](const char* name) { return reader_.linear(here + name, d, d); };
    return {{square("attention.self.query"), square("attention.self.key"), square("attention.self.value"),
             square("attention.output.dense")},
            reader_.layer_norm(here + "attention.output.LayerNorm", d),
            {reader_.linear(here + "intermediate.dense", config_.d_ff, d),
             reader_.linear(here + "output.dense", d, config_.d_ff)},
            reader_.layer_norm(here + "output.LayerNorm", d)};
  }

  TensorReader reader_;
  const EncoderConfig& config_;
};

/// Draws tensors one after the other, so that a seed means the same weights everywhere.
class Generator {
 public:
  Generator(const EncoderConfig& config, unsigned seed)
      : buffers_(std::make_shared<std::deque<std::vector<float>>>()), config_(config), random_(seed) {}

  EncoderWeights generate() {
    const std::int64_t d = config_.d_model;
    const std::int64_t d_ff = config_.d_ff;
    EncoderWeights weights{{matrix(config_.vocabulary_size, d), matrix(config_.max_positions, d),
                            matrix(config_.num_token_types, d), layer_norm()},
                           {},
                           buffers_};
    for (std::int64_t layer = 0; layer < config_.num_layers; ++layer) {
      weights.layers.push_back({{linear(d, d), linear(d, d), linear(d, d), linear(d, d)},
                                layer_norm(),
                                {linear(d_ff, d), linear(d, d_ff)},
                                layer_norm()});
    }
    return weights;
  }

 private:
  static constexpr float kSigma = 0.02F;  // BERT's initializer_range

  const float* draw(std::int64_t count, float mean) {
    std::normal_distribution<float> normal(mean, kSigma);
    std::vector<float>& buffer = buffers_->emplace_back(static_cast<std::size_t>(count));
    for (float& value : buffer) value = normal(random_);
    return buffer.data();
  }

  MatrixMap matrix(std::int64_t rows, std::int64_t columns) { return {draw(rows * columns, 0), rows, columns}; }
  RowVectorMap vector(std::int64_t size, float mean) { return {draw(size, mean), size}; }
  LinearWeights linear(std::int64_t d_out, std::int64_t d_in) { return {matrix(d_out, d_in), vector(d_out, 0)}; }
  LayerNormWeights layer_norm() { return {vector(config_.d_model, 1), vector(config_.d_model, 0)}; }

  std::shared_ptr<std::deque<std::vector<float>>> buffers_;  // a deque: what points into it stays where it is
  const EncoderConfig& config_;
  std::mt19937 random_;
};

}  // namespace

EncoderWeights load_encoder_weights(const std::shared_ptr<const SafetensorsFile>& file, const EncoderConfig& config) {
  return EncoderLoader(file, config).load();
}

EncoderWeights random_encoder_weights(const EncoderConfig& config, unsigned seed) {
  return Generator(config, seed).generate();
}

}  // namespace riverbank
