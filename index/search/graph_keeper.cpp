#include "index/search/graph_keeper.h"

#include <algorithm>
#include <limits>
#include <ranges>
#include <utility>

#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

constexpr std::size_t kAddAtOnce = 1024;  // vectors read before they are linked: 1.5 MiB of 384 dimensions

/// Adds the store's vectors after `after` to a graph.
void add_vectors(HnswIndex& graph, StoreReader& reader, std::int64_t after, ThreadPool& pool) {
  std::vector<std::int64_t> ids;
  std::vector<float> values;
  const auto link = [&] {
    graph.add(ids, values, &pool);
    ids.clear();
    values.clear();
  };
  reader.for_each_vector(
      [&](std::int64_t id, std::span<const float> vector) {
        ids.push_back(id);
        values.insert(values.end(), vector.begin(), vector.end());
        if (ids.size() == kAddAtOnce) link();
      },
      after);
  link();
}

std::vector<std::int64_t> difference(const std::vector<std::int64_t>& all, const std::vector<std::int64_t>& without) {
  std::vector<std::int64_t> rest;
  std::set_difference(all.begin(), all.end(), without.begin(), without.end(), std::back_inserter(rest));
  return rest;
}

}  // namespace

GraphKeeper::GraphKeeper(const Store& store, int threads, std::function<void(const std::string&)> notice)
    : store_(store), notice_(std::move(notice)), pool_(thread_count(threads)) {}

std::filesystem::path GraphKeeper::file() const { return store_.folder() / kFileName; }

GraphKeeper::State GraphKeeper::state() const {
  const std::lock_guard lock(state_mutex_);
  return state_;
}

void GraphKeeper::set_state(State state) {
  const std::lock_guard lock(state_mutex_);
  state_ = std::move(state);
}

void GraphKeeper::load_if_newer(const std::string& fingerprint, std::uint64_t generation) {
  std::error_code missing;
  const auto written = std::filesystem::last_write_time(file(), missing);
  if (missing || tried_file_ == written) return;
  tried_file_ = written;
  file_is_ours_ = false;
  const std::string name = printable(file().string());
  try {
    LoadedGraph loaded = load_graph(file());
    if (loaded.source.store != store_.id() || loaded.source.generation > generation) {
      notice_("the graph " + name + " is of another index; a new one is made from the store");
    } else if (loaded.source.model_fingerprint == fingerprint) {  // else the model was changed since
      file_is_ours_ = true;
      unwritten_ = 0;
      set_state({std::make_shared<HnswIndex>(std::move(loaded.graph)), loaded.source.generation});
    }
  } catch (const Error& error) {
    notice_(std::string(error.what()) + "; a new graph is made from the store, nothing is lost");
  }
}

void GraphKeeper::build(StoreReader& reader, std::uint64_t generation) {
  const std::vector<std::int64_t> ids = reader.vector_ids();
  auto graph = std::make_shared<HnswIndex>(reader.vector(ids.front()).size());
  graph->reserve(ids.size());
  add_vectors(*graph, reader, 0, pool_);
  unwritten_ += kWorthWriting + ids.size();
  set_state({std::move(graph), generation});
}

bool GraphKeeper::refresh(const std::string& fingerprint, std::size_t limit) {
  StoreReader reader = store_.read();
  const std::uint64_t generation = reader.generation();
  if (state().graph && state().generation == generation) return true;
  load_if_newer(fingerprint, generation);
  const State now = state();
  if (now.graph && now.generation == generation) return true;

  const std::vector<std::int64_t> stored = reader.vector_ids();
  if (stored.empty()) {
    set_state({});
    return true;
  }
  if (now.graph) {
    // An id is never given twice: whatever the graph lacks must have come after all that it has.
    const std::vector<std::int64_t> gone = difference(now.graph->ids(), stored);
    const std::vector<std::int64_t> missing = difference(stored, now.graph->ids());
    const bool in_order = missing.empty() || missing.front() > now.graph->max_id();
    const bool alive = (now.graph->tombstones() + gone.size()) * 5 <= now.graph->size() + now.graph->tombstones();
    if (in_order && alive) {
      if (missing.size() > limit) return false;
      if (missing.size() > kMaxCatchUp) set_state({});  // questions meanwhile compare all rather than miss many
      for (const std::int64_t id : gone) now.graph->remove(id);
      if (!missing.empty()) add_vectors(*now.graph, reader, now.graph->max_id(), pool_);
      unwritten_ += gone.size() + missing.size();
      set_state({now.graph, generation});
      return true;
    }
    if (stored.size() > limit) return false;
    notice_("much of the graph " + printable(file().string()) + " was of passages that are gone; it is built anew");
  }
  if (stored.size() > limit) return false;
  build(reader, generation);
  return true;
}

std::shared_ptr<const VectorGraph> GraphKeeper::for_search(const std::string& fingerprint) {
  const std::unique_lock change(change_mutex_, std::try_to_lock);
  // Who holds it brings the graph up right now, and leaves none in sight while it is far behind.
  if (!change.owns_lock()) return state().graph;
  return refresh(fingerprint, kMaxCatchUp) ? state().graph : nullptr;
}

std::shared_ptr<const VectorGraph> GraphKeeper::catch_up(const std::string& fingerprint) {
  const std::lock_guard change(change_mutex_);
  refresh(fingerprint, std::numeric_limits<std::size_t>::max());
  return state().graph;
}

std::shared_ptr<const VectorGraph> GraphKeeper::save(const std::string& fingerprint) {
  const std::lock_guard change(change_mutex_);
  refresh(fingerprint, std::numeric_limits<std::size_t>::max());
  const State now = state();
  std::error_code ignored;
  if (!now.graph) {
    std::filesystem::remove(file(), ignored);
    file_is_ours_ = false;
  } else if (!file_is_ours_ || unwritten_ >= kWorthWriting || !std::filesystem::exists(file(), ignored)) {
    save_graph(*now.graph, {fingerprint, store_.id(), now.generation}, file());
    tried_file_ = std::filesystem::last_write_time(file(), ignored);
    file_is_ours_ = true;
    unwritten_ = 0;
  }
  return now.graph;
}

std::vector<std::string> GraphKeeper::check(const std::string& fingerprint) const {
  const std::string name = printable(file().string());
  StoreReader reader = store_.read();
  const std::vector<std::int64_t> stored = reader.vector_ids();
  std::vector<std::string> problems;
  try {
    const LoadedGraph loaded = load_graph(file());
    if (loaded.source.store != store_.id()) {
      problems.push_back("the graph " + name + " is of another index; the next update makes a new one");
    } else if (loaded.source.model_fingerprint != fingerprint) {
      problems.push_back("the graph " + name + " is of another model's vectors; the next update makes a new one");
    } else if (loaded.source.generation == reader.generation()) {
      if (loaded.graph.ids() != stored) problems.push_back("the graph " + name + " does not hold the store's passages");
      std::size_t different = 0;
      reader.for_each_vector([&](std::int64_t id, std::span<const float> vector) {
        different += std::ranges::equal(loaded.graph.vector(id), vector) ? 0 : 1;
      });
      if (different > 0) {
        problems.push_back("the graph " + name + " holds other vectors than the store for " +
                           std::to_string(different) + " passages; remove the file and update the index");
      }
    }  // one that is behind is as it should be: the next update catches up
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNotFound) problems.push_back(error.what());
    if (error.kind() == ErrorKind::kNotFound && !stored.empty()) {
      problems.push_back("the graph " + name + " is missing; the next update makes it");
    }
  }
  return problems;
}

}  // namespace riverbank
