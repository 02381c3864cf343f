#include "lib/engine/text_groups.h"

#include <utility>

namespace riverbank {

std::vector<TextGroup> groups_of(const RaggedBatch& batch, std::size_t tokens) {
  std::vector<TextGroup> groups;
  const auto& starts = batch.starts;
  for (std::size_t first = 0, last = 0; first + 1 < starts.size(); first = last) {
    const std::size_t row = starts[first];
    TextGroup group{.first_text = first, .first_row = row, .ids = {}, .type_ids = {}, .starts = {0}};
    for (last = first; last + 1 < starts.size(); ++last) {
      if (last > first && starts[last + 1] - row > tokens) break;
      group.starts.push_back(starts[last + 1] - row);
    }
    const std::size_t rows = group.starts.back();
    group.ids = batch.ids.subspan(row, rows);
    if (!batch.type_ids.empty()) group.type_ids = batch.type_ids.subspan(row, rows);
    groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace riverbank
