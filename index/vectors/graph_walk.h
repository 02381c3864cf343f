#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <functional>
#include <span>
#include <vector>

#include "index/vectors/codes.h"
#include "index/vectors/graph_node.h"

namespace riverbank {

/// What a walk needs of a graph, one that grows or one that is mapped.
template <typename Graph>
concept Walkable = requires(const Graph& graph, Node node, int level, CodedVector question, std::span<const Node> nodes,
                            float* similarities) {
  { graph.nodes() } -> std::convertible_to<std::size_t>;
  { graph.entry() } -> std::same_as<Node>;
  { graph.top_level() } -> std::same_as<int>;
  { graph.links(node, level) } -> std::same_as<Links>;  // all of them nodes of this level
  graph.compare(question, nodes, similarities);         // as Codes::compare()
};

template <Walkable Graph>
Step step_to(const Graph& graph, CodedVector question, Node node) {
  Step step{0, node};
  graph.compare(question, std::span(&node, 1), &step.similarity);
  return step;
}

/// From the entry point down to `to_level`, on each level above it to the nearest there is.
template <Walkable Graph>
Node descend(const Graph& graph, CodedVector question, int to_level) {
  std::array<float, Codes::kMostAtOnce> similarities;
  Step nearest = step_to(graph, question, graph.entry());
  for (int level = graph.top_level(); level > to_level; --level) {
    for (bool moved = true; moved;) {
      moved = false;
      const Links links = graph.links(nearest.node, level);
      graph.compare(question, std::span(links.first, links.size), similarities.data());
      for (std::size_t i = 0; i < links.size; ++i) {
        if (!(similarities[i] > nearest.similarity)) continue;  // a number that is none leads nowhere
        nearest = {similarities[i], links.first[i]};
        moved = true;
      }
    }
  }
  return nearest.node;
}

/// Algorithm 2 of arXiv:1603.09320: the `ef` nearest to the question that a walk over the links of one level meets from
/// `start` on, best first. Those refused carry the walk but are not found; null: none.
template <Walkable Graph>
std::vector<Step> walk(const Graph& graph, CodedVector question, Node start, int level, std::size_t ef,
                       const NodeSet* refused) {
  std::vector<Step> frontier;  // a heap, the nearest on top
  std::vector<Step> found;     // a heap, the farthest on top
  found.reserve(std::min(ef, graph.nodes()) + 1);
  NodeSet visited(graph.nodes());
  std::array<Node, Codes::kMostAtOnce> fresh;
  std::array<float, Codes::kMostAtOnce> similarities;
  const auto meet = [&](Step step) {
    if (found.size() == ef && step.similarity <= found.front().similarity) return;
    frontier.push_back(step);
    std::push_heap(frontier.begin(), frontier.end());
    if (refused != nullptr && refused->contains(step.node)) return;
    if (found.size() == ef) {
      std::pop_heap(found.begin(), found.end(), std::greater<>());
      found.back() = step;
    } else {
      found.push_back(step);
    }
    std::push_heap(found.begin(), found.end(), std::greater<>());
  };
  visited.insert(start);
  meet(step_to(graph, question, start));
  while (!frontier.empty()) {
    const Step near = frontier.front();
    if (found.size() == ef && near.similarity < found.front().similarity) break;
    std::pop_heap(frontier.begin(), frontier.end());
    frontier.pop_back();
    std::size_t count = 0;
    for (const Node next : graph.links(near.node, level)) {
      if (visited.insert(next)) fresh[count++] = next;
    }
    graph.compare(question, std::span(fresh).first(count), similarities.data());
    for (std::size_t i = 0; i < count; ++i) meet({similarities[i], fresh[i]});
  }
  std::sort_heap(found.begin(), found.end(), std::greater<>());
  return found;
}

}  // namespace riverbank
