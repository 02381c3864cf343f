#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "riverbank/index.h"

namespace riverbank::cli {

// The documented schemas of --json (README, "JSON"). Numbers are plain, times are seconds, sizes are bytes.

/// Indented JSON text; bytes that are not UTF-8 become U+FFFD.
std::string dump(const nlohmann::ordered_json& value);

/// json[key] = the path of a file or folder. JSON holds text, and a path may be any bytes: for one that is not UTF-8,
/// json[key + "_uri"] has the bytes, too, percent-encoded (RFC 3986: file:///a/b%FF.md, or b%FF.md of a relative one).
void set_path(nlohmann::ordered_json& json, const std::string& key, const std::string& path);
/// The same of several: where one needs it, the array key + "_uris" has all.
void set_paths(nlohmann::ordered_json& json, const std::string& key, const std::vector<std::string>& paths);

nlohmann::ordered_json to_json(const UpdateReport& report, const std::string& location,
                               const std::vector<std::filesystem::path>& folders);
nlohmann::ordered_json to_json(const Hit& hit, std::size_t rank);
nlohmann::ordered_json to_json(const IndexStatus& status);

}  // namespace riverbank::cli
