#include "index/search/graph_keeper.h"

#include <algorithm>
#include <limits>
#include <ranges>
#include <utility>

#include "index/vectors/caught_up_graph.h"
#include "index/vectors/graph_file.h"
#include "lib/base/printable.h"
#include "lib/math/dot.h"
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

void GraphKeeper::say_anew(const std::string& damage) {
  notice_(damage + "; a new graph is made from the store, nothing is lost");
}

void GraphKeeper::forget_file(const std::string& damage) {
  mapped_.reset();
  if (!state().growing) set_state({});
  say_anew(damage);
}

void GraphKeeper::open_if_newer(const std::string& fingerprint, std::uint64_t generation) {
  std::error_code missing;
  const auto written = std::filesystem::last_write_time(file(), missing);
  if (missing || tried_file_ == written) return;
  dot_codes_function();  // throws for an instruction set that is not here, which is no damage of a file
  tried_file_ = written;
  mapped_.reset();
  const std::string name = printable(file().string());
  try {
    MappedGraph mapped = MappedGraph::open(file());
    if (mapped.source().store != store_.id() || mapped.source().generation > generation) {
      notice_("the graph " + name + " is of another index; a new one is made from the store");
    } else if (mapped.source().model_fingerprint == fingerprint) {  // else the model was changed since
      unwritten_ = 0;
      mapped_ = std::move(mapped);
      checked_ = false;
      set_state({std::make_shared<MappedGraph>(*mapped_), nullptr, mapped_->source().generation});
    }
  } catch (const Error& error) {
    forget_file(error.what());
  }
}

std::optional<GraphKeeper::Difference> GraphKeeper::way_from(const VectorGraph& graph, std::uint64_t generation,
                                                             StoreReader& reader) {
  // An id is never given twice: whatever the graph lacks must have come after all that it has.
  const std::int64_t last = graph.max_id();
  if (const auto removal = reader.last_removal(); removal && *removal <= generation) {
    return Difference{{}, reader.vector_ids(last)};
  }
  const std::vector<std::int64_t> ids = graph.ids(), stored = reader.vector_ids();
  Difference way{difference(ids, stored), difference(stored, ids)};
  const bool in_order = way.missing.empty() || way.missing.front() > last;
  const bool alive = (graph.tombstones() + way.gone.size()) * 5 <= graph.size() + graph.tombstones();
  if (!in_order || !alive) return std::nullopt;
  return way;
}

bool GraphKeeper::refresh_to_ask(const std::string& fingerprint, std::size_t most) {
  StoreReader reader = store_.read();
  const std::uint64_t generation = reader.generation();
  const auto is_up = [&] { return state().graph && state().generation == generation; };
  if (is_up()) return true;
  open_if_newer(fingerprint, generation);
  if (is_up()) return true;
  if (!reader.has_vectors()) {
    set_state({});
    return true;
  }
  if (const State now = state(); now.growing) {
    const auto way = way_from(*now.growing, now.generation, reader);
    if (!way || way->missing.size() > most) return false;
    try {
      follow(*way, reader, now.growing, generation);
      return true;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kIo) throw;
      return false;  // no room for it to grow; without a graph all vectors are compared
    }
  }
  try {
    std::optional<Difference> way;
    if (mapped_) way = way_from(*mapped_, mapped_->source().generation, reader);
    const bool joins = way.has_value();
    if (!joins) way = {{}, reader.vector_ids()};
    if (way->gone.size() + way->missing.size() > most) return false;
    ExactIndex later(joins ? mapped_->dimensions() : reader.vector(way->missing.front()).size());
    if (!way->missing.empty()) {
      reader.for_each_vector([&](std::int64_t id, std::span<const float> vector) { later.add(id, vector); },
                             way->missing.front() - 1);
    }
    std::optional<MappedGraph> rest;
    if (joins) rest = mapped_->without(way->gone);
    set_state({std::make_shared<CaughtUpGraph>(std::move(rest), std::move(later)), nullptr, generation});
    return true;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kCorrupt || !mapped_) throw;
    forget_file(error.what());
    return false;
  }
}

std::shared_ptr<HnswIndex> GraphKeeper::grow_from_file() {
  if (!mapped_) return nullptr;
  try {
    return std::make_shared<HnswIndex>(mapped_->grow(&pool_));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kCorrupt) throw;
    forget_file(error.what());
    return nullptr;
  }
}

void GraphKeeper::build(StoreReader& reader, std::uint64_t generation) {
  const std::vector<std::int64_t> ids = reader.vector_ids();
  auto graph = std::make_shared<HnswIndex>(reader.vector(ids.front()).size(), store_.folder());
  graph->reserve(ids.size());
  add_vectors(*graph, reader, 0, pool_);
  unwritten_ += kWorthWriting + ids.size();
  set_state({graph, graph, generation});
}

