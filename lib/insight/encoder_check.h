#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/embed/encoder_choice.h"
#include "lib/engine/engine.h"

namespace riverbank {

struct Model;

/// What runs for a model, and how near its vectors are to those of the readable encoder on the same weights.
struct EncoderCheck {
  EncoderChoice choice;
  PackedWeightsPlace packed_weights;
  double cosine = 0;  ///< the lowest of a few texts'
  double limit = 0;   ///< below it something is broken: the kernels, the processor or the packed weights
  bool is_right() const { return cosine >= limit; }
};

/// Encodes a few texts with what Embedder would choose, and plainly. The limits: float32 0.9999, bf16 0.998, int8 0.99.
/// `notice` is told what EmbedderOptions::notice is. Throws what choose_encoder() and Engine throw.
EncoderCheck check_encoder(const Model& model, const std::function<void(const std::string&)>& notice);

}  // namespace riverbank
