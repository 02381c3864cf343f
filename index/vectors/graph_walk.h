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
  graph.expect_links(node);                             // its links on level 0 may soon be wanted: fetches them
  graph.compare(question, nodes, similarities);         // as Codes::compare()
};

/// Walks of one question through one graph. One thread.
template <Walkable Graph>
class Walk {
 public:
  /// Borrows both.
  Walk(const Graph& graph, CodedVector question) : graph_(graph), question_(question), visited_(graph.nodes()) {}

  /// Algorithm 2 of arXiv:1603.09320: the `ef` nearest to the question that a walk over the links of one level meets
  /// from `starts` on, best first. Those refused carry the walk but are not found; null: none.
  std::vector<Step> on_level(int level, std::span<const Step> starts, std::size_t ef, const NodeSet* refused);

  /// From the entry point down to where a walk on `level` is to start: on each level above it the `width` nearest.
  std::vector<Step> down_to(int level, std::size_t width);

 private:
  void meet(Step step, int level, std::size_t ef, const NodeSet* refused);

  const Graph& graph_;
  const CodedVector question_;
  NodeSet visited_;
  std::vector<Node> visits_;    // what visited_ holds
  std::vector<Step> frontier_;  // a heap, the nearest on top
  std::vector<Step> found_;     // a heap, the farthest on top
};

template <Walkable Graph>
void Walk<Graph>::meet(Step step, int level, std::size_t ef, const NodeSet* refused) {
  if (found_.size() == ef && step.similarity <= found_.front().similarity) return;
  if (level == 0) graph_.expect_links(step.node);
  frontier_.push_back(step);
  std::push_heap(frontier_.begin(), frontier_.end());
  if (refused != nullptr && refused->contains(step.node)) return;
  if (found_.size() == ef) {
    std::pop_heap(found_.begin(), found_.end(), std::greater<>());
    found_.back() = step;
  } else {
    found_.push_back(step);
  }
  std::push_heap(found_.begin(), found_.end(), std::greater<>());
}

template <Walkable Graph>
std::vector<Step> Walk<Graph>::on_level(int level, std::span<const Step> starts, std::size_t ef,
                                        const NodeSet* refused) {
  for (const Node node : visits_) visited_.erase(node);
  visits_.clear();
  frontier_.clear();
  found_.clear();
  for (const Step& start : starts) {
    visited_.insert(start.node);
    visits_.push_back(start.node);
    meet(start, level, ef, refused);
  }
  std::array<float, Codes::kMostAtOnce> similarities;
  while (!frontier_.empty()) {
    const Step near = frontier_.front();
    if (found_.size() == ef && near.similarity < found_.front().similarity) break;
    std::pop_heap(frontier_.begin(), frontier_.end());
    frontier_.pop_back();
    const std::size_t before = visits_.size();
    for (const Node next : graph_.links(near.node, level)) {
      if (visited_.insert(next)) visits_.push_back(next);
    }
    const auto fresh = std::span(visits_).subspan(before);
    graph_.compare(question_, fresh, similarities.data());
    for (std::size_t i = 0; i < fresh.size(); ++i) meet({similarities[i], fresh[i]}, level, ef, refused);
  }
  std::sort_heap(found_.begin(), found_.end(), std::greater<>());
  return found_;
}

template <Walkable Graph>
std::vector<Step> Walk<Graph>::down_to(int level, std::size_t width) {
  Step entry{0, graph_.entry()};
  graph_.compare(question_, std::span(&entry.node, 1), &entry.similarity);
  std::vector<Step> nearest{entry};
  for (int above = graph_.top_level(); above > level; --above) nearest = on_level(above, nearest, width, nullptr);
  return nearest;
}

}  // namespace riverbank
