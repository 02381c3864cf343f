#pragma once

#include <memory>
#include <vector>

#include "lib/math/matrix.h"
#include "lib/model/config.h"

namespace riverbank {

class SafetensorsFile;

/// y = x W^T + b, as checkpoints keep it: weight (d_out, d_in), bias (d_out).
struct LinearWeights {
  MatrixMap weight{nullptr, 0, 0};
  RowVectorMap bias{nullptr, 0};
};

struct LayerNormWeights {
  RowVectorMap gamma{nullptr, 0};  ///< "weight" (d_model)
  RowVectorMap beta{nullptr, 0};   ///< "bias" (d_model)
};

struct EmbeddingWeights {
  MatrixMap word{nullptr, 0, 0};        ///< (vocabulary_size, d_model)
  MatrixMap position{nullptr, 0, 0};    ///< (max_positions, d_model)
  MatrixMap token_type{nullptr, 0, 0};  ///< (num_token_types, d_model)
  LayerNormWeights norm;
};

/// Each (d_model, d_model), (d_out, d_in): head i is rows [i d_k, (i + 1) d_k) of the first three, columns of W_O.
struct AttentionWeights {
  LinearWeights query, key, value;
  LinearWeights output;
};

struct FeedForwardWeights {
  LinearWeights inner;  ///< W_1 (d_ff, d_model)
  LinearWeights outer;  ///< W_2 (d_model, d_ff)
};

struct EncoderLayerWeights {
  AttentionWeights attention;
  LayerNormWeights attention_norm;
  FeedForwardWeights feed_forward;
  LayerNormWeights output_norm;
};

/// All weights of an encoder in float32, where they lie: in the mapped file when it holds float32, else in a buffer
/// converted once. Copies share the storage. Immutable, any thread.
struct EncoderWeights {
  EmbeddingWeights embeddings;
  std::vector<EncoderLayerWeights> layers;
  std::shared_ptr<const void> storage;
};

/// Finds every tensor under its transformers name (with or without "bert." in front), checks its shape against the
/// config and its type (float32, float16, bfloat16). Throws Error kCorrupt (missing or misshapen, named), kUnsupported.
EncoderWeights load_encoder_weights(const std::shared_ptr<const SafetensorsFile>& file, const EncoderConfig& config);

/// Reproducible random weights of any size, made in memory: the unit tests' model. Normal, sigma 0.02 as BERT starts;
/// layer norms near 1 and 0, biases small and not zero, so that no term can be forgotten.
EncoderWeights random_encoder_weights(const EncoderConfig& config, unsigned seed);

}  // namespace riverbank
