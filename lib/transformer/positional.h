#pragma once

#include "lib/math/matrix.h"

namespace riverbank {

// Attention has no order: permute the tokens and the vectors are permuted. What tells it where a token stands is a
// vector added to the token's own, and this file is the ways to get that vector.

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

}  // namespace riverbank
