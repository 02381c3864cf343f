#pragma once

#include <cstdint>
#include <span>

#include "lib/math/matrix.h"

namespace riverbank {

/// The input of encoder and decoder, sections 3.4 and 3.5 of "Attention Is All You Need": a learned row for each token,
/// made as large as the positions are, and a sinusoidal vector for its place:
///
///     E_t = sqrt(d_model) table[id_t] + PE(t)
///
/// The table must outlive it. Immutable, any thread.
class ScaledEmbeddings {
 public:
  /// table (vocabulary_size, d_model); max_positions is the longest text.
  ScaledEmbeddings(const MatrixMap& table, Eigen::Index max_positions) : table_(table), max_positions_(max_positions) {}

  /// ids (T), the first of them in the place `first` -> (T, d_model). Throws Error kInvalidArgument for an id that the
  /// table does not have, for a text that ends behind the last position, and for no id.
  Matrix forward(std::span<const std::int32_t> ids, Eigen::Index first = 0) const;

 private:
  MatrixMap table_;
  Eigen::Index max_positions_;
};

}  // namespace riverbank
