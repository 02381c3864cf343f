#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/math/matrix.h"
#include "lib/model/config.h"
#include "lib/model/weights.h"

namespace riverbank {

/// The sizes of a transformer with an encoder and a decoder, figure 1 of "Attention Is All You Need".
struct EncoderDecoderConfig {
  std::int64_t num_encoder_layers = 0;
  std::int64_t num_decoder_layers = 0;
  std::int64_t d_model = 0;
  std::int64_t num_heads = 0;
  std::int64_t d_ff = 0;
  std::int64_t max_positions = 0;  ///< tokens read: a source with [EOS]; a target with [BOS], without its last
  std::int64_t source_vocabulary_size = 0;
  std::int64_t target_vocabulary_size = 0;
  std::int32_t begin_id = 0;  ///< [BOS], which stands before a target's first token
  std::int32_t end_id = 0;    ///< [EOS], which ends it
  Activation activation = Activation::kRelu;
  float layer_norm_epsilon = 1e-5F;

  LayerSettings layer() const { return {num_heads, activation, layer_norm_epsilon}; }
};

struct DecoderLayerWeights {
  AttentionWeights self_attention;
  LayerNormWeights self_attention_norm;
  AttentionWeights cross_attention;
  LayerNormWeights cross_attention_norm;
  FeedForwardWeights feed_forward;
  LayerNormWeights output_norm;
};

/// All weights of an encoder-decoder in float32. Copies share the storage. Immutable, any thread.
struct EncoderDecoderWeights {
  MatrixMap source_embedding{nullptr, 0, 0};  ///< (source_vocabulary_size, d_model)
  MatrixMap target_embedding{nullptr, 0, 0};  ///< (target_vocabulary_size, d_model), also the layer before the softmax
  std::vector<EncoderLayerWeights> encoder;
  std::vector<DecoderLayerWeights> decoder;
  std::shared_ptr<const void> storage;
};

/// The tensors by these names, each checked against the config:
///
///     source_embedding.weight  target_embedding.weight
///     encoder.N.self_attention.{query,key,value,output,norm}.{weight,bias}
///     encoder.N.feed_forward.{inner,outer,norm}.{weight,bias}
///     decoder.N. the same, and cross_attention
///
/// Throws Error kCorrupt (missing, misshapen or too many, named), kUnsupported (not F32, F16, BF16).
EncoderDecoderWeights load_encoder_decoder_weights(const std::shared_ptr<const SafetensorsFile>& file,
                                                   const EncoderDecoderConfig& config);

/// The words of a language that a model knows, one an id. Immutable, any thread.
class WordList {
 public:
  /// Throws Error kCorrupt for a word that is there twice; `name` is what messages call the file.
  WordList(std::vector<std::string> words, const std::string& name);

  std::size_t size() const { return words_.size(); }
  /// Throws nothing: ids come from the model.
  const std::string& word(std::int32_t id) const { return words_[static_cast<std::size_t>(id)]; }
  /// -1 for a word that it does not know.
  std::int32_t id(std::string_view word) const;

 private:
  std::vector<std::string> words_;
  std::map<std::string, std::int32_t, std::less<>> ids_;
};

/// A translation model as loaded from its folder. Immutable, any thread.
struct TranslationModel {
  EncoderDecoderConfig config;
  WordList source, target;
  EncoderDecoderWeights weights;
};

/// Reads config.json (sizes), vocabulary.json ({"source": [words], "target": [words]}; [EOS] is in both, [BOS] in the
/// target's) and model.safetensors. Throws Error: kNotFound, kCorrupt, kUnsupported, kIo.
TranslationModel load_translation_model(const std::filesystem::path& folder);

}  // namespace riverbank
