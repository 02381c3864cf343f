#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <system_error>

#include "lib/base/file.h"
#include "lib/base/printable.h"
#include "lib/model/config.h"
#include "lib/model/json_fields.h"
#include "riverbank/error.h"

// The files that sentence-transformers writes beside a model (its Transformer.py, Pooling.py, SentenceTransformer.py):
//
//   modules.json                        [{"idx", "name", "path", "type"}], applied one after the other
//   1_Pooling/config.json               {"pooling_mode_cls_token": bool, …} or {"pooling_mode": "cls"}
//   sentence_bert_config.json           {"max_seq_length", "do_lower_case"}
//   config_sentence_transformers.json   {"prompts": {name: text}, "default_prompt_name", "similarity_fn_name"}

namespace riverbank {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kModulesFile = "modules.json";
constexpr const char* kPoolingFile = "config.json";
constexpr const char* kLimitFile = "sentence_bert_config.json";
constexpr const char* kPromptsFile = "config_sentence_transformers.json";

[[noreturn]] void unsupported(const std::string& file, const std::string& what) {
  throw Error(ErrorKind::kUnsupported, printable(file) + ": " + what);
}

json read_json(const fs::path& file) { return parse_json(read_file(file, kMostConfigBytes), file.string()); }

/// What modules.json asks for.
struct Modules {
  fs::path pooling = "1_Pooling";  ///< the folder of the pooling module
  bool has_pooling = false;
  bool normalizes = false;
};

/// A folder that modules.json names, which must not lead out of the model's own.
fs::path subfolder(const std::string& path, const std::string& file) {
  fs::path relative(path);
  const bool climbs = std::ranges::any_of(relative, [](const fs::path& part) { return part == ".."; });
  if (relative.is_absolute() || climbs || path.find('\0') != std::string::npos) {
    throw Error(ErrorKind::kCorrupt,
                printable(file) + ": the path \"" + printable(path) + "\" leads out of the model's folder");
  }
  return relative;
}

Modules read_modules(const fs::path& path) {
  const std::string file = path.string();
  const json list = read_json(path);
  if (!list.is_array() || list.empty()) {
    throw Error(ErrorKind::kCorrupt, printable(file) + " must be a list of modules");
  }
  Modules modules;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const JsonFields fields(list[i], file + ", module " + std::to_string(i));
    const std::string type = fields.text("type");
    const std::string folder = fields.optional_text("path").value_or("");
    const std::string_view last = std::string_view(type).substr(type.rfind('.') + 1);
    if (!type.starts_with("sentence_transformers.")) {
      unsupported(file,
                  "the module \"" + printable(type) + "\" is code of the model's own, which riverbank cannot run");
    }
    if (i == 0 && last == "Transformer") {
      if (!folder.empty()) {
        unsupported(file, "the encoder stands in the subfolder \"" + printable(folder) +
                              "\"; riverbank reads models whose config.json stands beside modules.json");
      }
    } else if (i == 1 && last == "Pooling") {
      modules.has_pooling = true;
      modules.pooling = subfolder(folder, file);
    } else if (i == 2 && last == "Normalize") {
      modules.normalizes = true;
    } else {
      unsupported(file, "module " + std::to_string(i) + " is \"" + printable(type) +
                            "\"; riverbank runs a Transformer, then a Pooling, then perhaps a Normalize");
    }
  }
  if (!modules.has_pooling) unsupported(file, "there is no Pooling module, so a text has no one vector");
  return modules;
}

/// The one mode that is switched on; "a and b" when there are several, which no caller knows.
std::string pooling_mode(const JsonFields& fields) {
  if (auto mode = fields.optional_text("pooling_mode")) return *std::move(mode);
  constexpr std::array<std::pair<const char*, const char*>, 7> kModes = {{
      {"pooling_mode_cls_token", "cls"},
      {"pooling_mode_mean_tokens", "mean"},
      {"pooling_mode_max_tokens", "max"},
      {"pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len"},
      {"pooling_mode_weightedmean_tokens", "weightedmean"},
      {"pooling_mode_lasttoken", "lasttoken"},
      {"pooling_mode_weighted_mean_tokens", "weightedmean"},
  }};
  std::string mode;
  for (const auto& [key, name] : kModes) {
    if (fields.optional_bool(key).value_or(false)) mode += (mode.empty() ? "" : " and ") + std::string(name);
  }
  if (mode.empty()) fields.refuse("pooling_mode_mean_tokens", "true, unless another pooling mode is");
  return mode;
}

/// Returns whether the prompt's tokens count in the pooling.
bool read_pooling(const fs::path& path, const EncoderConfig& config, EmbeddingConfig& embedding) {
  const json parsed = read_json(path);
  const JsonFields fields(parsed, path.string());
  const std::string mode = pooling_mode(fields);
  if (mode != "cls" && mode != "mean") {
    unsupported(path.string(), "pooling \"" + printable(mode) + "\" is not supported; riverbank knows cls and mean");
  }
  embedding.pooling = mode == "cls" ? Pooling::kCls : Pooling::kMean;
  for (const char* key : {"word_embedding_dimension", "embedding_dimension"}) {
    const auto width = fields.optional_integer(key, 1, std::numeric_limits<std::int32_t>::max());
    if (width && *width != config.d_model) {
      fields.refuse(key, "the encoder's hidden_size " + std::to_string(config.d_model));
    }
  }
  return fields.optional_bool("include_prompt").value_or(true);
}

