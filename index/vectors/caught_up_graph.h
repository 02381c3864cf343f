#pragma once

#include <optional>

#include "index/vectors/exact_index.h"
#include "index/vectors/mapped_graph.h"

namespace riverbank {

/// A graph in its file with the few vectors that came after it, which are compared one by one: asking needs no graph
/// that grows. Any thread.
class CaughtUpGraph : public VectorGraph {
 public:
  /// Ids of the later ones are greater than all of the graph's. Without a graph all are later.
  CaughtUpGraph(std::optional<MappedGraph> graph, ExactIndex later);

  std::vector<Neighbour> search(std::span<const float> question, std::size_t k, std::size_t ef,
                                const IdFilter& filter = {}) const override;
  std::vector<Neighbour> scan(std::span<const float> question, std::size_t k,
                              const IdFilter& filter = {}) const override;
  std::vector<std::int64_t> ids() const override;
  std::size_t size() const override;
  std::size_t tombstones() const override;
  std::int64_t max_id() const override;
  std::size_t dimensions() const override;
  std::vector<float> vector(std::int64_t id) const override;
  void for_each_vector(const Visit& visit) const override;

 private:
  std::vector<Neighbour> merge(std::vector<Neighbour> near, std::span<const float> question, std::size_t k,
                               const IdFilter& filter) const;

  std::optional<MappedGraph> graph_;
  ExactIndex later_;
};

}  // namespace riverbank
