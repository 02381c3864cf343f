#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "index/vectors/graph_walk.h"
#include "index/vectors/top_k.h"
#include "lib/math/dot.h"
#include "riverbank/error.h"

namespace riverbank {

/// A Walkable graph that also knows who is who and the vectors themselves.
template <typename Graph>
concept Searchable = Walkable<Graph> && requires(const Graph& graph, Node node) {
  { graph.id(node) } -> std::same_as<std::int64_t>;
  { graph.exact(node) } -> std::convertible_to<std::span<const float>>;
  { graph.dead() } -> std::same_as<const NodeSet&>;  // tombstones
  { graph.dead_count() } -> std::convertible_to<std::size_t>;
};

template <Searchable Graph>
float exact_similarity(const Graph& graph, std::span<const float> question, Node node) {
  return dot(question.data(), graph.exact(node).data(), question.size());
}

/// Tombstones and those that the filter refuses, and how many nodes are left.
struct Refused {
  NodeSet nodes;
  std::size_t left = 0;
};
template <Searchable Graph>
Refused refuse(const Graph& graph, const IdFilter& filter) {
  Refused refused{graph.dead(), 0};
  for (Node node = 0; node < graph.nodes(); ++node) {
    if (refused.nodes.contains(node)) continue;
    if (filter && !filter(graph.id(node))) {
      refused.nodes.insert(node);
    } else {
      ++refused.left;
    }
  }
  return refused;
}

/// The nearest by code of all that are not refused, best first.
template <Searchable Graph>
std::vector<Step> scan_codes(const Graph& graph, CodedVector question, std::size_t count, const NodeSet& refused) {
  std::vector<Step> best;  // a heap, the farthest on top
  std::array<Node, Codes::kMostAtOnce> nodes;
  std::array<float, Codes::kMostAtOnce> similarities;
  std::size_t together = 0;
  const auto compare = [&] {
    graph.compare(question, std::span(nodes).first(together), similarities.data());
    for (std::size_t i = 0; i < together; ++i) {
      const Step step{similarities[i], nodes[i]};
      if (best.size() == count) {
        if (!(step > best.front())) continue;
        std::pop_heap(best.begin(), best.end(), std::greater<>());
        best.pop_back();
      }
      best.push_back(step);
      std::push_heap(best.begin(), best.end(), std::greater<>());
    }
    together = 0;
  };
  for (Node node = 0; node < graph.nodes(); ++node) {
    if (refused.contains(node)) continue;
    nodes[together++] = node;
    if (together == nodes.size()) compare();
  }
  compare();
  std::sort_heap(best.begin(), best.end(), std::greater<>());
  return best;
}

/// VectorGraph::scan().
template <Searchable Graph>
std::vector<Neighbour> scan_graph(const Graph& graph, std::span<const float> question, std::size_t k,
                                  const IdFilter& filter) {
  const Refused refused = refuse(graph, filter);
  TopK best(std::min(k, refused.left));
  for (Node node = 0; node < graph.nodes(); ++node) {
    if (!refused.nodes.contains(node)) best.offer({graph.id(node), exact_similarity(graph, question, node)});
  }
  return best.take();
}

/// VectorGraph::search(): a walk or a scan over the codes, whichever costs less, then the exact order of the best.
template <Searchable Graph>
std::vector<Neighbour> search_graph(const Graph& graph, std::span<const float> question, std::size_t k, std::size_t ef,
                                    const IdFilter& filter) {
  // The paper comes down to the lowest level at one node. Where vectors lie in tight clusters that may be one of a
  // wrong cluster, whose links lead nowhere else: of a million vectors (165,000 sentences and what lies between them),
  // ef 128, recall@10 .980; with ef / 8 nodes .991, for a tenth more time.
  constexpr std::size_t kWiden = 8;
  // A walk meets about kLooks ef nodes, and as many more as fewer of them pass; a scan meets those that pass, one after
  // the other, which costs kInOrder as much each.
  constexpr double kLooks = 20, kInOrder = 0.4;
  std::optional<Refused> filtered;
  if (filter) filtered = refuse(graph, filter);
  const std::size_t live = filtered ? filtered->left : graph.nodes() - graph.dead_count();
  k = std::min(k, live);
  if (k == 0) return {};
  ef = std::clamp(ef, k, live);
  const NodeSet& refused = filtered ? filtered->nodes : graph.dead();
  const std::size_t rescored = 2 * k + 16;  // codes put a true neighbour further behind than that once in a thousand
  const double left = static_cast<double>(live);
  const double walk_cost = kLooks * static_cast<double>(ef) * static_cast<double>(graph.nodes()) / left;
  const CodedQuestion coded(question);
  std::vector<Step> near;
  if (kInOrder * left <= walk_cost) {
    near = scan_codes(graph, coded.coded(), rescored, refused);
  } else {
    const bool refuses = live < graph.nodes();
    Walk walk(graph, coded.coded());
    near = walk.on_level(0, walk.down_to(0, std::max(ef / kWiden, std::size_t{1})), ef, refuses ? &refused : nullptr);
  }
  TopK best(k);
  for (const Step& step : std::span(near).first(std::min(near.size(), rescored))) {
    best.offer({graph.id(step.node), exact_similarity(graph, question, step.node)});
  }
  return best.take();
}

/// Those that can be found, ascending.
template <Searchable Graph>
std::vector<std::int64_t> live_ids(const Graph& graph) {
  std::vector<std::int64_t> ids;
  for (Node node = 0; node < graph.nodes(); ++node) {
    if (!graph.dead().contains(node)) ids.push_back(graph.id(node));
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

/// Throws Error kInvalidArgument.
inline void require_size(std::size_t found, std::size_t expected) {
  if (found == expected) return;
  throw Error(ErrorKind::kInvalidArgument,
              "a vector of " + std::to_string(found) + " numbers does not fit an index of " + std::to_string(expected));
}

}  // namespace riverbank
