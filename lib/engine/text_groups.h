#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/engine/engine.h"

namespace riverbank {

/// Consecutive texts of a batch, as a batch of their own. Borrows the batch's ids and types.
struct TextGroup {
  std::size_t first_text = 0, first_row = 0;  ///< where in the batch it begins
  std::span<const std::int32_t> ids, type_ids;
  std::vector<std::size_t> starts;

  RaggedBatch batch() const { return {ids, type_ids, starts}; }
};

/// All texts of a batch, in order, in groups of at most `tokens`, or of one text that is longer.
std::vector<TextGroup> groups_of(const RaggedBatch& batch, std::size_t tokens);

}  // namespace riverbank
