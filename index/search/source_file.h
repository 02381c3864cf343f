#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>

namespace riverbank {

/// A file's bytes, with what tells later whether it has changed since.
struct SourceFile {
  std::string bytes;
  std::uint64_t size = 0;
  /// Since 1970; 0 when it is too young to trust (git calls such a file racy: it could be written again within the
  /// same tick of the clock), or changed while it was read: then it will be looked at again.
  std::int64_t modified_ns = 0;
};

/// Why a file was not read.
struct Unreadable {
  std::string reason;     ///< "binary", "larger than 64 MiB", "permission denied" …
  bool vanished = false;  ///< it is not there any more
  bool keep = false;      ///< what is known of it stays: it may be readable next time
};

/// Reads a file that others may change, replace or remove at any moment. A file that is still growing ends where it
/// ended when it was opened. One that begins like a binary file is not read further.
std::variant<SourceFile, Unreadable> read_source_file(const std::filesystem::path& path, std::uint64_t max_bytes);

/// "64 MiB": a size as a person would give it.
std::string size_in_words(std::uint64_t bytes);

}  // namespace riverbank
