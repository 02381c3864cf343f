#include "lib/transformer/decoder_layer.h"

#include <fmt/format.h>

#include "lib/math/ops.h"
#include "riverbank/error.h"

namespace riverbank {

DecoderLayer::DecoderLayer(const DecoderLayerWeights& weights, const LayerSettings& settings)
    : self_attention_(weights.self_attention, settings.num_heads),
      self_attention_norm_(weights.self_attention_norm),
      cross_attention_(weights.cross_attention, settings.num_heads),
      cross_attention_norm_(weights.cross_attention_norm),
      feed_forward_(weights.feed_forward, settings.activation),
      output_norm_(weights.output_norm),
      epsilon_(settings.layer_norm_epsilon) {}

DecoderLayer::Cache DecoderLayer::start(const MatrixView& M) const {
  if (M.cols() != cross_attention_norm_.gamma.size()) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("DecoderLayer: M is {} and gamma is ({}); M must have d_model = {} columns.", shape_of(M),
                            cross_attention_norm_.gamma.size(), cross_attention_norm_.gamma.size()));
  }
  return {{}, std::make_shared<const KeysAndValues>(cross_attention_.keys_and_values(M))};
}

Matrix DecoderLayer::forward(const MatrixView& Y, Cache& cache, const DecoderObservers& observers) const {
  if (cache.source == nullptr || Y.cols() != cache.source->K.cols()) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("DecoderLayer: Y is {} and the source's keys are {}; both must have d_model columns, and "
                            "the cache must be one that start() made.",
                            shape_of(Y), cache.source == nullptr ? "missing" : shape_of(cache.source->K)));
  }
  cache.target.append(self_attention_.keys_and_values(Y));
  const Matrix A = layer_norm(Y + self_attention_.attend(Y, cache.target, Mask::causal(), observers.self_attention),
                              self_attention_norm_.gamma, self_attention_norm_.beta, epsilon_);
  const Matrix B = layer_norm(A + cross_attention_.attend(A, *cache.source, {}, observers.cross_attention),
                              cross_attention_norm_.gamma, cross_attention_norm_.beta, epsilon_);
  return layer_norm(B + feed_forward_.forward(B), output_norm_.gamma, output_norm_.beta, epsilon_);
}

}  // namespace riverbank
