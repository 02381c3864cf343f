#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/parallel.h"
#include "lib/engine/buffer.h"
#include "lib/engine/engine.h"
#include "lib/engine/linear.h"
#include "lib/engine/packed_weights.h"
#include "lib/math/kernels.h"

namespace riverbank {

/// An encoder with its weights in the form of one table of kernels: what all forward passes of a model read.
/// Shares the weights' storage. Any number of threads may read it.
class PackedEncoder {
 public:
  using Notice = std::function<void(const std::string& message)>;
  using ProductKernel = void (*)(const Product&);

  struct Layer {
    Linear query_key_value;
    Linear attention_output;
    LayerNormWeights attention_norm;
    Linear intermediate;
    Linear output;
    LayerNormWeights output_norm;
  };

  /// Maps what an earlier process packed, else packs with all threads of `pool` and leaves that to later processes.
  /// `identity` names the model and the form; without a model nothing is kept. Throws Error kInvalidArgument when there
  /// is no memory for the weights.
  PackedEncoder(const EncoderConfig& config, const EncoderWeights& weights, const Kernels& kernels,
                const PackedIdentity& identity, const Notice& notice, ThreadPool& pool);
  PackedEncoder(const PackedEncoder&) = delete;
  PackedEncoder& operator=(const PackedEncoder&) = delete;

  const EncoderConfig& config() const { return config_; }
  const Kernels& kernels() const { return kernels_; }
  const EmbeddingWeights& embeddings() const { return weights_.embeddings; }
  const std::vector<Layer>& layers() const { return layers_; }
  ProductKernel product_activation() const { return product_activation_; }

  /// d_model, d_ff and 3 d_model, rounded up to whole panels: floats from row to row.
  std::size_t model_columns() const { return layers_.front().output.columns(); }
  std::size_t inner_columns() const { return layers_.front().intermediate.columns(); }
  std::size_t qkv_columns() const { return layers_.front().query_key_value.columns(); }

  const PackedWeightsPlace& place() const { return place_; }

 private:
  std::vector<Linear*> linears();
  void get_weights(PackedIdentity identity, const Notice& notice, ThreadPool& pool);
  void pack(const std::vector<Linear*>& all, std::size_t bytes, ThreadPool& pool);

  EncoderConfig config_;
  EncoderWeights weights_;
  const Kernels& kernels_;
  ProductKernel product_activation_;
  std::vector<Layer> layers_;
  std::optional<PackedWeights> mapped_;  // what the linear layers' panels lie in, or else
  Buffer packed_;
  PackedWeightsPlace place_;
};

}  // namespace riverbank
