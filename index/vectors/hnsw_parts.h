#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <utility>
#include <vector>

#include "index/vectors/hnsw_index.h"
#include "index/vectors/hnsw_memory.h"
#include "lib/base/nameless_file.h"

namespace riverbank {

/// What an HnswIndex is made of. Searchable.
struct HnswIndex::Parts {
  Parts(std::size_t dimensions_of_vectors, NamelessFile vectors_themselves)
      : dimensions(dimensions_of_vectors), memory(dimensions_of_vectors), vectors(std::move(vectors_themselves)) {}

  std::size_t dimensions;
  HnswMemory memory;
  NamelessFile vectors;  // (nodes(), dimensions) floats
  NodeSet dead_nodes;
  std::size_t dead_nodes_count = 0;
  std::int64_t max_id = 0;
  mutable std::shared_mutex mutex;  // searches share it
  mutable std::mutex turn;  // held while waiting for the other: who searches all the time must not keep adding out

  std::shared_lock<std::shared_mutex> lock_to_read() const {
    const std::lock_guard wait(turn);
    return std::shared_lock(mutex);
  }
  std::unique_lock<std::shared_mutex> lock_to_write() {
    const std::lock_guard wait(turn);
    return std::unique_lock(mutex);
  }

  std::size_t nodes() const { return memory.nodes(); }
  Node entry() const { return memory.entry(); }
  int top_level() const { return memory.top_level(); }
  Links links(Node node, int level) const { return memory.links(node, level); }
  void expect_links(Node node) const { memory.expect_links(node); }
  void compare(CodedVector vector, std::span<const Node> some, float* similarities) const {
    memory.compare(vector, some, similarities);
  }
  std::int64_t id(Node node) const { return memory.id(node); }
  std::vector<float> exact(Node node) const { return exact(node, 1); }
  /// Of `count` nodes, one after the other.
  std::vector<float> exact(Node first, std::size_t count) const {
    std::vector<float> rows(count * dimensions);
    vectors.read(first * row_bytes(), std::as_writable_bytes(std::span(rows)));
    return rows;
  }
  std::size_t row_bytes() const { return dimensions * sizeof(float); }
  const NodeSet& dead() const { return dead_nodes; }
  std::size_t dead_count() const { return dead_nodes_count; }

  std::optional<Node> find_live(std::int64_t id) const {
    const auto node = memory.find(id);
    return node && !dead_nodes.contains(*node) ? node : std::nullopt;
  }
};

}  // namespace riverbank
