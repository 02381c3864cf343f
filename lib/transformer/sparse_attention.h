#pragma once

#include <cstdint>
#include <vector>

#include "lib/math/matrix.h"
#include "lib/transformer/masks.h"

namespace riverbank {

/// Which blocks of keys each block of queries reads. A block is block_size neighbouring tokens; the last one may be
/// shorter.
struct BlockPattern {
  Eigen::Index tokens = 0;
  Eigen::Index block_size = 0;
  std::vector<std::vector<Eigen::Index>> reads;  ///< of each block of queries, the blocks of keys, ascending
};

/// How much BigBird looks at, in blocks; these are the sizes of the paper's base model (appendix E).
struct BigBirdSizes {
  Eigen::Index block_size = 64;
  Eigen::Index global_blocks = 2;  ///< the text's first: they read all blocks, and all blocks read them
  Eigen::Index window_blocks = 3;  ///< the block itself and its neighbours, an odd number
  Eigen::Index random_blocks = 3;  ///< any others, chosen by the seed; fewer when there are no more
  std::uint64_t seed = 0;
};

/// BigBird's pattern for a text of T tokens (Zaheer et al., arXiv:2007.14062, section 2 and figure 1; the form with
/// global tokens inside the text, "ITC"): a few blocks see and are seen by everybody, everybody sees the neighbours,
/// and random blocks make the way from any token to any other short. The same seed gives the same pattern everywhere.
/// Throws Error kInvalidArgument for T below 1, a block size below 1, an even or negative window, or a negative number
/// of blocks.
BlockPattern big_bird_pattern(Eigen::Index T, const BigBirdSizes& sizes = {});

/// Self-attention over the pairs of blocks in a pattern alone:
///
///     A_i = softmax(Q_i K_r^T / sqrt(d_k)) V_r,   Q_i one block of queries, K_r and V_r the blocks that it reads
///
/// Time and memory are those of the pairs that are read, linear in T for BigBird's; with all blocks read it is
/// attention(). Q (T, d_k), K (T, d_k), V (T, d_v) -> (T, d_v). Any thread.
/// Throws Error kInvalidArgument as attention() does, when there are not as many queries as keys, and for a pattern
/// that is for another number of tokens or names a block that there is not.
Matrix sparse_attention(const MatrixView& Q, const MatrixView& K, const MatrixView& V, const BlockPattern& pattern,
                        const Mask& mask = {});

}  // namespace riverbank
