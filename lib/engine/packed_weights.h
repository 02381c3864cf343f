#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "lib/base/file.h"
#include "lib/base/parallel.h"

namespace riverbank {

/// What packed weights are of. Files of other weights, kernels or sizes are not taken.
struct PackedIdentity {
  std::string model;         ///< the model's fingerprint, at most 64 bytes
  std::string form;          ///< Kernels::name, "avx512_int8", at most 64 bytes
  std::uint64_t sample = 0;  ///< checksum over a sample of the weights themselves
  std::uint64_t bytes = 0;   ///< of all panels
};

/// The file that packed weights are kept in, below the user's cache folder.
/// Throws Error kNotFound when there is no such folder.
std::filesystem::path packed_weights_file(const PackedIdentity& identity);

/// Panels packed by an earlier process, mapped: nothing is converted or copied. Any thread may read them.
class PackedWeights {
 public:
  /// Nothing when there is no such file. Throws Error kCorrupt or kUnsupported for one that is cut, damaged in any
  /// block or the header, of another version or of other weights. The blocks are checked here, by all threads of the
  /// pool, because the first question touches every one of them. Notes on the file, once a day, that it is in use.
  static std::optional<PackedWeights> open(const std::filesystem::path& path, const PackedIdentity& identity,
                                           ThreadPool& pool);

  std::span<const std::byte> panels() const { return panels_; }

 private:
  MappedFile file_;
  std::span<const std::byte> panels_;
};

/// Writes them, atomically. Throws Error kIo.
void save_packed_weights(const std::filesystem::path& path, const PackedIdentity& identity,
                         std::span<const std::byte> panels, ThreadPool& pool);

/// Keeps the folder of packed weights from growing for ever: removes what no process has used for 30 days, then the
/// least recently used until all together take at most 1 GiB, and what writers that were killed left behind. `keep`
/// stays. A process that has a file mapped keeps its bytes. What cannot be removed is left.
void remove_unused_packed_weights(const std::filesystem::path& keep);

}  // namespace riverbank
