#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "index/store/store.h"
#include "riverbank/index.h"

namespace riverbank {

/// A root as the store names it: a folder's path ends in '/', a single file's does not.
class RootPath {
 public:
  /// Of something that stands on the disk: absolute, links resolved. Throws Error: kNotFound, kIo.
  static RootPath of_existing(const std::filesystem::path& path);
  explicit RootPath(std::string stored) : stored_(std::move(stored)) {}

  const std::string& stored() const { return stored_; }
  bool is_folder() const { return stored_.ends_with('/'); }
  /// What the paths of its documents are relative to.
  std::filesystem::path folder() const;
  /// As a person writes it, no '/' at the end.
  std::string shown() const;
  /// Where `path` (absolute) stands in this folder; nothing when it does not.
  std::optional<std::string> relative(std::string_view path) const;

 private:
  std::string stored_;
};

/// A file to be read.
struct PlannedFile {
  std::int64_t root = 0;
  std::filesystem::path file;
  std::string path;  ///< relative to the root
  std::uint64_t size = 0;
  std::optional<StoredDocument> known;  ///< what the store has of it
};

/// What stands on the disk against what stands in the store.
struct UpdatePlan {
  std::vector<PlannedFile> to_read;  ///< new, or of another size or time than is known
  std::vector<StoredDocument> gone;  ///< no longer there
  std::vector<SkippedFile> skipped;
  std::size_t files_total = 0;
  std::size_t files_unchanged = 0;
};

/// Lists the roots and compares; opens no file. A file below two roots belongs to the innermost. What stands below a
/// folder that cannot be read, or in a root that is not there (`must_exist` unset), stays known.
/// Throws Error: kNotFound, kIo, kCancelled.
UpdatePlan plan_update(const Store& store, std::span<const StoredRoot> roots, bool must_exist, std::stop_token stop);

}  // namespace riverbank
