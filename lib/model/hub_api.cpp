#include "lib/model/hub_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "lib/base/printable.h"
#include "lib/model/hub_cache.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxAnswer = std::size_t{16} << 20U;
constexpr std::uint64_t kMaxFile = std::uint64_t{1} << 40U;
constexpr std::string_view kWeights = "model.safetensors";

/// What a model in transformers' or sentence-transformers' layout consists of, as far as riverbank reads it.
constexpr std::array<std::string_view, 9> kFiles = {"config.json",
                                                    "tokenizer.json",
                                                    "vocab.txt",
                                                    "tokenizer_config.json",
                                                    "modules.json",
                                                    "sentence_bert_config.json",
                                                    kWeights,
                                                    "config_sentence_transformers.json",
                                                    "special_tokens_map.json"};

bool is_wanted(std::string_view path) {
  if (std::find(kFiles.begin(), kFiles.end(), path) != kFiles.end()) return true;
  constexpr std::string_view kPooling = "_Pooling/config.json";  // "1_Pooling/config.json"
  return path.size() == kPooling.size() + 1 && path.front() >= '0' && path.front() <= '9' && path.ends_with(kPooling);
}

bool is_hex(const std::string& text, std::size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Error no_such_answer(const std::string& repository, const std::string& detail) {
  return Error(ErrorKind::kCorrupt, "the hub's answer about " + printable(repository) + " makes no sense: " + detail +
                                        "; is HF_ENDPOINT the address of a hub?");
}

/// A member of an object, if it is there and of that type.
std::string string_at(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

HubFile parse_file(const Json& sibling, const std::string& path, const std::string& repository) {
  HubFile file{.path = path, .bytes = 0, .sha256 = {}, .git_sha1 = {}};
  const auto size = sibling.find("size");
  if (size == sibling.end() || !size->is_number_unsigned() || size->get<std::uint64_t>() > kMaxFile) {
    throw no_such_answer(repository, path + " has no size");
  }
  file.bytes = size->get<std::uint64_t>();
  const auto lfs = sibling.find("lfs");
  if (lfs != sibling.end() && lfs->is_object()) {
    file.sha256 = string_at(*lfs, "sha256");
    if (is_hex(file.sha256, 64)) return file;
  } else {
    file.git_sha1 = string_at(sibling, "blobId");
    if (is_hex(file.git_sha1, 40)) return file;
  }
  throw no_such_answer(repository, path + " has no checksum");
}

/// Refuses, by name, a repository that lacks what an encoder needs.
void require_model(const std::vector<HubFile>& files, const std::string& repository, bool has_other_weights) {
  const auto has = [&](std::string_view path) {
    return std::any_of(files.begin(), files.end(), [&](const HubFile& file) { return file.path == path; });
  };
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorKind::kUnsupported, printable(repository) + " has no " + what);
  };
  if (!has("config.json")) refuse("config.json, so it is not a model in transformers' layout; name another one");
  if (!has(kWeights)) {
    refuse(has_other_weights ? "model.safetensors, only weights in other formats or in parts; save it as one "
                               "safetensors file, then riverbank model import FOLDER"
                             : "model.safetensors; name a repository that holds the weights of an encoder");
  }
  if (!has("tokenizer.json") && !has("vocab.txt")) {
    refuse("tokenizer.json and no vocab.txt, so its texts could not be cut into tokens; name another one");
  }
}

}  // namespace

HubTree parse_hub_answer(std::string_view json, const std::string& repository) {
  const Json answer = Json::parse(json, nullptr, false);
  if (!answer.is_object()) throw no_such_answer(repository, "it is not a JSON object");
  HubTree tree{.commit = {.repository = repository, .commit = string_at(answer, "sha")}, .files = {}};
  if (!is_hub_commit(tree.commit.commit)) throw no_such_answer(repository, "\"sha\" is not a commit");
  const auto siblings = answer.find("siblings");
  if (siblings == answer.end() || !siblings->is_array()) throw no_such_answer(repository, "\"siblings\" is missing");
  bool has_other_weights = false;
  for (const Json& sibling : *siblings) {
    if (!sibling.is_object()) continue;
    const std::string path = string_at(sibling, "rfilename");
    if (is_wanted(path)) tree.files.push_back(parse_file(sibling, path, repository));
    has_other_weights |= path.ends_with(".bin") || path.ends_with(".safetensors") || path.ends_with(".onnx");
  }
  require_model(tree.files, repository, has_other_weights);
  std::stable_partition(tree.files.begin(), tree.files.end(),
                        [](const HubFile& file) { return file.path != kWeights; });
  return tree;
}

HubTree ask_hub(HttpClient& client, const std::string& repository, const std::string& revision, std::stop_token stop) {
  std::string escaped;
  for (const char c : revision) escaped += c == '/' ? std::string_view("%2F") : std::string_view(&c, 1);
  const std::string url =
      client.settings().endpoint + "/api/models/" + repository + "/revision/" + escaped + "?blobs=true";
  Retries retries(client.settings(), std::move(stop));
  while (true) {
    std::string answer;
    const HttpResult result = client.get(url, 0,
                                         {[&](const HttpResult&) {},
                                          [&](std::span<const std::byte> bytes) {
                                            if (answer.size() + bytes.size() > kMaxAnswer) {
                                              throw no_such_answer(repository, "it is larger than 16 MiB");
                                            }
                                            answer.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
                                          }});
    if (result.end == HttpResult::End::kWhole && result.status == 200) return parse_hub_answer(answer, repository);
    if (!retries.again(client, result)) {
      throw_http_error(client.settings(), result, fmt::format("model {} at revision {}", repository, revision));
    }
  }
}

}  // namespace riverbank
