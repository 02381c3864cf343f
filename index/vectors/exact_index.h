#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "index/vectors/vector_index.h"

namespace riverbank {

/// Vectors in memory, compared one by one. Any number of threads may search while none adds.
class ExactIndex {
 public:
  explicit ExactIndex(std::size_t dimensions);

  /// Throws Error kInvalidArgument when the vector's size is not dimensions().
  void add(std::int64_t id, std::span<const float> vector);

  std::size_t size() const { return ids_.size(); }
  std::size_t dimensions() const { return dimensions_; }
  std::span<const std::int64_t> ids() const { return ids_; }
  /// The i-th that was added.
  std::span<const float> row(std::size_t i) const { return std::span(vectors_).subspan(i * dimensions_, dimensions_); }

  /// The k most similar that pass the filter, best first, equal ones by ascending id.
  std::vector<Neighbour> search(std::span<const float> question, std::size_t k, const IdFilter& filter = {}) const;

 private:
  std::size_t dimensions_;
  std::vector<std::int64_t> ids_;
  std::vector<float> vectors_;  // (size(), dimensions)
};

}  // namespace riverbank
