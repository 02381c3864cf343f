#include "index/vectors/graph_parts.h"

#include <algorithm>
#include <utility>

#include "index/vectors/codes.h"
#include "index/vectors/hnsw_parts.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

void append_list(std::vector<Node>& lists, Links links, std::size_t room) {
  lists.insert(lists.end(), links.begin(), links.end());
  lists.insert(lists.end(), room - links.size, kNoNode);
}

/// The links of a list, up to the first place that is free; nothing behind it is looked at.
std::span<const Node> used(std::span<const Node> list) {
  return list.first(static_cast<std::size_t>(std::find(list.begin(), list.end(), kNoNode) - list.begin()));
}

}  // namespace

OwnedGraphParts::OwnedGraphParts(const HnswIndex& graph) {
  const HnswIndex::Parts& from = *graph.parts_;
  lock = from.lock_to_read();
  const HnswMemory& memory = from.memory;
  const std::size_t count = memory.nodes();
  links.reserve(count * kLowestLinks);
  ids.reserve(count);
  for (Node node = 0; node < count; ++node) {
    append_list(links, memory.links(node, 0), kLowestLinks);
    ids.push_back(memory.id(node));
    if (from.dead_nodes.contains(node)) tombstones.push_back(node);
    if (memory.level(node) == 0) continue;
    upper_nodes.push_back({node, static_cast<std::uint32_t>(upper_links.size() / kGraphM)});
    for (int level = 1; level <= memory.level(node); ++level) {
      append_list(upper_links, memory.links(node, level), kGraphM);
    }
  }
  const Codes& codes = memory.codes();
  parts = {from.dimensions,
           count == 0 ? 0 : memory.entry(),
           {codes.rows, count * codes.row_bytes},
           links,
           {codes.scales, count},
           ids,
           upper_nodes,
           upper_links,
           tombstones};
  vectors = &from.vectors;
}

std::size_t GraphParts::find_upper(Node node) const {
  const auto found = std::lower_bound(upper_nodes.begin(), upper_nodes.end(), node,
                                      [](const UpperNode& upper, Node wanted) { return upper.node < wanted; });
  if (found == upper_nodes.end() || found->node != node) return upper_nodes.size();
  return static_cast<std::size_t>(found - upper_nodes.begin());
}

std::string GraphParts::frame_damage() const {
  int top = 0;
  for (std::size_t i = 0; i < upper_nodes.size(); ++i) {
    if (upper_nodes[i].node >= nodes() || (i > 0 && upper_nodes[i].node <= upper_nodes[i - 1].node)) {
      return "its upper nodes are out of order";
    }
    if (i == 0 && upper_nodes[i].first_list != 0) return "its upper lists do not begin with the first";
    const std::size_t end = i + 1 < upper_nodes.size() ? upper_nodes[i + 1].first_list : upper_lists();
    if (end < upper_nodes[i].first_list) return "its upper lists are out of order";
    const int level = level_of(i);
    if (level < 1 || level > kMostLevels) return "a node has the level " + std::to_string(level);
    top = std::max(top, level);
  }
  if (upper_nodes.empty() && !upper_links.empty()) return "its upper lists are nobody's";
  if (nodes() == 0 ? entry != 0 : entry >= nodes()) return "its entry point is no node";
  const std::size_t upper = find_upper(entry);
  if ((upper == upper_nodes.size() ? 0 : level_of(upper)) != top) return "its entry point is not of the highest level";
  for (std::size_t i = 0; i < tombstones.size(); ++i) {
    if (tombstones[i] >= nodes() || (i > 0 && tombstones[i] <= tombstones[i - 1])) {
      return "its tombstones are out of order";
    }
  }
  return "";
}

HnswIndex GraphParts::to_graph(const std::string& name, NamelessFile vectors) const {
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorKind::kCorrupt, "the graph file " + name + " is damaged: " + what + "; it can be built anew");
  };
  if (const std::string damage = frame_damage(); !damage.empty()) fail(damage);
  HnswIndex index(std::make_unique<HnswIndex::Parts>(dimensions, std::move(vectors)));
  HnswIndex::Parts& into = *index.parts_;
  into.memory.make_room(nodes());
  std::vector<int> levels(nodes());
  for (std::size_t i = 0; i < upper_nodes.size(); ++i) levels[upper_nodes[i].node] = level_of(i);
  const std::size_t row = code_bytes(dimensions);
  for (Node node = 0; node < nodes(); ++node) {
    if (ids[node] < 0 || into.memory.find(ids[node])) {
      fail("the id " + std::to_string(ids[node]) + " stands in it twice or is negative");
    }
    into.memory.place(ids[node], levels[node], {codes.data() + node * row, scales[node]});
    into.max_id = std::max(into.max_id, ids[node]);
  }
  const auto set_links = [&](Node node, int level, std::span<const Node> list) {
    for (const Node next : used(list)) {
      if (next >= nodes() || levels[next] < level) fail("a list of links leads out of the graph");
    }
    into.memory.set_links(node, level, used(list));
  };
  for (Node node = 0; node < nodes(); ++node) set_links(node, 0, links.subspan(node * kLowestLinks, kLowestLinks));
  for (std::size_t i = 0; i < upper_nodes.size(); ++i) {
    for (int level = 1; level <= level_of(i); ++level) {
      const std::size_t list = upper_nodes[i].first_list + static_cast<std::size_t>(level) - 1;
      set_links(upper_nodes[i].node, level, upper_links.subspan(list * kGraphM, kGraphM));
    }
  }
  if (nodes() > 0) into.memory.set_entry(entry);
  into.dead_nodes.resize(nodes());
  for (const Node node : tombstones) into.dead_nodes.insert(node);
  into.dead_nodes_count = tombstones.size();
  return index;
}

}  // namespace riverbank
