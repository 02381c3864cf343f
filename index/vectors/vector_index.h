#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace riverbank {

/// A vector found, with its similarity to the question (the inner product: cosine, as all are unit vectors).
struct Neighbour {
  std::int64_t id = 0;
  float similarity = 0;
};

/// Which ids may be found. Empty: all.
using IdFilter = std::function<bool(std::int64_t id)>;

}  // namespace riverbank
