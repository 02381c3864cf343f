#include "lib/base/block_sums.h"

#include <algorithm>

#include "lib/base/hash.h"

namespace riverbank {
namespace {

std::span<const std::byte> block_of(std::span<const std::byte> bytes, std::size_t block, std::size_t block_bytes) {
  const std::size_t first = block * block_bytes;
  return bytes.subspan(first, std::min(block_bytes, bytes.size() - first));
}

template <typename Work>
void for_each_block(std::size_t blocks, ThreadPool* pool, const Work& work) {
  constexpr std::size_t kAtOnce = 16;
  run(pool, count_blocks(blocks, kAtOnce), [&](std::size_t some, int) {
    for (std::size_t block = some * kAtOnce; block < std::min(blocks, (some + 1) * kAtOnce); ++block) work(block);
  });
}

}  // namespace

std::vector<std::uint64_t> block_sums(std::span<const std::byte> bytes, std::size_t block_bytes, ThreadPool* pool) {
  std::vector<std::uint64_t> sums(count_blocks(bytes.size(), block_bytes));
  for_each_block(sums.size(), pool,
                 [&](std::size_t block) { sums[block] = checksum64(block_of(bytes, block, block_bytes)); });
  return sums;
}

std::optional<std::size_t> damaged_block(std::span<const std::byte> bytes, std::span<const std::uint64_t> sums,
                                         std::size_t block_bytes, ThreadPool* pool) {
  std::atomic<std::size_t> damaged{sums.size()};
  for_each_block(sums.size(), pool, [&](std::size_t block) {
    if (checksum64(block_of(bytes, block, block_bytes)) == sums[block]) return;
    std::size_t before = damaged;
    while (block < before && !damaged.compare_exchange_weak(before, block)) {
    }
  });
  if (damaged == sums.size()) return std::nullopt;
  return damaged.load();
}

void StreamedSums::add(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (pending_.empty() && bytes.size() >= block_bytes_) {  // straight from where they lie
      sums_.push_back(checksum64(bytes.first(block_bytes_)));
      bytes = bytes.subspan(block_bytes_);
      continue;
    }
    const auto some = bytes.first(std::min(block_bytes_ - pending_.size(), bytes.size()));
    pending_.insert(pending_.end(), some.begin(), some.end());
    bytes = bytes.subspan(some.size());
    if (pending_.size() == block_bytes_) {
      sums_.push_back(checksum64(pending_));
      pending_.clear();
    }
  }
}

const std::vector<std::uint64_t>& StreamedSums::finish() {
  if (!pending_.empty()) sums_.push_back(checksum64(pending_));
  pending_.clear();
  return sums_;
}

CheckedBlocks::CheckedBlocks(std::span<const std::byte> bytes, std::span<const std::uint64_t> sums)
    : bytes_(bytes), sums_(sums), checked_(std::make_unique<std::atomic<bool>[]>(sums.size())) {}

bool CheckedBlocks::check(std::size_t block) const {
  if (checksum64(block_of(bytes_, block, kBlockBytes)) != sums_[block]) return false;
  checked_[block].store(true, std::memory_order_relaxed);
  return true;
}

}  // namespace riverbank
