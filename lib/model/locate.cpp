#include "lib/model/locate.h"

#include <algorithm>
#include <system_error>
#include <vector>

#include "lib/base/file.h"
#include "lib/base/printable.h"
#include "lib/base/xdg.h"
#include "lib/model/catalogue.h"
#include "lib/model/hub_cache.h"
#include "riverbank/error.h"
#include "riverbank/model.h"

namespace riverbank {
namespace {

namespace fs = std::filesystem;

/// Whether the name can only be meant as a path.
bool is_path(const std::string& name) {
  return name == "." || name == ".." || name.starts_with('/') || name.starts_with("./") || name.starts_with("../") ||
         name.starts_with('~') || name.ends_with('/');
}

[[noreturn]] void not_found(const std::string& name) {
  const std::string shown = printable(name);
  std::string message;
  if (is_path(name)) {
    message = "there is no folder \"" + shown + "\"; a model's folder holds config.json and model.safetensors";
  } else if (find_known_model(split_hub_name(name).repository) != nullptr) {
    message = "the model \"" + shown + "\" is not on this machine; get it with: riverbank model pull " + shown;
  } else {
    message = "there is no model \"" + shown + "\" on this machine";
    const std::string_view nearest = nearest_known_name(name);
    const bool is_repository = std::ranges::count(name, '/') == 1;
    if (!nearest.empty()) {
      message += " (did you mean " + std::string(nearest) + "?)";
    } else if (is_repository) {
      message += "; get it from the hub with: riverbank model pull " + shown;
    }
    if (!is_repository && is_folder(name)) {
      message += "; to name the folder here, write ./" + shown;
    } else if (!is_repository || !nearest.empty()) {
      message += "; riverbank model list shows those there are";
    }
  }
  throw Error(ErrorKind::kNotFound, message);
}

std::optional<fs::path> find_imported(const std::string& name) {
  const KnownModel* known = find_known_model(name);
  const std::string imported = known != nullptr ? std::string(known->name) : name;
  if (!is_model_name(imported) || !is_folder(models_folder() / imported)) return std::nullopt;
  return models_folder() / imported;
}

/// The revision asked for; else the one that the catalogue has the sums of, else the one that the cache calls main.
std::optional<fs::path> find_in_hub_cache(const std::string& name) {
  const HubName asked = split_hub_name(name);
  const KnownModel* known = find_known_model(asked.repository);
  const std::string repository(known != nullptr ? known->repository : asked.repository);
  std::vector<std::string> revisions = {asked.revision};
  if (asked.revision.empty()) revisions = {known != nullptr ? std::string(known->revision) : "main", "main"};
  for (const std::string& revision : revisions) {
    auto snapshot = find_snapshot(repository, revision);
    if (snapshot && is_whole_model(*snapshot)) return snapshot;
  }
  return std::nullopt;
}

}  // namespace

fs::path models_folder() { return data_home() / "models"; }

bool is_model_name(std::string_view name) {
  constexpr std::size_t kMostBytes = 200;
  if (name.empty() || name.size() > kMostBytes || name.starts_with('.') || name.starts_with('-')) return false;
  return name.find('/') == std::string_view::npos && printable(name) == name;
}

bool is_whole_model(const fs::path& folder) {
  return is_there(folder / "config.json") && is_there(folder / "model.safetensors") &&
         (is_there(folder / "tokenizer.json") || is_there(folder / "vocab.txt"));
}

HubName split_hub_name(std::string_view name) {
  const std::size_t at = name.find('@');
  if (at == std::string_view::npos) return {std::string(name), {}};
  return {std::string(name.substr(0, at)), std::string(name.substr(at + 1))};
}

fs::path find_model(const std::string& name) {
  if (name.empty() || name.find('\0') != std::string::npos) {
    throw Error(ErrorKind::kInvalidArgument, "a model needs a name or a folder, such as " + std::string(kDefaultModel));
  }
  const bool has_slash = name.find('/') != std::string::npos;
  if ((has_slash || is_path(name)) && is_folder(name)) return name;
  if (is_path(name)) not_found(name);
  if (const auto folder = find_imported(name)) return *folder;
  if (const auto folder = find_in_hub_cache(name)) return *folder;
  not_found(name);
}

}  // namespace riverbank
