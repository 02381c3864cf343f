#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace riverbank {

/// A file that the walk found and that no rule leaves out.
struct FolderEntry {
  std::string path;  ///< relative to the root, '/' between parts, any bytes
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  ///< since 1970
};

struct FolderListing {
  std::vector<FolderEntry> files;  ///< in byte order of their paths
  struct Problem {
    std::string path;
    std::string reason;  ///< "permission denied", "link that leaves the folder" …
  };
  std::vector<Problem> problems;
};

/// Walks a folder: .gitignore and .riverbankignore obeyed (gitignore(5), nested and negated; .git/info/exclude too),
/// hidden files and folders left out, links followed only where they stay inside the root (and once each).
/// Throws Error: kNotFound, kIo (the root itself cannot be read), kCancelled.
FolderListing list_folder(const std::filesystem::path& root, std::stop_token stop = {});

}  // namespace riverbank
