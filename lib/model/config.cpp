#include "lib/model/config.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "lib/base/printable.h"
#include "lib/model/json_fields.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

// What a file may claim. Far above every BERT there is, far below what could overflow a product or fill the memory
// before the weights' own sizes contradict it.
constexpr std::int64_t kMostLayers = 512;
constexpr std::int64_t kMostModelWidth = 65'536;
constexpr std::int64_t kMostInnerWidth = 1'048'576;
constexpr std::int64_t kMostVocabulary = 16'777'216;
constexpr std::int64_t kMostPositions = 1'048'576;
constexpr std::int64_t kMostTokenTypes = 1024;

[[noreturn]] void unsupported(const JsonFields& fields, const std::string& what) {
  throw Error(ErrorKind::kUnsupported, printable(fields.name()) + ": " + what);
}

void require_bert(const JsonFields& fields, const std::string& model_type) {
  if (model_type != "bert") {
    unsupported(fields, "a model of type \"" + printable(model_type) +
                            "\" is not supported; riverbank runs encoders whose model_type is \"bert\"");
  }
  const std::string positions = fields.optional_text("position_embedding_type").value_or("absolute");
  if (positions != "absolute") {
    unsupported(fields, "position_embedding_type \"" + printable(positions) +
                            "\" is not supported; riverbank runs models with absolute positions");
  }
  for (const char* key : {"is_decoder", "add_cross_attention", "is_encoder_decoder"}) {
    if (fields.optional_bool(key).value_or(false)) {
      unsupported(fields, std::string(key) + " is true; riverbank runs encoders only");
    }
  }
  const nlohmann::json* pruned = fields.find("pruned_heads");
  if (pruned != nullptr && !pruned->empty()) unsupported(fields, "pruned_heads are not supported");
  if (fields.find("quantization_config") != nullptr) {
    unsupported(fields,
                "quantised weights (quantization_config) are not supported; use the float32, float16 or "
                "bfloat16 weights of this model");
  }
}

/// transformers' names, activations.py.
Activation activation_of(const JsonFields& fields) {
  const std::string name = fields.optional_text("hidden_act").value_or("gelu");
  if (name == "gelu") return Activation::kGelu;
  if (name == "gelu_new" || name == "gelu_pytorch_tanh") return Activation::kGeluTanh;
  if (name == "relu") return Activation::kRelu;
  unsupported(fields, "hidden_act \"" + printable(name) +
                          "\" is not supported; riverbank knows gelu, gelu_new, gelu_pytorch_tanh and relu");
}

float epsilon_of(const JsonFields& fields) {
  constexpr double kBertEpsilon = 1e-12;
  const double epsilon = fields.optional_number("layer_norm_eps").value_or(kBertEpsilon);
  const auto rounded = static_cast<float>(epsilon);
  if (!std::isfinite(epsilon) || !(rounded > 0.0F) || !(rounded < 1.0F)) {
    fields.refuse("layer_norm_eps", "a number above 0 and below 1");
  }
  return rounded;
}

}  // namespace

EncoderConfig parse_encoder_config(std::string_view json, const std::string& name) {
  const nlohmann::json parsed = parse_json(json, name);
  const JsonFields fields(parsed, name);
  EncoderConfig config;
  config.model_type = fields.text("model_type");
  require_bert(fields, config.model_type);
  config.num_layers = fields.integer("num_hidden_layers", 1, kMostLayers);
  config.d_model = fields.integer("hidden_size", 1, kMostModelWidth);
  config.num_heads = fields.integer("num_attention_heads", 1, kMostModelWidth);
  if (config.d_model % config.num_heads != 0) {
    throw Error(ErrorKind::kCorrupt, printable(name) + ": hidden_size " + std::to_string(config.d_model) +
                                         " must be a multiple of num_attention_heads " +
                                         std::to_string(config.num_heads));
  }
  config.d_ff = fields.integer("intermediate_size", 1, kMostInnerWidth);
  config.vocabulary_size = fields.integer("vocab_size", 1, kMostVocabulary);
  config.max_positions = fields.integer("max_position_embeddings", 2, kMostPositions);
  config.num_token_types = fields.optional_integer("type_vocab_size", 1, kMostTokenTypes).value_or(2);
  config.activation = activation_of(fields);
  config.layer_norm_epsilon = epsilon_of(fields);
  return config;
}

std::string format_encoder_config(const EncoderConfig& config) {
  nlohmann::ordered_json json;
  json["architectures"] = {"BertModel"};
  json["model_type"] = config.model_type;
  json["num_hidden_layers"] = config.num_layers;
  json["hidden_size"] = config.d_model;
  json["num_attention_heads"] = config.num_heads;
  json["intermediate_size"] = config.d_ff;
  json["vocab_size"] = config.vocabulary_size;
  json["max_position_embeddings"] = config.max_positions;
  json["type_vocab_size"] = config.num_token_types;
  json["hidden_act"] = config.activation == Activation::kGelu       ? "gelu"
                       : config.activation == Activation::kGeluTanh ? "gelu_new"
                                                                    : "relu";
  json["layer_norm_eps"] = config.layer_norm_epsilon;
  json["position_embedding_type"] = "absolute";
  return json.dump(2) + "\n";
}

}  // namespace riverbank
