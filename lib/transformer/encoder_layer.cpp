#include "lib/transformer/encoder_layer.h"

#include <fmt/format.h>

#include "lib/math/ops.h"
#include "riverbank/error.h"

namespace riverbank {

EncoderLayer::EncoderLayer(const EncoderLayerWeights& weights, const LayerSettings& settings)
    : attention_(weights.attention, settings.num_heads),
      attention_norm_(weights.attention_norm),
      feed_forward_(weights.feed_forward, settings.activation),
      output_norm_(weights.output_norm),
      epsilon_(settings.layer_norm_epsilon) {}

Matrix EncoderLayer::forward(const MatrixView& X, Observer& observer) const {
  if (X.cols() != attention_norm_.gamma.size()) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("EncoderLayer: X is {} and gamma is ({}); X must have d_model = {} columns.", shape_of(X),
                            attention_norm_.gamma.size(), attention_norm_.gamma.size()));
  }
  const Matrix A =
      layer_norm(X + attention_.forward(X, observer), attention_norm_.gamma, attention_norm_.beta, epsilon_);
  return layer_norm(A + feed_forward_.forward(A), output_norm_.gamma, output_norm_.beta, epsilon_);
}

}  // namespace riverbank