void read_limit(const fs::path& path, EmbeddingConfig& embedding) {
  const json parsed = read_json(path);
  const JsonFields fields(parsed, path.string());
  constexpr std::int64_t kLeastTokens = 3;  // [CLS], one piece, [SEP]
  const auto limit = fields.optional_integer("max_seq_length", kLeastTokens, std::numeric_limits<std::int32_t>::max());
  embedding.max_tokens = limit.value_or(embedding.max_tokens);
  embedding.lowercase = fields.optional_bool("do_lower_case").value_or(embedding.lowercase);
}

/// The prompt for one kind of text: the first of `names` that there is, else the default one.
std::optional<std::string> prompt_of(const JsonFields& prompts, std::initializer_list<const char*> names,
                                     const std::optional<std::string>& default_name) {
  for (const char* name : names) {
    if (auto prompt = prompts.optional_text(name)) return prompt;
  }
  return default_name ? prompts.optional_text(*default_name) : std::nullopt;
}

void read_prompts(const fs::path& path, bool normalizes, EmbeddingConfig& embedding) {
  const json parsed = read_json(path);
  const JsonFields fields(parsed, path.string());
  const std::string similarity = fields.optional_text("similarity_fn_name").value_or("cosine");
  if (similarity != "cosine" && !normalizes) {
    unsupported(path.string(), "similarity_fn_name \"" + printable(similarity) +
                                   "\" needs vectors that are not normalised; riverbank compares by cosine");
  }
  const json* prompts = fields.find("prompts");
  if (prompts == nullptr) return;
  const JsonFields named(*prompts, path.string() + ": prompts");
  const auto default_name = fields.optional_text("default_prompt_name");
  if (default_name && named.find(*default_name) == nullptr) {
    fields.refuse("default_prompt_name", "the name of one of the prompts");
  }
  embedding.query_prompt = prompt_of(named, {"query"}, default_name).value_or(embedding.query_prompt);
  embedding.passage_prompt =
      prompt_of(named, {"document", "passage", "corpus"}, default_name).value_or(embedding.passage_prompt);
}

}  // namespace

std::vector<fs::path> embedding_config_files(const fs::path& folder) {
  Modules modules;
  if (is_there(folder / kModulesFile)) modules = read_modules(folder / kModulesFile);
  std::vector<fs::path> files;
  for (const fs::path& file :
       {fs::path(kModulesFile), modules.pooling / kPoolingFile, fs::path(kLimitFile), fs::path(kPromptsFile)}) {
    if (is_there(folder / file)) files.push_back(file.lexically_normal());
  }
  return files;
}

std::map<std::string, std::string> format_embedding_config(const EmbeddingConfig& embedding,
                                                           const EncoderConfig& config) {
  using nlohmann::ordered_json;
  ordered_json modules = ordered_json::array();
  const auto add_module = [&](const std::string& path, const std::string& type) {
    const std::size_t index = modules.size();
    modules.push_back({{"idx", index},
                       {"name", std::to_string(index)},
                       {"path", path},
                       {"type", "sentence_transformers.models." + type}});
  };
  add_module("", "Transformer");
  add_module("1_Pooling", "Pooling");
  add_module("2_Normalize", "Normalize");
  const ordered_json pooling = {{"word_embedding_dimension", config.d_model},
                                {"pooling_mode_cls_token", embedding.pooling == Pooling::kCls},
                                {"pooling_mode_mean_tokens", embedding.pooling == Pooling::kMean},
                                {"pooling_mode_max_tokens", false},
                                {"pooling_mode_mean_sqrt_len_tokens", false}};
  const ordered_json limit = {{"max_seq_length", embedding.max_tokens}, {"do_lower_case", embedding.lowercase}};
  const ordered_json prompts = {
      {"prompts", {{"query", embedding.query_prompt}, {"document", embedding.passage_prompt}}},
      {"default_prompt_name", nullptr},
      {"similarity_fn_name", "cosine"}};
  const auto text = [](const ordered_json& json) { return json.dump(2) + "\n"; };
  return {{kModulesFile, text(modules)},
          {std::string("1_Pooling/") + kPoolingFile, text(pooling)},
          {kLimitFile, text(limit)},
          {kPromptsFile, text(prompts)}};
}

EmbeddingConfig read_embedding_config(const fs::path& folder, const EncoderConfig& config,
                                      const EmbeddingConfig& fallback) {
  EmbeddingConfig embedding = fallback;
  Modules modules;
  if (is_there(folder / kModulesFile)) modules = read_modules(folder / kModulesFile);
  bool includes_prompt = true;
  const fs::path pooling = folder / modules.pooling / kPoolingFile;
  if (modules.has_pooling || is_there(pooling)) includes_prompt = read_pooling(pooling, config, embedding);
  const fs::path limit = folder / kLimitFile;
  if (is_there(limit)) read_limit(limit, embedding);
  const fs::path prompts = folder / kPromptsFile;
  if (is_there(prompts)) read_prompts(prompts, modules.normalizes, embedding);
  embedding.max_tokens = std::min(embedding.max_tokens, config.max_positions);
  const bool has_prompt = !embedding.query_prompt.empty() || !embedding.passage_prompt.empty();
  if (!includes_prompt && has_prompt && embedding.pooling == Pooling::kMean) {
    unsupported(pooling.string(), "include_prompt is false; riverbank's mean takes the prompt's tokens in");
  }
  return embedding;
}

}  // namespace riverbank
