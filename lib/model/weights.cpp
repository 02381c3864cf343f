#include "lib/model/weights.h"

#include <cmath>
#include <cstring>
#include <deque>
#include <initializer_list>
#include <random>
#include <string>
#include <utility>

#include "lib/base/printable.h"
#include "lib/model/safetensors.h"
#include "lib/model/safetensors_header.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

using Buffer = std::vector<float>;

/// What keeps the bytes alive: the mapped file, and a buffer for each tensor that could not stay where it lay.
struct Storage {
  std::shared_ptr<const SafetensorsFile> file;
  std::deque<Buffer> buffers;  // a deque: what points into it stays where it is
};

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "(";
  for (const std::int64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + ")";
}

template <typename Half>
void convert(std::span<const std::byte> bytes, Buffer& out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, bytes.data() + i * sizeof bits, sizeof bits);
    out[i] = static_cast<float>(Eigen::numext::bit_cast<Half>(bits));
  }
}

/// Finds an encoder's tensors by name in a file.
class Loader {
 public:
  Loader(std::shared_ptr<const SafetensorsFile> file, const EncoderConfig& config)
      : storage_(std::make_shared<Storage>()), config_(config) {
    storage_->file = std::move(file);
    if (storage_->file->find("bert.embeddings.word_embeddings.weight") != nullptr) prefix_ = "bert.";
  }

  EncoderWeights load() {
    EncoderWeights weights{embeddings(), {}, storage_};
    for (std::int64_t layer = 0; layer < config_.num_layers; ++layer) weights.layers.push_back(encoder_layer(layer));
    refuse_further_layer();
    return weights;
  }

 private:
  EmbeddingWeights embeddings() {
    const std::int64_t d = config_.d_model;
    return {matrix("embeddings.word_embeddings.weight", config_.vocabulary_size, d),
            matrix("embeddings.position_embeddings.weight", config_.max_positions, d),
            matrix("embeddings.token_type_embeddings.weight", config_.num_token_types, d),
            layer_norm("embeddings.LayerNorm")};
  }

  EncoderLayerWeights encoder_layer(std::int64_t layer) {
    const std::string here = "encoder.layer." + std::to_string(layer) + ".";
    const std::int64_t d = config_.d_model;
    return {{linear(here + "attention.self.query", d, d), linear(here + "attention.self.key", d, d),
             linear(here + "attention.self.value", d, d), linear(here + "attention.output.dense", d, d)},
            layer_norm(here + "attention.output.LayerNorm"),
            {linear(here + "intermediate.dense", config_.d_ff, d), linear(here + "output.dense", d, config_.d_ff)},
            layer_norm(here + "output.LayerNorm")};
  }

  LinearWeights linear(const std::string& name, std::int64_t d_out, std::int64_t d_in) {
    return {matrix(name + ".weight", d_out, d_in), vector({name + ".bias"}, d_out)};
  }

  /// Checkpoints converted from TensorFlow keep its names, gamma and beta.
  LayerNormWeights layer_norm(const std::string& name) {
    return {vector({name + ".weight", name + ".gamma"}, config_.d_model),
            vector({name + ".bias", name + ".beta"}, config_.d_model)};
  }

  MatrixMap matrix(const std::string& name, std::int64_t rows, std::int64_t columns) {
    return {values({name}, {rows, columns}), rows, columns};
  }

  RowVectorMap vector(std::initializer_list<std::string> names, std::int64_t size) {
    return {values(names, {size}), size};
  }

  const float* values(std::initializer_list<std::string> names, const std::vector<std::int64_t>& shape) {
    const std::string& file = storage_->file->name();
    for (const std::string& name : names) {
      const TensorView* view = storage_->file->find(prefix_ + name);
      if (view == nullptr) continue;
      if (view->shape != shape) {
        throw Error(ErrorKind::kCorrupt, printable(file) + ": tensor \"" + prefix_ + name + "\" has the shape " +
                                             shape_text(view->shape) + ", but config.json asks for " +
                                             shape_text(shape));
      }
      return floats(*view, prefix_ + name);
    }
    throw Error(ErrorKind::kCorrupt, printable(file) + ": tensor \"" + prefix_ + *names.begin() + "\" of shape " +
                                         shape_text(shape) +
                                         " is missing; config.json asks for it, so the two do not belong together");
  }

