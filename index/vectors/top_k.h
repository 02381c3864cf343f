#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "index/vectors/vector_index.h"

namespace riverbank {

/// Whether a comes before b: more similar, or as similar with the smaller id. A total order, so that every way to find
/// the same vectors lists them alike.
inline bool comes_before(const Neighbour& a, const Neighbour& b) {
  return a.similarity != b.similarity ? a.similarity > b.similarity : a.id < b.id;
}

/// Keeps the k that come first of all that are offered, in a heap. One thread.
class TopK {
 public:
  explicit TopK(std::size_t k) : k_(k) {}

  void offer(Neighbour neighbour) {
    if (neighbour.similarity != neighbour.similarity) {  // NaN: out of a damaged vector; it would break the order
      neighbour.similarity = -std::numeric_limits<float>::infinity();
    }
    if (heap_.size() < k_) {
      heap_.push_back(neighbour);
      std::push_heap(heap_.begin(), heap_.end(), comes_before);
    } else if (k_ > 0 && comes_before(neighbour, heap_.front())) {
      std::pop_heap(heap_.begin(), heap_.end(), comes_before);
      heap_.back() = neighbour;
      std::push_heap(heap_.begin(), heap_.end(), comes_before);
    }
  }

  /// Best first; empty afterwards.
  std::vector<Neighbour> take() {
    std::sort_heap(heap_.begin(), heap_.end(), comes_before);
    return std::exchange(heap_, {});
  }

 private:
  std::size_t k_;
  std::vector<Neighbour> heap_;  // the last of those kept in front
};

}  // namespace riverbank
