#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace riverbank {

enum class Activation {
  kGelu,      ///< x Phi(x), exact, by erf (arXiv:1606.08415)
  kGeluTanh,  ///< its tanh approximation, transformers' "gelu_new" and "gelu_pytorch_tanh"
  kRelu,
};

/// What a layer needs to know besides its weights.
struct LayerSettings {
  std::int64_t num_heads = 0;
  Activation activation = Activation::kGelu;
  float layer_norm_epsilon = 1e-12F;
};

/// The sizes of a BERT-family encoder, from its config.json. All are checked against the limits in config.cpp.
struct EncoderConfig {
  std::string model_type;       ///< "bert"
  std::int64_t num_layers = 0;  ///< L
  std::int64_t d_model = 0;
  std::int64_t num_heads = 0;
  std::int64_t d_ff = 0;
  std::int64_t vocabulary_size = 0;
  std::int64_t max_positions = 0;
  std::int64_t num_token_types = 0;
  Activation activation = Activation::kGelu;
  float layer_norm_epsilon = 1e-12F;

  std::int64_t d_k() const { return d_model / num_heads; }
  LayerSettings layer() const { return {num_heads, activation, layer_norm_epsilon}; }
};

/// Reads the text of a config.json; `name` is what messages call it. Throws Error: kCorrupt (a field missing, of the
/// wrong type or out of range, named), kUnsupported (another model type, activation or kind of position, named).
EncoderConfig parse_encoder_config(std::string_view json, const std::string& name);

/// The text of a config.json that says the same: parse_encoder_config() gives back equal numbers.
std::string format_encoder_config(const EncoderConfig& config);

enum class Pooling {
  kCls,   ///< the vector of [CLS]
  kMean,  ///< the mean over all tokens, [CLS] and [SEP] included
};

/// How token vectors become a text's vector, and what goes in front of a text.
struct EmbeddingConfig {
  Pooling pooling = Pooling::kMean;
  std::int64_t max_tokens = 512;  ///< [CLS] and [SEP] included
  std::string query_prompt;       ///< put before a question, with its own trailing space
  std::string passage_prompt;     ///< put before a passage
  bool lowercase = false;         ///< texts are lower-cased first: nothing to do for an uncased vocabulary
};

/// The most that the small JSON files of a model may hold, in bytes.
inline constexpr std::uint64_t kMostConfigBytes = std::uint64_t{1} << 20U;

/// Reads modules.json, 1_Pooling/config.json, sentence_bert_config.json and config_sentence_transformers.json of a
/// folder (sentence-transformers' layout), each where present; what none of them says is `fallback`'s. max_tokens never
/// exceeds config.max_positions. Vectors are made unit vectors with or without a Normalize module.
/// Throws Error: kCorrupt, kUnsupported (another pooling, a Dense module, a similarity that needs the vectors' lengths;
/// named), kIo.
EmbeddingConfig read_embedding_config(const std::filesystem::path& folder, const EncoderConfig& config,
                                      const EmbeddingConfig& fallback);

/// The paths below `folder` of the files that read_embedding_config() would read there. Throws as it does.
std::vector<std::filesystem::path> embedding_config_files(const std::filesystem::path& folder);

/// Path below a model's folder -> text, such that read_embedding_config() gives back the same, and
/// sentence-transformers reads them too.
std::map<std::string, std::string> format_embedding_config(const EmbeddingConfig& embedding,
                                                           const EncoderConfig& config);

}  // namespace riverbank