  const float* floats(const TensorView& view, const std::string& name) {
    const auto address = reinterpret_cast<std::uintptr_t>(view.bytes.data());
    if (view.type == DataType::kFloat32 && address % alignof(float) == 0) {
      return reinterpret_cast<const float*>(view.bytes.data());
    }
    if (view.type != DataType::kFloat32 && view.type != DataType::kFloat16 && view.type != DataType::kBFloat16) {
      throw Error(ErrorKind::kUnsupported, printable(storage_->file->name()) + ": tensor \"" + name +
                                               "\" has the dtype " + std::string(data_type_name(view.type)) +
                                               "; riverbank reads weights of F32, F16 and BF16");
    }
    Buffer& buffer = storage_->buffers.emplace_back(view.bytes.size() / element_size(view.type));
    if (view.type == DataType::kFloat32) {
      std::memcpy(buffer.data(), view.bytes.data(), view.bytes.size());
    } else if (view.type == DataType::kFloat16) {
      convert<Eigen::half>(view.bytes, buffer);
    } else {
      convert<Eigen::bfloat16>(view.bytes, buffer);
    }
    return buffer.data();
  }

  /// A file with more layers than the config would give other vectors than its author's, without a word.
  void refuse_further_layer() const {
    const std::string further = prefix_ + "encoder.layer." + std::to_string(config_.num_layers) + ".";
    const auto& tensors = storage_->file->tensors();
    const auto found = tensors.lower_bound(further);
    if (found != tensors.end() && found->first.starts_with(further)) {
      throw Error(ErrorKind::kCorrupt, printable(storage_->file->name()) + " holds \"" + printable(found->first) +
                                           "\", but config.json says num_hidden_layers " +
                                           std::to_string(config_.num_layers) + "; the two do not belong together");
    }
  }

  std::shared_ptr<Storage> storage_;
  const EncoderConfig& config_;
  std::string prefix_;
};

/// Draws tensors one after the other, so that a seed means the same weights everywhere.
class Generator {
 public:
  Generator(const EncoderConfig& config, unsigned seed)
      : storage_(std::make_shared<Storage>()), config_(config), random_(seed) {}

  EncoderWeights generate() {
    const std::int64_t d = config_.d_model;
    const std::int64_t d_ff = config_.d_ff;
    EncoderWeights weights{{matrix(config_.vocabulary_size, d), matrix(config_.max_positions, d),
                            matrix(config_.num_token_types, d), layer_norm()},
                           {},
                           storage_};
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
    Buffer& buffer = storage_->buffers.emplace_back(static_cast<std::size_t>(count));
    for (float& value : buffer) value = normal(random_);
    return buffer.data();
  }

  MatrixMap matrix(std::int64_t rows, std::int64_t columns) { return {draw(rows * columns, 0), rows, columns}; }
  RowVectorMap vector(std::int64_t size, float mean) { return {draw(size, mean), size}; }
  LinearWeights linear(std::int64_t d_out, std::int64_t d_in) { return {matrix(d_out, d_in), vector(d_out, 0)}; }
  LayerNormWeights layer_norm() { return {vector(config_.d_model, 1), vector(config_.d_model, 0)}; }

  std::shared_ptr<Storage> storage_;
  const EncoderConfig& config_;
  std::mt19937 random_;
};

}  // namespace

EncoderWeights load_encoder_weights(std::shared_ptr<const SafetensorsFile> file, const EncoderConfig& config) {
  return Loader(std::move(file), config).load();
}

EncoderWeights random_encoder_weights(const EncoderConfig& config, unsigned seed) {
  return Generator(config, seed).generate();
}

}  // namespace riverbank
