#include "lib/base/block_sums.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "lib/base/hash.h"

namespace riverbank {
namespace {

constexpr std::size_t kBlock = CheckedBlocks::kBlockBytes;

std::vector<std::byte> bytes_of(std::size_t count) {
  std::vector<std::byte> bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i * 31 + i / 256);
  return bytes;
}

TEST(BlockSums, AreTheChecksumsOfTheBlocks) {
  const auto bytes = bytes_of(2 * kBlock + 5);
  const auto sums = block_sums(bytes, kBlock);
  ASSERT_EQ(sums.size(), 3U);
  EXPECT_EQ(sums[1], checksum64(std::span(bytes).subspan(kBlock, kBlock)));
  EXPECT_EQ(sums[2], checksum64(std::span(bytes).subspan(2 * kBlock)));
  EXPECT_TRUE(block_sums({}, kBlock).empty());
  ThreadPool pool(3);
  const auto many = bytes_of(100 * kBlock + 1);
  EXPECT_EQ(block_sums(many, kBlock, &pool), block_sums(many, kBlock));
}

TEST(BlockSums, AreTheSameForBytesInPieces) {
  const auto bytes = bytes_of(5 * kBlock + 100);
  for (const std::size_t piece : {1UL, 100UL, kBlock - 1, kBlock, kBlock + 1, bytes.size()}) {
    StreamedSums streamed(kBlock);
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      streamed.add(std::span(bytes).subspan(at, std::min(piece, bytes.size() - at)));
    }
    EXPECT_EQ(streamed.finish(), block_sums(bytes, kBlock)) << piece;
  }
}

TEST(BlockSums, TellTheFirstDamagedBlock) {
  auto bytes = bytes_of(60 * kBlock + 7);
  const auto sums = block_sums(bytes, kBlock);
  ThreadPool pool(2);
  EXPECT_EQ(damaged_block(bytes, sums, kBlock), std::nullopt);
  EXPECT_EQ(damaged_block(bytes, sums, kBlock, &pool), std::nullopt);
  bytes[60 * kBlock] ^= std::byte{1};
  EXPECT_EQ(damaged_block(bytes, sums, kBlock), 60U);
  bytes[17 * kBlock + 9] ^= std::byte{1};
  EXPECT_EQ(damaged_block(bytes, sums, kBlock), 17U);
  EXPECT_EQ(damaged_block(bytes, sums, kBlock, &pool), 17U);
}

TEST(CheckedBlocks, LookAtABlockWhenItIsTouchedAndNoOther) {
  auto bytes = bytes_of(3 * kBlock + 10);
  const auto sums = block_sums(bytes, kBlock);
  bytes[2 * kBlock + 3] ^= std::byte{1};
  const CheckedBlocks blocks(bytes, sums);
  EXPECT_TRUE(blocks.good(0, 2 * kBlock));
  EXPECT_FALSE(blocks.good(2 * kBlock - 1, 2));
  EXPECT_FALSE(blocks.good(2 * kBlock, 1));
  EXPECT_FALSE(blocks.good(0, bytes.size()));
  EXPECT_TRUE(blocks.good(3 * kBlock, 10));
  bytes[5] ^= std::byte{1};
  EXPECT_TRUE(blocks.good(0, 10)) << "it was found good before";
}

}  // namespace
}  // namespace riverbank
