#pragma once

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "lib/model/encoder_decoder.h"
#include "lib/model/safetensors.h"
#include "lib/transformer/encoder_decoder.h"

namespace riverbank::testing {

// The random weights, inputs and expected values of tests/golden/make_encoder_decoder_golden.py: torch's, not ours.

inline std::shared_ptr<const SafetensorsFile> encoder_decoder_golden() {
  static const auto file = SafetensorsFile::open(RIVERBANK_SOURCE_DIR "/tests/golden/encoder_decoder.safetensors");
  return file;
}

inline const TensorView& golden_tensor(const std::string& name) {
  const TensorView* tensor = encoder_decoder_golden()->find(name);
  if (tensor == nullptr) throw std::runtime_error("no golden tensor " + name);
  return *tensor;
}

/// All but the last dimension as rows: (L, heads, T, S) -> (L heads T, S).
inline Matrix golden_rows(const std::string& name) {
  const TensorView& tensor = golden_tensor(name);
  const auto numbers = static_cast<Eigen::Index>(tensor.bytes.size() / sizeof(float));
  Matrix matrix(numbers / tensor.shape.back(), tensor.shape.back());
  std::memcpy(matrix.data(), tensor.bytes.data(), tensor.bytes.size());
  return matrix;
}

inline std::vector<std::int32_t> golden_ids(const std::string& name) {
  const TensorView& tensor = golden_tensor(name);
  std::vector<std::int32_t> ids(tensor.bytes.size() / sizeof(std::int32_t));
  std::memcpy(ids.data(), tensor.bytes.data(), tensor.bytes.size());
  return ids;
}

inline EncoderDecoderConfig tiny_encoder_decoder_config() {
  EncoderDecoderConfig config;
  config.num_encoder_layers = 2;
  config.num_decoder_layers = 2;
  config.d_model = 16;
  config.num_heads = 4;
  config.d_ff = 24;
  config.max_positions = 16;
  config.source_vocabulary_size = 9;
  config.target_vocabulary_size = 6;
  config.begin_id = 0;
  config.end_id = 1;
  return config;
}

inline const EncoderDecoderWeights& tiny_encoder_decoder_weights() {
  static const EncoderDecoderWeights weights =
      load_encoder_decoder_weights(encoder_decoder_golden(), tiny_encoder_decoder_config());
  return weights;
}

inline const EncoderDecoder& tiny_encoder_decoder() {
  static const EncoderDecoder model(tiny_encoder_decoder_config(), tiny_encoder_decoder_weights());
  return model;
}

}  // namespace riverbank::testing
