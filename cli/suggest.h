#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace riverbank::cli {

/// The candidate that `typed` was most likely meant to be (optimal string alignment distance, at most a third of its
/// length and at most 3), or nothing.
std::optional<std::string> nearest(std::string_view typed, const std::vector<std::string>& candidates);

/// An existing neighbour of a path that does not exist, spelled the way the path was.
std::optional<std::string> nearest_path(const std::filesystem::path& typed);

}  // namespace riverbank::cli
