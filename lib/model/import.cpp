#include <algorithm>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/base/printable.h"
#include "lib/model/catalogue.h"
#include "lib/model/config.h"
#include "lib/model/model.h"
#include "lib/model/new_model.h"
#include "lib/model/onnx_weights.h"
#include "lib/model/safetensors.h"
#include "riverbank/error.h"
#include "riverbank/model.h"

namespace riverbank {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfigFile = "config.json";
constexpr const char* kTokenizerFiles[] = {"tokenizer.json", "vocab.txt", "tokenizer_config.json"};

[[noreturn]] void invalid(const std::string& message) { throw Error(ErrorKind::kInvalidArgument, message); }

/// An .onnx file and the tokenizer's files that belong to it.
struct OnnxSource {
  fs::path onnx;
  std::vector<fs::path> tokenizer;
};

OnnxSource sort_out(const std::vector<fs::path>& paths) {
  OnnxSource source;
  for (const fs::path& path : paths) {
    const std::string file = path.filename().string();
    if (!is_there(path)) throw Error(ErrorKind::kNotFound, "there is no file " + printable(path.string()));
    if (is_folder(path)) invalid(printable(path.string()) + " is a folder; import one folder, or the files of a model");
    if (path.extension() == ".onnx") {
      if (!source.onnx.empty()) invalid("two .onnx files were given; import one model at a time");
      source.onnx = path;
    } else if (std::ranges::find(kTokenizerFiles, file) != std::end(kTokenizerFiles)) {
      source.tokenizer.push_back(path);
    } else {
      invalid(
          printable(path.string()) +
          " is neither a folder, nor an .onnx file, nor one of tokenizer.json, vocab.txt and tokenizer_config.json");
    }
  }
  if (source.onnx.empty())
    invalid("no .onnx file was given; import a folder, or an .onnx file with its tokenizer.json");
  if (source.tokenizer.empty()) {
    for (const char* file : kTokenizerFiles) {
      const fs::path beside = source.onnx.parent_path() / file;
      if (is_there(beside)) source.tokenizer.push_back(beside);
    }
  }
  if (source.tokenizer.empty()) {
    throw Error(ErrorKind::kNotFound, "no tokenizer.json was given, and none stands beside " +
                                          printable(source.onnx.string()) + "; name it after the .onnx file");
  }
  return source;
}

/// A known model is known as a whole: another vocabulary under its weights would give vectors without meaning.
void require_known_file(const KnownModel& known, const fs::path& file, const std::string& sum) {
  for (const KnownFile& expected : known.files) {
    if (expected.path != file.filename().string() || expected.sha256 == sum) continue;
    throw Error(ErrorKind::kCorrupt, printable(file.string()) + " has SHA-256 " + sum + ", but " +
                                         std::string(known.name) + " needs " + std::string(expected.sha256) +
                                         "; get the file that belongs to this model, or name its config.json with "
                                         "--config to import another");
  }
}

void add_embedding_files(NewModel& model, const EmbeddingConfig& embedding, const EncoderConfig& config) {
  for (const auto& [file, text] : format_embedding_config(embedding, config)) model.add_text(file, text);
}

/// "model.onnx" says nothing: then its folder's name.
std::string name_of(const fs::path& onnx) {
  std::error_code ignored;
  const fs::path absolute = fs::absolute(onnx, ignored);
  return (onnx.stem() == "model" ? absolute.parent_path().filename() : onnx.stem()).string();
}

/// Returns the name to give the model.
std::string fill_from_onnx(NewModel& model, const ImportSource& source, const std::stop_token& stop) {
  const OnnxSource files = sort_out(source.paths);
  const std::string sum = to_hex(sha256_of_file(files.onnx, stop));
  const KnownModel* known = source.config.empty() ? find_known_onnx(sum) : nullptr;
  if (known == nullptr && source.config.empty()) {
    throw Error(ErrorKind::kNotFound, printable(files.onnx.string()) + " (SHA-256 " + sum +
                                          ") is not a file that riverbank knows; name its config.json with --config");
  }
  EncoderConfig config;
  if (known != nullptr) {
    config = known->config;
    model.add_text(kConfigFile, format_encoder_config(config));
    add_embedding_files(model, known->embedding, config);
  } else {
    config = parse_encoder_config(read_file(source.config, kMostConfigBytes), source.config.string());
    model.add_copy(source.config, kConfigFile, stop);
    for (const fs::path& file : embedding_config_files(source.config.parent_path())) {
      model.add_copy(source.config.parent_path() / file, file, stop);
    }
  }
  for (const fs::path& file : files.tokenizer) {
    model.add_copy(file, file.filename(), stop);
    if (known != nullptr) require_known_file(*known, file, model.sums().find(file.filename().string())->second);
  }
  const OnnxWeights weights(OnnxGraph::open(files.onnx), config);
  write_safetensors(model.folder() / kWeightsFile, weights.tensors());
  model.add_written(files.onnx, kWeightsFile, stop);
  return known != nullptr ? std::string(known->name) : name_of(files.onnx);
}

std::string fill_from_folder(NewModel& model, const fs::path& folder, const std::stop_token& stop) {
  load_model((fs::absolute(folder) / "").string());  // says what is wrong with it under its own name, before any copy
  std::vector<fs::path> files = embedding_config_files(folder);
  files.insert(files.end(), {kConfigFile, kWeightsFile});
  files.insert(files.end(), std::begin(kTokenizerFiles), std::end(kTokenizerFiles));
  for (const fs::path& file : files) {
    if (is_there(folder / file)) model.add_copy(folder / file, file, stop);
  }
  const KnownModel* known = find_known_weights(model.sums().find(kWeightsFile)->second);
  if (known == nullptr) return fs::canonical(folder).filename().string();
  if (!is_there(folder / "modules.json")) add_embedding_files(model, known->embedding, known->config);
  return std::string(known->name);
}

/// Nothing gets a name that does not load.
void require_loads(const NewModel& model) {
  try {
    load_model((model.folder() / "").string());
  } catch (const Error& error) {
    throw Error(error.kind(), model.with_their_names(error.what()));
  }
}

}  // namespace

fs::path import_model(const ImportSource& source, std::stop_token stop) {
  if (source.paths.empty())
    invalid("there is nothing to import; name a folder, or an .onnx file with its tokenizer.json");
  const bool from_folder = source.paths.size() == 1 && is_folder(source.paths[0]);
  if (from_folder && !source.config.empty()) {
    invalid("--config belongs to an .onnx file; a folder has its own config.json");
  }
  NewModel model;
  std::string name = from_folder ? fill_from_folder(model, source.paths[0], stop) : fill_from_onnx(model, source, stop);
  if (!source.name.empty()) name = source.name;
  model.write_sums();
  require_loads(model);
  if (stop.stop_requested()) throw Error(ErrorKind::kCancelled, "the import was stopped; nothing of it was kept");
  return model.commit(name);
}

}  // namespace riverbank
