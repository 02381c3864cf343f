#pragma once

#include <cstddef>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

namespace riverbank::testing {

/// This process's memory in bytes, counted page by page (statm is off by a megabyte or more on many processors).
struct Memory {
  std::size_t own = 0;     ///< nobody else's
  std::size_t mapped = 0;  ///< of files
};

/// Nothing where the kernel does not tell.
inline std::optional<Memory> memory_now() {
  constexpr std::size_t kKibibyte = 1024;
  std::ifstream lines("/proc/self/smaps_rollup");
  lines.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  std::size_t resident = 0, own = 0, size = 0;
  for (std::string name, unit; lines >> name >> size >> unit;) {
    if (name == "Rss:") resident = size * kKibibyte;
    if (name == "Anonymous:") own = size * kKibibyte;
  }
  if (resident == 0) return std::nullopt;
  return Memory{own, resident - own};
}

}  // namespace riverbank::testing
