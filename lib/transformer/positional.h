#pragma once

#include "lib/math/matrix.h"

namespace riverbank {

// Attention has no order: permute the tokens and the vectors are permuted. What tells it where a token stands is a
// vector added to the token's own, and this file is the two ways to get that vector. Two more ways come in where the
// scores are made: rotary_positions.h turns queries and keys, alibi.h takes from the score.

/// Learned positions, one row of a table for each place in the text, as in BERT (arXiv:1810.04805, section 3 and
/// figure 2). The table must outlive it. Immutable, any thread.
class LearnedPositions {
 public:
  /// table (max_positions, d_model).
  explicit LearnedPositions(const MatrixMap& table) : table_(table) {}

  /// The vectors of the places 0 to T - 1 -> (T, d_model).
  /// Throws Error kInvalidArgument when the text is longer than the table.
  MatrixView forward(Eigen::Index T) const;

 private:
  MatrixMap table_;
};

/// Sinusoidal positions, section 3.5 of "Attention Is All You Need" (arXiv:1706.03762): a clock with d_model / 2 hands,
/// the first going round in 2 pi tokens, the last in almost 10000 times as many where the model is wide.
///
///     PE(pos, 2i)     = sin(pos / 10000^(2i / d_model))
///     PE(pos, 2i + 1) = cos(pos / 10000^(2i / d_model))
///
/// The vector k places on is the same rotation of each hand wherever one starts, so that a layer can learn to look
/// k places away. The places first to first + T - 1 -> (T, d_model). Any thread.
/// Throws Error kInvalidArgument when d_model is odd or below 2, or T or first negative.
Matrix sinusoidal_positions(Eigen::Index T, Eigen::Index d_model, Eigen::Index first = 0);

}  // namespace riverbank
