#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "index/vectors/graph_format.h"
#include "index/vectors/graph_node.h"
#include "index/vectors/hnsw_index.h"
#include "index/vectors/vector_graph.h"
#include "lib/base/parallel.h"

namespace riverbank {

/// A graph in its file, mapped and searched in place: nothing is copied, and a block is checked when a search first
/// comes to it. Copies share the file. Any thread.
class MappedGraph : public VectorGraph {
 public:
  /// Looks at the header and at what holds the graph together. Throws Error: kNotFound, kCorrupt (cut, flipped, or no
  /// graph at all; without its vectors), kUnsupported (another version's), kIo.
  static MappedGraph open(const std::filesystem::path& file);

  const GraphSource& source() const;
  /// The same without some of its vectors: they become tombstones, here and not in the file.
  MappedGraph without(std::span<const std::int64_t> ids) const;

  /// Looks at every block. Throws Error kCorrupt.
  void check(ThreadPool* pool = nullptr) const;
  /// The same as a graph that grows, its vectors in a file without a name beside this one. Every block, size, link,
  /// level and id is looked at. Throws Error: kCorrupt, kIo.
  HnswIndex grow(ThreadPool* pool = nullptr) const;

  std::vector<Neighbour> search(std::span<const float> question, std::size_t k, std::size_t ef,
                                const IdFilter& filter = {}) const override;
  std::vector<Neighbour> scan(std::span<const float> question, std::size_t k,
                              const IdFilter& filter = {}) const override;
  std::vector<std::int64_t> ids() const override;
  std::size_t size() const override;
  std::size_t tombstones() const override { return dead_count_; }
  std::int64_t max_id() const override;
  std::size_t dimensions() const override;
  std::vector<float> vector(std::int64_t id) const override;
  void for_each_vector(const Visit& visit) const override;

 private:
  struct File;
  class View;
  explicit MappedGraph(std::shared_ptr<const File> file);

  std::shared_ptr<const File> file_;
  NodeSet dead_;
  std::size_t dead_count_ = 0;
};

}  // namespace riverbank
