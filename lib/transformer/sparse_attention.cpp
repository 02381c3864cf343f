#include "lib/transformer/sparse_attention.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "lib/math/ops.h"
#include "lib/transformer/shapes.h"
#include "riverbank/error.h"

namespace riverbank {

namespace {

Eigen::Index number_of_blocks(Eigen::Index tokens, Eigen::Index block_size) {
  return tokens / block_size + (tokens % block_size == 0 ? 0 : 1);
}

/// Where a block stands in a matrix of so many tokens.
struct BlockRows {
  Eigen::Index first, count;
};

BlockRows rows_of(const BlockPattern& pattern, Eigen::Index block) {
  const Eigen::Index first = block * pattern.block_size;
  return {first, std::min(pattern.block_size, pattern.tokens - first)};
}

/// Where the blocks stand that a block reads.
std::vector<BlockRows> rows_read(const BlockPattern& pattern, Eigen::Index block) {
  std::vector<BlockRows> rows;
  for (const Eigen::Index key : pattern.reads[static_cast<std::size_t>(block)]) rows.push_back(rows_of(pattern, key));
  return rows;
}

Eigen::Index number_of_rows(const std::vector<BlockRows>& blocks) {
  Eigen::Index rows = 0;
  for (const BlockRows& block : blocks) rows += block.count;
  return rows;
}

void require_whole(const BlockPattern& pattern, Eigen::Index T) {
  if (pattern.block_size < 1 || pattern.tokens != T ||
      static_cast<Eigen::Index>(pattern.reads.size()) != number_of_blocks(T, pattern.block_size)) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("sparse_attention: the pattern has {} blocks of {} for {} tokens, but Q has {} rows; make "
                            "one for these, with blocks of at least 1.",
                            pattern.reads.size(), pattern.block_size, pattern.tokens, T));
  }
  const auto blocks = static_cast<Eigen::Index>(pattern.reads.size());
  for (const std::vector<Eigen::Index>& reads : pattern.reads) {
    for (std::size_t i = 0; i < reads.size(); ++i) {
      if (reads[i] < 0 || reads[i] >= blocks || (i > 0 && reads[i] <= reads[i - 1])) {
        throw Error(ErrorKind::kInvalidArgument,
                    fmt::format("sparse_attention: the pattern reads block {}; each block's list must ascend, and "
                                "blocks count from 0 to {}.",
                                reads[i], blocks - 1));
      }
    }
  }
}

using Blocks = std::set<Eigen::Index>;

Blocks all_blocks(Eigen::Index blocks) {
  Blocks read;
  for (Eigen::Index block = 0; block < blocks; ++block) read.insert(read.end(), block);
  return read;
}

/// What a block that is not global reads: the global ones, its window, and random others.
Blocks some_blocks(Eigen::Index query, Eigen::Index blocks, const BigBirdSizes& sizes, std::mt19937_64& generator) {
  Blocks read = all_blocks(std::min(sizes.global_blocks, blocks));
  const Eigen::Index reach = sizes.window_blocks / 2;
  for (Eigen::Index key = std::max<Eigen::Index>(0, query - reach); key <= std::min(blocks - 1, query + reach); ++key) {
    read.insert(key);
  }
  const auto count = static_cast<std::uint64_t>(blocks);
  const std::size_t wanted = read.size() + static_cast<std::size_t>(sizes.random_blocks);
  while (read.size() < std::min<std::size_t>(wanted, count)) {
    read.insert(static_cast<Eigen::Index>(generator() % count));  // the standard fixes the generator, no distribution
  }
  return read;
}

}  // namespace

BlockPattern big_bird_pattern(Eigen::Index T, const BigBirdSizes& sizes) {
  if (T < 1 || sizes.block_size < 1 || sizes.global_blocks < 0 || sizes.random_blocks < 0 || sizes.window_blocks < 1 ||
      sizes.window_blocks % 2 == 0) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("big_bird_pattern: {} tokens in blocks of {}, {} global, {} in the window and {} random; "
                            "there must be a token, the block size must be at least 1, the window odd, and no number "
                            "negative.",
                            T, sizes.block_size, sizes.global_blocks, sizes.window_blocks, sizes.random_blocks));
  }
  const Eigen::Index blocks = number_of_blocks(T, sizes.block_size);
  std::mt19937_64 generator(sizes.seed);
  BlockPattern pattern{T, sizes.block_size, {}};
  for (Eigen::Index query = 0; query < blocks; ++query) {
    const auto read = query < sizes.global_blocks ? all_blocks(blocks) : some_blocks(query, blocks, sizes, generator);
    pattern.reads.emplace_back(read.begin(), read.end());
  }
  return pattern;
}

Matrix sparse_attention(const MatrixView& Q, const MatrixView& K, const MatrixView& V, const BlockPattern& pattern,
                        const Mask& mask) {
  require_self_attention("sparse_attention", Q, K, V);
  mask.require_fits("sparse_attention", Q.rows(), K.rows());
  require_whole(pattern, Q.rows());
  const float sqrt_d_k = std::sqrt(static_cast<float>(K.cols()));

  Matrix result = Matrix::Zero(Q.rows(), V.cols());  // zeros are left where a block reads nothing
  for (Eigen::Index block = 0; block < number_of_blocks(pattern.tokens, pattern.block_size); ++block) {
    const auto [first, count] = rows_of(pattern, block);
    const MatrixView Q_i = Q.middleRows(first, count);  // (count, d_k)
    const std::vector<BlockRows> reads = rows_read(pattern, block);

    Matrix scores(count, number_of_rows(reads));
    Eigen::Index column = 0;
    for (const BlockRows& keys : reads) {
      auto piece = scores.middleCols(column, keys.count);  // (count, keys)
      piece = matmul_transposed(Q_i, K.middleRows(keys.first, keys.count)) / sqrt_d_k;
      mask.hide(piece, first, keys.first);
      column += keys.count;
    }

    const Matrix weights = softmax_rows(scores);
    column = 0;
    for (const BlockRows& keys : reads) {
      result.middleRows(first, count) +=
          matmul(weights.middleCols(column, keys.count), V.middleRows(keys.first, keys.count));
      column += keys.count;
    }
  }
  return result;
}

}  // namespace riverbank
