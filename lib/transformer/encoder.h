#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lib/math/matrix.h"
#include "lib/model/config.h"
#include "lib/model/weights.h"
#include "lib/transformer/embeddings.h"
#include "lib/transformer/encoder_layer.h"
#include "lib/transformer/observer.h"

namespace riverbank {

/// The encoder of "Attention Is All You Need" as BERT uses it, written to be read: one text at a time, float32, one
/// thread. lib/engine computes the same numbers fast and is tested against this. Immutable, any thread.
class Encoder {
 public:
  /// Keeps the weights' storage alive. Throws Error kInvalidArgument when they do not fit each other or the config.
  Encoder(const EncoderConfig& config, const EncoderWeights& weights);

  /// ids (T), type_ids (T) -> the last layer's hidden states (T, d_model). The observer sees every layer's, and every
  /// head. Throws Error kInvalidArgument for an id, type or length that the model does not have.
  Matrix forward(std::span<const std::int32_t> ids, std::span<const std::int32_t> type_ids, Observer& observer) const;

  /// The same, unobserved.
  Matrix forward(std::span<const std::int32_t> ids, std::span<const std::int32_t> type_ids) const;

 private:
  EncoderWeights weights_;
  InputEmbeddings embeddings_;
  std::vector<EncoderLayer> layers_;
};

}  // namespace riverbank
