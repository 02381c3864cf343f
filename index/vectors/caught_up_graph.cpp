#include "index/vectors/caught_up_graph.h"

#include <algorithm>
#include <utility>

#include "index/vectors/top_k.h"

namespace riverbank {

CaughtUpGraph::CaughtUpGraph(std::optional<MappedGraph> graph, ExactIndex later)
    : graph_(std::move(graph)), later_(std::move(later)) {}

std::vector<Neighbour> CaughtUpGraph::merge(std::vector<Neighbour> near, std::span<const float> question, std::size_t k,
                                            const IdFilter& filter) const {
  const std::vector<Neighbour> later = later_.search(question, k, filter);
  near.insert(near.end(), later.begin(), later.end());
  std::sort(near.begin(), near.end(), comes_before);
  near.resize(std::min(near.size(), k));
  return near;
}

std::vector<Neighbour> CaughtUpGraph::search(std::span<const float> question, std::size_t k, std::size_t ef,
                                             const IdFilter& filter) const {
  return merge(graph_ ? graph_->search(question, k, ef, filter) : std::vector<Neighbour>(), question, k, filter);
}

std::vector<Neighbour> CaughtUpGraph::scan(std::span<const float> question, std::size_t k,
                                           const IdFilter& filter) const {
  return merge(graph_ ? graph_->scan(question, k, filter) : std::vector<Neighbour>(), question, k, filter);
}

std::vector<std::int64_t> CaughtUpGraph::ids() const {
  std::vector<std::int64_t> ids = graph_ ? graph_->ids() : std::vector<std::int64_t>();
  ids.insert(ids.end(), later_.ids().begin(), later_.ids().end());
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::size_t CaughtUpGraph::size() const { return (graph_ ? graph_->size() : 0) + later_.size(); }

std::size_t CaughtUpGraph::tombstones() const { return graph_ ? graph_->tombstones() : 0; }

std::int64_t CaughtUpGraph::max_id() const {
  std::int64_t most = graph_ ? graph_->max_id() : 0;
  for (const std::int64_t id : later_.ids()) most = std::max(most, id);
  return most;
}

std::size_t CaughtUpGraph::dimensions() const { return later_.dimensions(); }

std::vector<float> CaughtUpGraph::vector(std::int64_t id) const {
  const auto ids = later_.ids();
  const auto found = std::find(ids.begin(), ids.end(), id);
  if (found == ids.end()) return graph_ ? graph_->vector(id) : std::vector<float>();
  const auto row = later_.row(static_cast<std::size_t>(found - ids.begin()));
  return {row.begin(), row.end()};
}

void CaughtUpGraph::for_each_vector(const Visit& visit) const {
  if (graph_) graph_->for_each_vector(visit);
  for (std::size_t i = 0; i < later_.size(); ++i) visit(later_.ids()[i], later_.row(i));
}

}  // namespace riverbank