void GraphKeeper::follow(const Difference& way, StoreReader& reader, const std::shared_ptr<HnswIndex>& graph,
                         std::uint64_t generation) {
  // While much is missing questions compare all rather than miss many.
  if (way.missing.size() > kMaxCatchUp) set_state({});
  try {
    for (const std::int64_t id : way.gone) graph->remove(id);
    if (!way.missing.empty()) add_vectors(*graph, reader, graph->max_id(), pool_);
  } catch (...) {
    set_state({});  // the half of it goes, and the room that its vectors take on the disk
    throw;
  }
  unwritten_ += way.gone.size() + way.missing.size();
  set_state({graph, graph, generation});
}

void GraphKeeper::refresh_to_grow(const std::string& fingerprint) {
  StoreReader reader = store_.read();
  const std::uint64_t generation = reader.generation();
  if (state().growing && state().generation == generation) return;
  open_if_newer(fingerprint, generation);
  if (!reader.has_vectors()) return set_state({});
  const State now = state();
  if (const std::shared_ptr<HnswIndex> graph = now.growing ? now.growing : grow_from_file()) {
    const std::uint64_t then = now.growing ? now.generation : mapped_->source().generation;
    if (const auto way = way_from(*graph, then, reader)) return follow(*way, reader, graph, generation);
    notice_("much of the graph " + printable(file().string()) + " was of passages that are gone; it is built anew");
  }
  build(reader, generation);
}

std::shared_ptr<const VectorGraph> GraphKeeper::bring_up(const std::string& fingerprint) {
  take_discarded();
  if (state().growing || !refresh_to_ask(fingerprint, kWorthWriting - 1)) refresh_to_grow(fingerprint);
  return state().graph;
}

std::shared_ptr<const VectorGraph> GraphKeeper::for_search(const std::string& fingerprint) {
  const std::unique_lock change(change_mutex_, std::try_to_lock);
  // Who holds it brings the graph up right now, and leaves none in sight while it is far behind.
  if (!change.owns_lock()) return state().graph;
  take_discarded();
  return refresh_to_ask(fingerprint, kMaxCatchUp) ? state().graph : nullptr;
}

std::shared_ptr<const VectorGraph> GraphKeeper::catch_up(const std::string& fingerprint) {
  const std::lock_guard change(change_mutex_);
  return bring_up(fingerprint);
}

void GraphKeeper::check_mapped() {
  if (!mapped_ || checked_) return;
  checked_ = true;
  try {
    mapped_->check(&pool_);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kCorrupt) throw;
    forget_file(error.what());
  }
}

std::shared_ptr<const VectorGraph> GraphKeeper::save(const std::string& fingerprint, bool check_all) {
  const std::lock_guard change(change_mutex_);
  bring_up(fingerprint);
  if (check_all) check_mapped();
  std::error_code ignored;
  if (!mapped_ || !std::filesystem::exists(file(), ignored)) refresh_to_grow(fingerprint);
  const State now = state();
  if (!now.graph) {
    remove_graph(file());
    mapped_.reset();
  } else if (now.growing && (!mapped_ || unwritten_ >= kWorthWriting || !std::filesystem::exists(file(), ignored))) {
    save_graph(*now.growing, {fingerprint, store_.id(), now.generation}, file());
    tried_file_ = std::filesystem::last_write_time(file(), ignored);
    take_discarded();  // it was the file before
    mapped_ = MappedGraph::open(file());
    checked_ = true;
    unwritten_ = 0;
    set_state({std::make_shared<MappedGraph>(*mapped_), nullptr, now.generation});
  }
  return state().graph;
}

void GraphKeeper::discard(const VectorGraph& graph, const std::string& damage) {
  {
    const std::lock_guard lock(state_mutex_);
    if (state_.graph.get() != &graph) return;  // another thread was sooner
    state_ = {};
    discarded_ = true;
  }
  say_anew(damage);
}

void GraphKeeper::take_discarded() {
  const std::lock_guard lock(state_mutex_);
  if (std::exchange(discarded_, false)) mapped_.reset();
}

std::vector<std::string> GraphKeeper::check(const std::string& fingerprint) const {
  dot_codes_function();
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
    if (error.kind() == ErrorKind::kIo) throw;  // no room to look at it
    if (error.kind() != ErrorKind::kNotFound) problems.push_back(error.what());
    if (error.kind() == ErrorKind::kNotFound && !stored.empty()) {
      problems.push_back("the graph " + name + " is missing; the next update makes it");
    }
  }
  return problems;
}

}  // namespace riverbank
