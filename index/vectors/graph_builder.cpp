#include "index/vectors/graph_builder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <vector>

#include "index/vectors/graph_walk.h"

namespace riverbank {
namespace {

using Chosen = std::vector<std::vector<Node>>;  // by level, nearest first

struct BackLink {
  Node target;
  int level;
  Node source;
  auto operator<=>(const BackLink&) const = default;  // NOLINT(modernize-use-nullptr): of generated code
};

/// Those of the batch that come before `node`, as candidates beside those found in the graph.
void add_mates(const HnswMemory& graph, Node node, Node first_of_batch, int level, std::vector<Step>& candidates) {
  std::array<Node, Codes::kMostAtOnce> mates;
  std::array<float, Codes::kMostAtOnce> similarities;
  std::size_t count = 0;
  const auto compare = [&] {
    graph.compare(graph.codes().of(node), std::span(mates).first(count), similarities.data());
    for (std::size_t i = 0; i < count; ++i) candidates.push_back({similarities[i], mates[i]});
    count = 0;
  };
  for (Node mate = first_of_batch; mate < node; ++mate) {
    if (graph.level(mate) < level) continue;
    mates[count++] = mate;
    if (count == mates.size()) compare();
  }
  compare();
}

/// Whom a new node links to, for each of its levels.
Chosen choose_neighbours(const HnswMemory& graph, Node node, Node first_of_batch) {
  const CodedVector vector = graph.codes().of(node);
  const int level_of_node = graph.level(node), top = graph.top_level();
  Chosen chosen(static_cast<std::size_t>(level_of_node) + 1);
  Walk walk(graph, vector);
  std::vector<Step> starts;
  if (top >= 0) starts = walk.down_to(std::min(level_of_node, top), 1);  // more starts make no better graph
  for (int level = level_of_node; level >= 0; --level) {
    std::vector<Step> candidates;
    if (level <= top) {
      candidates = walk.on_level(level, starts, kEfConstruction, nullptr);
      starts = candidates;
    }
    add_mates(graph, node, first_of_batch, level, candidates);
    std::sort(candidates.begin(), candidates.end(), std::greater<>());
    candidates.resize(std::min(candidates.size(), kEfConstruction));
    graph.keep_diverse(candidates, kGraphM);
    for (const Step& neighbour : candidates) chosen[static_cast<std::size_t>(level)].push_back(neighbour.node);
  }
  return chosen;
}

/// Adds `source` to the links of `target`; where they are full, those that the heuristic keeps stay.
void link_back(HnswMemory& graph, const BackLink& back) {
  const std::size_t most = back.level == 0 ? kLowestLinks : kGraphM;
  const Links old = graph.links(back.target, back.level);
  std::vector<Node> nodes(old.begin(), old.end());
  nodes.push_back(back.source);
  if (nodes.size() > most) {
    std::vector<float> similarities(nodes.size());
    const CodedVector target = graph.codes().of(back.target);
    graph.compare(target, std::span(nodes).first(most), similarities.data());
    graph.compare(target, std::span(nodes).subspan(most), similarities.data() + most);
    std::vector<Step> candidates;
    for (std::size_t i = 0; i < nodes.size(); ++i) candidates.push_back({similarities[i], nodes[i]});
    graph.keep_diverse(candidates, most);
    nodes.clear();
    for (const Step& kept : candidates) nodes.push_back(kept.node);
  }
  graph.set_links(back.target, back.level, nodes);
}

void link_all_back(HnswMemory& graph, std::vector<BackLink> back, ThreadPool* pool) {
  std::sort(back.begin(), back.end());
  std::vector<std::size_t> groups;  // where the links back of each target begin
  for (std::size_t i = 0; i < back.size(); ++i) {
    if (i == 0 || back[i].target != back[i - 1].target) groups.push_back(i);
  }
  groups.push_back(back.size());
  run(pool, groups.size() - 1, [&](std::size_t group, int) {
    for (std::size_t i = groups[group]; i < groups[group + 1]; ++i) link_back(graph, back[i]);
  });
}

}  // namespace

int level_of(std::int64_t id) {
  std::uint64_t x = static_cast<std::uint64_t>(id) + 0x9e3779b97f4a7c15U;  // splitmix64
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  x ^= x >> 31U;
  const double u = (static_cast<double>(x >> 11U) + 1.0) * 0x1p-53;  // (0, 1]
  return std::min(kMostLevels, static_cast<int>(-std::log(u) / std::log(static_cast<double>(kGraphM))));
}

std::size_t batch_size(std::size_t nodes) {
  constexpr std::size_t kMostAtOnce = 128, kShareOfGraph = 50;
  return std::clamp(nodes / kShareOfGraph, std::size_t{1}, kMostAtOnce);
}

void add_batch(HnswMemory& graph, std::span<const std::int64_t> ids, std::span<const float> vectors, ThreadPool* pool) {
  const auto first = static_cast<Node>(graph.nodes());
  const std::size_t dimensions = vectors.size() / ids.size();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    graph.place(ids[i], level_of(ids[i]), vectors.subspan(i * dimensions, dimensions));
  }
  std::vector<Chosen> chosen(ids.size());
  run(pool, ids.size(),
      [&](std::size_t i, int) { chosen[i] = choose_neighbours(graph, first + static_cast<Node>(i), first); });
  std::vector<BackLink> back;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Node node = first + static_cast<Node>(i);
    for (std::size_t level = 0; level < chosen[i].size(); ++level) {
      graph.set_links(node, static_cast<int>(level), chosen[i][level]);
      for (const Node target : chosen[i][level]) back.push_back({target, static_cast<int>(level), node});
    }
  }
  link_all_back(graph, std::move(back), pool);
  for (Node node = first; node < graph.nodes(); ++node) {
    if (graph.level(node) > graph.top_level()) graph.set_entry(node);
  }
}

}  // namespace riverbank
