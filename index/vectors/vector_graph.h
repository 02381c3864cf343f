#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "index/vectors/vector_index.h"

namespace riverbank {

/// Unit vectors that can be asked for the nearest to a question: a graph that grows (HnswIndex), one that is mapped
/// (MappedGraph), and such a one with what came later (CaughtUpGraph). Any number of threads may ask.
class VectorGraph {
 public:
  virtual ~VectorGraph() = default;

  /// The k most similar, best first, equal ones by ascending id; `ef` (at least k) candidates are kept on the way: more
  /// cost time and find more of them. When few ids pass the filter those are scanned, so that the answer is right at
  /// any selectivity. Throws Error kInvalidArgument for a question of another size, kCorrupt when the part of a file
  /// that the search came to is damaged.
  virtual std::vector<Neighbour> search(std::span<const float> question, std::size_t k, std::size_t ef,
                                        const IdFilter& filter = {}) const = 0;
  /// The same by comparing all: exact, no graph.
  virtual std::vector<Neighbour> scan(std::span<const float> question, std::size_t k,
                                      const IdFilter& filter = {}) const = 0;

  /// Those that can be found, ascending.
  virtual std::vector<std::int64_t> ids() const = 0;
  virtual std::size_t size() const = 0;        ///< how many can be found
  virtual std::size_t tombstones() const = 0;  ///< how many were removed and still carry links
  /// The greatest id ever added, removed ones too; 0 for none.
  virtual std::int64_t max_id() const = 0;
  virtual std::size_t dimensions() const = 0;
  /// Empty when there is no such id.
  virtual std::vector<float> vector(std::int64_t id) const = 0;
  /// Visits all that can be found, in some order; a vector is there until the visit ends.
  using Visit = std::function<void(std::int64_t id, std::span<const float> vector)>;
  virtual void for_each_vector(const Visit& visit) const = 0;
};

}  // namespace riverbank
