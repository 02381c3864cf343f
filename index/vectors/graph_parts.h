#pragma once

#include <cstddef>
#include <cstdint>
#include <shared_mutex>
#include <span>
#include <string>
#include <vector>

#include "index/vectors/graph_node.h"
#include "index/vectors/hnsw_index.h"
#include "lib/base/nameless_file.h"

namespace riverbank {

/// A node that stands on more levels than the lowest.
struct UpperNode {
  Node node = 0;
  std::uint32_t first_list = 0;  ///< of GraphParts::upper_links: that of level 1; the next node's comes after the last
};

/// A graph as its file has it, in somebody else's memory. The vectors themselves are elsewhere.
struct GraphParts {
  std::size_t dimensions = 0;
  Node entry = 0;                          ///< where searches begin: of the highest level
  std::span<const std::int8_t> codes;      ///< (N, code_bytes(dimensions))
  std::span<const Node> links;             ///< (N, kLowestLinks), kNoNode where there are fewer
  std::span<const float> scales;           ///< (N)
  std::span<const std::int64_t> ids;       ///< (N)
  std::span<const UpperNode> upper_nodes;  ///< by ascending node
  std::span<const Node> upper_links;       ///< (lists, kGraphM), as links
  std::span<const Node> tombstones;        ///< ascending

  std::size_t nodes() const { return ids.size(); }
  std::size_t upper_lists() const { return upper_links.size() / kGraphM; }
  /// How many lists of links a node of upper_nodes has: its level.
  int level_of(std::size_t upper) const {
    const std::size_t end = upper + 1 < upper_nodes.size() ? upper_nodes[upper + 1].first_list : upper_lists();
    return static_cast<int>(end - upper_nodes[upper].first_list);
  }
  /// The place in upper_nodes; upper_nodes.size() for a node of the lowest level alone.
  std::size_t find_upper(Node node) const;

  /// What is wrong with what holds the graph together: upper nodes, entry, tombstones; empty when nothing is. Looks at
  /// no link and no id.
  std::string frame_damage() const;
  /// A graph of its own, once every link, number and id has been looked at. `vectors` holds (N, dimensions) floats.
  /// Throws Error kCorrupt, in which the file is called `name`.
  HnswIndex to_graph(const std::string& name, NamelessFile vectors) const;
};

/// The parts of a graph that grows. While they live searches go on and adding waits.
struct OwnedGraphParts {
  explicit OwnedGraphParts(const HnswIndex& graph);

  GraphParts parts;             // of the graph's memory and of what follows
  const NamelessFile* vectors;  // (N, dimensions) floats
  std::vector<Node> links, upper_links, tombstones;
  std::vector<std::int64_t> ids;
  std::vector<UpperNode> upper_nodes;
  std::shared_lock<std::shared_mutex> lock;
};

}  // namespace riverbank
