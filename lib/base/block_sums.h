#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "lib/base/parallel.h"

namespace riverbank {

/// checksum64() of each block of `block_bytes`, the last one perhaps shorter. With a pool the blocks are shared out.
std::vector<std::uint64_t> block_sums(std::span<const std::byte> bytes, std::size_t block_bytes,
                                      ThreadPool* pool = nullptr);

/// The first block that does not have its checksum; nothing when all have.
std::optional<std::size_t> damaged_block(std::span<const std::byte> bytes, std::span<const std::uint64_t> sums,
                                         std::size_t block_bytes, ThreadPool* pool = nullptr);

/// How many blocks so many bytes make.
constexpr std::size_t count_blocks(std::size_t bytes, std::size_t block_bytes) {
  return (bytes + block_bytes - 1) / block_bytes;
}

/// block_sums() of bytes that come in pieces. One thread.
class StreamedSums {
 public:
  explicit StreamedSums(std::size_t block_bytes) : block_bytes_(block_bytes) {}
  void add(std::span<const std::byte> bytes);
  /// All of them; nothing may follow.
  const std::vector<std::uint64_t>& finish();

 private:
  std::size_t block_bytes_;
  std::vector<std::byte> pending_;  // less than a block
  std::vector<std::uint64_t> sums_;
};

/// Mapped bytes of which each block is checked when it is first touched, so that nothing is read that nobody asks for.
/// Borrows bytes and sums. Any thread.
class CheckedBlocks {
 public:
  static constexpr std::size_t kBlockBytes =
      4096;  // a page: what is not mapped yet is not fetched for a checksum either

  CheckedBlocks() = default;
  /// sums.size() is count_blocks(bytes.size(), kBlockBytes).
  CheckedBlocks(std::span<const std::byte> bytes, std::span<const std::uint64_t> sums);

  /// Whether all blocks that hold these bytes, 1 or more, have their checksums.
  bool good(std::size_t offset, std::size_t size) const {
    for (std::size_t block = offset / kBlockBytes; block <= (offset + size - 1) / kBlockBytes; ++block) {
      if (!checked_[block].load(std::memory_order_relaxed) && !check(block)) return false;
    }
    return true;
  }

 private:
  bool check(std::size_t block) const;

  std::span<const std::byte> bytes_;
  std::span<const std::uint64_t> sums_;
  std::unique_ptr<std::atomic<bool>[]> checked_;  // by block
};

}  // namespace riverbank
