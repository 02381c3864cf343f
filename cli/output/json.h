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

nlohmann::ordered_json to_json(const UpdateReport& report, const std::string& location,
                               const std::vector<std::filesystem::path>& folders);
nlohmann::ordered_json to_json(const Hit& hit, std::size_t rank);
nlohmann::ordered_json to_json(const IndexStatus& status);

}  // namespace riverbank::cli
