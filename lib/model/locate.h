#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace riverbank {

/// The folder of imported models, each below it under its name.
std::filesystem::path models_folder();

/// Whether an imported model may have this name: not empty, at most 200 bytes, no '/', no control characters, no '.' or
/// '-' in front (a name must not read as a path or as a flag).
bool is_model_name(std::string_view name);

/// Whether a folder has what an encoder needs: config.json, weights and a tokenizer. A snapshot in the hub's cache may
/// have some of its files only.
bool is_whole_model(const std::filesystem::path& folder);

/// A name of the hub taken apart: "owner/name@revision".
struct HubName {
  std::string repository;
  std::string revision;  ///< empty when none was given
};
HubName split_hub_name(std::string_view name);

}  // namespace riverbank
