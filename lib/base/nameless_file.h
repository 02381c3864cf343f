#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "lib/base/descriptor.h"

namespace riverbank {

/// Bytes that need not be in memory: a file without a name, gone with the object or with the process. Any number of
/// threads may read and write, the same bytes not at once.
class NamelessFile {
 public:
  /// In `folder`; without one, or where it cannot be written, in the system's folder for temporary files. Throws Error
  /// kIo.
  explicit NamelessFile(std::filesystem::path folder);

  /// Throws Error kIo (a full disk is named as such).
  void write(std::uint64_t at, std::span<const std::byte> bytes);
  /// Throws Error kIo, also where nothing was written.
  void read(std::uint64_t at, std::span<std::byte> bytes) const;

 private:
  [[noreturn]] void fail(const char* action, int error_number) const;

  std::filesystem::path folder_;
  Descriptor file_;
};

}  // namespace riverbank
