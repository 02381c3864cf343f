#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <span>
#include <string>
#include <vector>

#include "index/vectors/hnsw_index.h"

namespace riverbank {

/// How the nodes of a graph lie in memory and in its file, hnswlib's own way. A node is, at `stride` bytes each:
///
///     u32 number of links (at most 2 M) | u32 links[2 M] | f32 vector[dimensions] | u64 id
///
/// and a node of level l > 0 has l more lists, for the levels 1 to l: u32 number (at most M) | u32 links[M].
struct GraphLayout {
  explicit GraphLayout(std::size_t dimensions_of_vectors) : dimensions(dimensions_of_vectors) {}

  std::size_t dimensions;
  static constexpr std::size_t kLowestLinks = 2 * HnswIndex::kM;
  static constexpr std::size_t kVectorAt = sizeof(std::uint32_t) * (1 + kLowestLinks);
  static constexpr std::size_t kUpperListBytes = sizeof(std::uint32_t) * (1 + HnswIndex::kM);
  std::size_t id_at() const { return kVectorAt + dimensions * sizeof(float); }
  std::size_t stride() const { return id_at() + sizeof(std::uint64_t); }
};

inline constexpr std::size_t kMostDimensions = 65'536;
inline constexpr std::size_t kMostNodes = (std::size_t{1} << 31U) - 1;  // hnswlib counts visited nodes in an int
inline constexpr int kMostLevels = 15;

/// A graph as plain bytes, on its way to a file or from one.
struct GraphParts {
  std::size_t dimensions = 0;
  std::uint32_t entry = 0;           ///< the node where searches begin
  std::vector<std::uint8_t> levels;  ///< of each node
  std::vector<std::uint8_t> dead;    ///< 1 for a tombstone
  std::span<const std::byte> nodes;  ///< (levels.size(), stride) bytes
  std::vector<std::byte> upper;      ///< the lists above the lowest level, node after node, level after level

  /// While it lives searches go on and adding waits.
  std::shared_lock<std::shared_mutex> lock;

  /// Those of a graph; `nodes` is the graph's own memory.
  static GraphParts of(const HnswIndex& graph);
  /// A graph of its own, once every level, link, number and id has been looked at. levels and dead are of one size, and
  /// nodes of that many strides. Throws Error kCorrupt, in which the file is called `name`.
  HnswIndex to_graph(const std::string& name) const;
};

}  // namespace riverbank
