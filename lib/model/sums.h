#pragma once

#include <filesystem>
#include <map>
#include <stop_token>
#include <string>

namespace riverbank {

/// The file of an imported model that holds the sums of all others, as sha256sum writes and checks it: a line for each
/// file, 64 hex digits, two spaces, the path below the folder.
inline constexpr const char* kSumsFile = "SHA256SUMS";

/// Path below the folder -> SHA-256 in 64 hex digits.
using Sums = std::map<std::string, std::string, std::less<>>;

/// The folder's SHA256SUMS; empty when there is none. Throws Error: kCorrupt (a line of another form, a path that leads
/// out of the folder, named), kIo.
Sums read_sums(const std::filesystem::path& folder);
/// The text of a SHA256SUMS.
std::string format_sums(const Sums& sums);

/// Whether `folder` was made by import_model(): it stands in riverbank's own folder of models.
bool is_imported(const std::filesystem::path& folder);

/// The SHA-256 of a model's file without reading it again when that can be helped: from the sums of an import, from the
/// name of the hub's blob that it links to, or from a cache under cache_home() keyed by path, inode, size and time;
/// else it is computed (and kept). Throws Error: kNotFound, kIo, kCorrupt.
std::string sum_of_file(const std::filesystem::path& folder, const std::string& file);

}  // namespace riverbank
