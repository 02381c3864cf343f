#include "lib/model/encoder_decoder.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "lib/base/file.h"
#include "lib/base/printable.h"
#include "lib/model/json_fields.h"
#include "lib/model/safetensors.h"
#include "lib/model/tensor_reader.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

// What a file may claim: far above what this kind of model is for, far below what could overflow a product.
constexpr std::int64_t kMostTranslatorLayers = 64;
constexpr std::int64_t kMostTranslatorModelWidth = 4096;
constexpr std::int64_t kMostTranslatorInnerWidth = 65'536;
constexpr std::int64_t kMostTranslatorPositions = 4096;
constexpr std::size_t kMostTranslatorWords = 65'536;

constexpr const char* kModelType = "encoder-decoder";
constexpr const char* kBeginToken = "[BOS]";
constexpr const char* kEndToken = "[EOS]";

/// The tensors of encoder_decoder.h by their names.
class EncoderDecoderLoader {
 public:
  EncoderDecoderLoader(const std::shared_ptr<const SafetensorsFile>& file, const EncoderDecoderConfig& config)
      : reader_(file), config_(config) {}

  EncoderDecoderWeights load() {
    EncoderDecoderWeights weights{
        reader_.matrix("source_embedding.weight", config_.source_vocabulary_size, config_.d_model),
        reader_.matrix("target_embedding.weight", config_.target_vocabulary_size, config_.d_model),
        {},
        {},
        reader_.storage()};
    for (std::int64_t i = 0; i < config_.num_encoder_layers; ++i) weights.encoder.push_back(encoder_layer(i));
    for (std::int64_t i = 0; i < config_.num_decoder_layers; ++i) weights.decoder.push_back(decoder_layer(i));
    refuse_further_layer("encoder", config_.num_encoder_layers);
    refuse_further_layer("decoder", config_.num_decoder_layers);
    return weights;
  }

 private:
  EncoderLayerWeights encoder_layer(std::int64_t layer) {
    const std::string here = "encoder." + std::to_string(layer) + ".";
    return {attention(here + "self_attention"), norm(here + "self_attention"), feed_forward(here + "feed_forward"),
            norm(here + "feed_forward")};
  }

  DecoderLayerWeights decoder_layer(std::int64_t layer) {
    const std::string here = "decoder." + std::to_string(layer) + ".";
    return {attention(here + "self_attention"),  norm(here + "self_attention"),
            attention(here + "cross_attention"), norm(here + "cross_attention"),
            feed_forward(here + "feed_forward"), norm(here + "feed_forward")};
  }

  AttentionWeights attention(const std::string& name) {
    const auto square = [&](const char* which) {
      return reader_.linear(name + which, config_.d_model, config_.d_model);
    };
    return {square(".query"), square(".key"), square(".value"), square(".output")};
  }

  FeedForwardWeights feed_forward(const std::string& name) {
    return {reader_.linear(name + ".inner", config_.d_ff, config_.d_model),
            reader_.linear(name + ".outer", config_.d_model, config_.d_ff)};
  }

  LayerNormWeights norm(const std::string& name) { return reader_.layer_norm(name + ".norm", config_.d_model); }

  void refuse_further_layer(const std::string& stack, std::int64_t count) const {
    reader_.refuse_tensors_of(stack + "." + std::to_string(count) + ".",
                              "num_" + stack + "_layers " + std::to_string(count));
  }

  TensorReader reader_;
  const EncoderDecoderConfig& config_;
};

EncoderDecoderConfig read_sizes(const std::filesystem::path& file) {
  const nlohmann::json parsed = parse_json(read_file(file, kMostConfigBytes), file.string());
  const JsonFields fields(parsed, file.string());
  const std::string type = fields.text("model_type");
  if (type != kModelType) {
    throw Error(ErrorKind::kUnsupported, printable(file.string()) + ": a model of type \"" + printable(type) +
                                             "\" cannot translate; its model_type must be \"" + kModelType + "\"");
  }
  EncoderDecoderConfig config;
  config.num_encoder_layers = fields.integer("num_encoder_layers", 1, kMostTranslatorLayers);
  config.num_decoder_layers = fields.integer("num_decoder_layers", 1, kMostTranslatorLayers);
  config.d_model = fields.integer("d_model", 2, kMostTranslatorModelWidth);
  config.num_heads = fields.integer("num_heads", 1, config.d_model);
  config.d_ff = fields.integer("d_ff", 1, kMostTranslatorInnerWidth);
  config.max_positions = fields.integer("max_positions", 2, kMostTranslatorPositions);
  if (config.d_model % 2 != 0) fields.refuse("d_model", "even: sinusoidal positions come in pairs");
  if (config.d_model % config.num_heads != 0) fields.refuse("num_heads", "a divisor of d_model");
  if (fields.text("activation") != "relu") fields.refuse("activation", "\"relu\"");
  config.layer_norm_epsilon = static_cast<float>(fields.optional_number("layer_norm_epsilon").value_or(-1));
  if (!(config.layer_norm_epsilon > 0.0F) || !(config.layer_norm_epsilon < 1.0F)) {
    fields.refuse("layer_norm_epsilon", "a number above 0 and below 1");
  }
  return config;
}

WordList read_words(const JsonFields& fields, const char* side) {
  const nlohmann::json* words = fields.find(side);
  if (words == nullptr || !words->is_array() || words->size() > kMostTranslatorWords ||
      !std::all_of(words->begin(), words->end(), [](const nlohmann::json& word) { return word.is_string(); })) {
    fields.refuse(side, "a list of up to " + std::to_string(kMostTranslatorWords) + " words");
  }
  return {words->get<std::vector<std::string>>(), fields.name()};
}

std::int32_t special_id(const WordList& words, const char* token, const std::string& name) {
  const std::int32_t id = words.id(token);
  if (id < 0) throw Error(ErrorKind::kCorrupt, printable(name) + ": the token " + token + " is missing");
  return id;
}

}  // namespace

EncoderDecoderWeights load_encoder_decoder_weights(const std::shared_ptr<const SafetensorsFile>& file,
                                                   const EncoderDecoderConfig& config) {
  return EncoderDecoderLoader(file, config).load();
}

WordList::WordList(std::vector<std::string> words, const std::string& name) : words_(std::move(words)) {
  for (const std::string& word : words_) {
    if (!ids_.emplace(word, static_cast<std::int32_t>(ids_.size())).second) {
      throw Error(ErrorKind::kCorrupt, printable(name) + ": the word \"" + printable(word) + "\" is there twice");
    }
  }
}

std::int32_t WordList::id(std::string_view word) const {
  const auto found = ids_.find(word);
  return found == ids_.end() ? -1 : found->second;
}

TranslationModel load_translation_model(const std::filesystem::path& folder) {
  EncoderDecoderConfig config = read_sizes(folder / "config.json");
  const std::string name = (folder / "vocabulary.json").string();
  const nlohmann::json parsed = parse_json(read_file(name, kMostConfigBytes), name);
  const JsonFields fields(parsed, name);
  WordList source = read_words(fields, "source");
  WordList target = read_words(fields, "target");
  special_id(source, kEndToken, name);
  config.begin_id = special_id(target, kBeginToken, name);
  config.end_id = special_id(target, kEndToken, name);
  config.source_vocabulary_size = static_cast<std::int64_t>(source.size());
  config.target_vocabulary_size = static_cast<std::int64_t>(target.size());
  EncoderDecoderWeights weights =
      load_encoder_decoder_weights(SafetensorsFile::open(folder / "model.safetensors"), config);
  return {config, std::move(source), std::move(target), std::move(weights)};
}

}  // namespace riverbank
