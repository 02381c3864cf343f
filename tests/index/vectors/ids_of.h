#pragma once

#include <cstdint>
#include <vector>

#include "index/vectors/vector_index.h"

namespace riverbank::testing {

inline std::vector<std::int64_t> ids_of(const std::vector<Neighbour>& neighbours) {
  std::vector<std::int64_t> ids;
  for (const Neighbour& neighbour : neighbours) ids.push_back(neighbour.id);
  return ids;
}

}  // namespace riverbank::testing
