// All that touches hnswlib, in one file: two that include it do not link.
#include "index/vectors/hnsw_index.h"

// Without this hnswlib defines functions that are not inline; our inner product is chosen at run time anyway.
#define NO_MANUAL_VECTORIZATION
#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_set>
#include <utility>

#include "index/vectors/graph_parts.h"
#include "index/vectors/top_k.h"
#include "lib/base/printable.h"
#include "lib/math/dot.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

using Graph = hnswlib::HierarchicalNSW<float>;
using Slot = hnswlib::tableint;
using Candidates =
    std::priority_queue<std::pair<float, Slot>, std::vector<std::pair<float, Slot>>, Graph::CompareByFirst>;

/// hnswlib's way to ask for a distance: 1 - cosine, by our kernels.
class CosineSpace : public hnswlib::SpaceInterface<float> {
 public:
  explicit CosineSpace(std::size_t dimensions) : kernel_{dot_function(), dimensions} {}

  std::size_t get_data_size() override { return kernel_.dimensions * sizeof(float); }
  hnswlib::DISTFUNC<float> get_dist_func() override { return distance; }
  void* get_dist_func_param() override { return &kernel_; }
  std::size_t dimensions() const { return kernel_.dimensions; }
  float similarity(const float* a, const float* b) const { return kernel_.dot(a, b, kernel_.dimensions); }

 private:
  struct Kernel {
    DotFunction dot;
    std::size_t dimensions;
  };
  static float distance(const void* a, const void* b, const void* kernel) {
    const auto& with = *static_cast<const Kernel*>(kernel);
    return 1.0F - with.dot(static_cast<const float*>(a), static_cast<const float*>(b), with.dimensions);
  }
  Kernel kernel_;
};

/// A mark for each node, borrowed from hnswlib's pool.
class Visited {
 public:
  explicit Visited(hnswlib::VisitedListPool& pool) : pool_(pool), list_(pool.getFreeVisitedList()) {}
  ~Visited() { pool_.releaseVisitedList(list_); }
  Visited(const Visited&) = delete;
  Visited& operator=(const Visited&) = delete;
  /// Whether it was not marked yet.
  bool mark(Slot slot) { return std::exchange(list_->mass[slot], list_->curV) != list_->curV; }

 private:
  hnswlib::VisitedListPool& pool_;
  hnswlib::VisitedList* list_;
};

/// A node's level: ⌊-ln(u) / ln M⌋ (arXiv:1603.09320, section 4.1) with u drawn from the id alone (splitmix64), so that
/// a graph does not depend on what was added and removed before.
int level_of(std::int64_t id) {
  std::uint64_t x = static_cast<std::uint64_t>(id) + 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  x ^= x >> 31U;
  const double u = (static_cast<double>(x >> 11U) + 1.0) * 0x1p-53;  // (0, 1]
  return std::min(kMostLevels, static_cast<int>(-std::log(u) / std::log(static_cast<double>(HnswIndex::kM))));
}

struct List {
  const Slot* begin_;
  std::size_t size_;
  const Slot* begin() const { return begin_; }
  const Slot* end() const { return begin_ + size_; }
};

List links(const Graph& graph, Slot slot, int level) {
  auto* list = graph.get_linklist_at_level(slot, level);
  return {list + 1, graph.getListCount(list)};
}

const float* vector_of(const Graph& graph, Slot slot) {
  return reinterpret_cast<const float*>(graph.getDataByInternalId(slot));
}

std::int64_t id_of(const Graph& graph, Slot slot) { return static_cast<std::int64_t>(graph.getExternalLabel(slot)); }

Error wrong_size(std::size_t found, std::size_t expected) {
  return {ErrorKind::kInvalidArgument,
          "a vector of " + std::to_string(found) + " numbers does not fit an index of " + std::to_string(expected)};
}

}  // namespace

struct HnswIndex::Parts {
  CosineSpace space;
  Graph graph;
  std::vector<std::uint8_t> dead;  // by slot; hnswlib's own marks stay unused (it can link a node to nothing)
  std::size_t dead_count = 0;
  std::int64_t max_id = 0;
  mutable std::shared_mutex mutex;  // searches share it
  mutable std::mutex turn;  // held while waiting for the other: who searches all the time must not keep adding out

  Parts(std::size_t dimensions, std::size_t capacity)
      : space(dimensions), graph(&space, capacity, kM, kEfConstruction) {}

  std::shared_lock<std::shared_mutex> lock_to_read() const {
    const std::lock_guard wait(turn);
    return std::shared_lock(mutex);
  }
  std::unique_lock<std::shared_mutex> lock_to_write() {
    const std::lock_guard wait(turn);
    return std::unique_lock(mutex);
  }

  std::size_t nodes() const { return graph.cur_element_count; }
  float similarity(const float* question, Slot slot) const {
    return space.similarity(question, vector_of(graph, slot));
  }
  std::optional<Slot> slot_of(std::int64_t id) const {
    const auto found = graph.label_lookup_.find(static_cast<std::size_t>(id));
    if (found == graph.label_lookup_.end()) return std::nullopt;
    return found->second;
  }
  std::optional<Slot> live_slot_of(std::int64_t id) const {
    const auto slot = slot_of(id);
    return slot && dead[*slot] == 0 ? slot : std::nullopt;
  }

  void make_room(std::size_t count);
  void check_new(std::span<const std::int64_t> ids, std::span<const float> vectors) const;
  void add_batch(std::span<const std::int64_t> ids, const float* vectors, ThreadPool* pool);
  void place(std::span<const std::int64_t> ids, const float* vectors);
  Slot descend(const float* question, int to_level) const;
  std::vector<std::vector<Slot>> choose_neighbours(Slot slot, Slot first_of_batch);
  void link_back(Slot target, int level, Slot source);
  std::vector<Neighbour> walk(const float* question, std::size_t k, std::size_t ef, const std::uint8_t* refused) const;
  std::vector<Neighbour> scan(const float* question, std::size_t k, const std::uint8_t* refused) const;
  std::size_t refuse(const IdFilter& filter, std::vector<std::uint8_t>& refused) const;
};

void HnswIndex::Parts::make_room(std::size_t count) {
  if (count > kMostNodes) throw Error(ErrorKind::kUnsupported, "a graph holds at most 2,147,483,647 vectors");
  if (count <= graph.max_elements_) return;
  graph.resizeIndex(count);
  dead.reserve(count);
}

void HnswIndex::Parts::check_new(std::span<const std::int64_t> ids, std::span<const float> vectors) const {
  if (vectors.size() != ids.size() * space.dimensions())
    throw wrong_size(vectors.size(), ids.size() * space.dimensions());
  std::unordered_set<std::int64_t> fresh;
  for (const std::int64_t id : ids) {
    if (id < 0 || slot_of(id) || !fresh.insert(id).second) {
      throw Error(ErrorKind::kInvalidArgument, "the id " + std::to_string(id) + " cannot be added to the graph: " +
                                                   (id < 0 ? "it is negative" : "it was added before"));
    }
  }
  if (!std::all_of(vectors.begin(), vectors.end(), [](float x) { return std::isfinite(x); })) {
    throw Error(ErrorKind::kInvalidArgument, "a vector with a number that is not finite cannot be added to the graph");
  }
}

/// Gives each its slot: vector, id, level and empty lists. Nobody links to them yet.
void HnswIndex::Parts::place(std::span<const std::int64_t> ids, const float* vectors) {
  const std::size_t first = nodes();
  dead.resize(first + ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto slot = static_cast<Slot>(first + i);
    char* node = graph.data_level0_memory_ + slot * graph.size_data_per_element_;
    std::memset(node, 0, graph.size_data_per_element_);
    std::memcpy(graph.getDataByInternalId(slot), vectors + i * space.dimensions(), graph.data_size_);
    graph.setExternalLabel(slot, static_cast<std::size_t>(ids[i]));
    const int level = level_of(ids[i]);
    graph.linkLists_[slot] = nullptr;
    if (level > 0) {
      auto* lists = static_cast<char*>(std::calloc(static_cast<std::size_t>(level), graph.size_links_per_element_));
      if (lists == nullptr) throw std::bad_alloc();
      graph.linkLists_[slot] = lists;
    }
    graph.element_levels_[slot] = level;
    graph.cur_element_count = slot + 1;  // from here on hnswlib's destructor frees it
    graph.label_lookup_[static_cast<std::size_t>(ids[i])] = slot;
    max_id = std::max(max_id, ids[i]);
  }
}

/// From the entry point down to `to_level`, each time to the nearest node of the level above.
Slot HnswIndex::Parts::descend(const float* question, int to_level) const {
  Slot nearest = graph.enterpoint_node_;
  float best = similarity(question, nearest);
  for (int level = graph.maxlevel_; level > to_level; --level) {
    for (bool moved = true; moved;) {
      moved = false;
      for (const Slot slot : links(graph, nearest, level)) {
        const float closer = similarity(question, slot);
        if (closer > best) {
          best = closer;
          nearest = slot;
          moved = true;
        }
      }
    }
  }
  return nearest;
}

/// Whom a new node links to, for each of its levels: hnswlib's search in the graph as it was before this batch, and
/// those of the batch that come before it.
std::vector<std::vector<Slot>> HnswIndex::Parts::choose_neighbours(Slot slot, Slot first_of_batch) {
  const float* vector = vector_of(graph, slot);
  const int top = graph.element_levels_[slot];
  std::vector<std::vector<Slot>> chosen(static_cast<std::size_t>(top) + 1);
  const bool empty = graph.maxlevel_ < 0;
  Slot start = empty ? 0 : descend(vector, std::min(top, graph.maxlevel_));
  for (int level = top; level >= 0; --level) {
    Candidates candidates;
    if (level <= graph.maxlevel_) {
      candidates = graph.searchBaseLayer(start, vector, level);
      // The queue's top is the farthest; hnswlib goes on from one of those linked, any near one will do.
    }
    for (Slot mate = first_of_batch; mate < slot; ++mate) {
      if (graph.element_levels_[mate] < level) continue;
      candidates.emplace(1.0F - similarity(vector, mate), mate);
      if (candidates.size() > kEfConstruction) candidates.pop();
    }
    graph.getNeighborsByHeuristic2(candidates, kM);
    std::vector<Slot>& neighbours = chosen[static_cast<std::size_t>(level)];
    for (; !candidates.empty(); candidates.pop()) neighbours.push_back(candidates.top().second);
    for (auto nearest = neighbours.rbegin(); nearest != neighbours.rend(); ++nearest) {
      if (*nearest < first_of_batch) {  // the nearest that the next level's search can start from
        start = *nearest;
        break;
      }
    }
  }
  return chosen;
}

/// Adds `source` to the links of `target`; where they are full, those that hnswlib's heuristic keeps stay.
void HnswIndex::Parts::link_back(Slot target, int level, Slot source) {
  auto* list = graph.get_linklist_at_level(target, level);
  auto* slots = list + 1;
  const std::size_t most = level == 0 ? graph.maxM0_ : graph.maxM_;
  const std::size_t size = graph.getListCount(list);
  if (size < most) {
    slots[size] = source;
    graph.setListCount(list, static_cast<unsigned short>(size + 1));
    return;
  }
  const float* vector = vector_of(graph, target);
  Candidates candidates;
  candidates.emplace(1.0F - similarity(vector, source), source);
  for (std::size_t i = 0; i < size; ++i) candidates.emplace(1.0F - similarity(vector, slots[i]), slots[i]);
  graph.getNeighborsByHeuristic2(candidates, most);
  std::size_t kept = 0;
  for (; !candidates.empty(); candidates.pop()) slots[kept++] = candidates.top().second;
  graph.setListCount(list, static_cast<unsigned short>(kept));
}

/// Adds a batch in two rounds, so that any number of threads builds the same graph (as ParlayANN does,
/// arXiv:2305.04359): first every new node chooses its neighbours, the graph standing still; then every node that was
/// chosen links back, each in the hands of one thread.
void HnswIndex::Parts::add_batch(std::span<const std::int64_t> ids, const float* vectors, ThreadPool* pool) {
  const auto run = [&](std::size_t items, const std::function<void(std::size_t, int)>& work) {
    if (pool != nullptr) {
      pool->run(items, work);
    } else {
      for (std::size_t item = 0; item < items; ++item) work(item, 0);
    }
  };
  const auto first = static_cast<Slot>(nodes());
  place(ids, vectors);
  std::vector<std::vector<std::vector<Slot>>> chosen(ids.size());
  run(ids.size(), [&](std::size_t i, int) { chosen[i] = choose_neighbours(first + static_cast<Slot>(i), first); });

  struct BackLink {
    Slot target;
    int level;
    Slot source;
    auto operator<=>(const BackLink&) const = default;  // NOLINT(modernize-use-nullptr): of generated code
  };
  std::vector<BackLink> back;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Slot slot = first + static_cast<Slot>(i);
    for (std::size_t level = 0; level < chosen[i].size(); ++level) {
      auto* list = graph.get_linklist_at_level(slot, static_cast<int>(level));
      std::copy(chosen[i][level].begin(), chosen[i][level].end(), list + 1);
      graph.setListCount(list, static_cast<unsigned short>(chosen[i][level].size()));
      for (const Slot target : chosen[i][level]) back.push_back({target, static_cast<int>(level), slot});
    }
  }
  std::sort(back.begin(), back.end());
  std::vector<std::size_t> groups;  // where the links back of each target begin
  for (std::size_t i = 0; i < back.size(); ++i) {
    if (i == 0 || back[i].target != back[i - 1].target) groups.push_back(i);
  }
  groups.push_back(back.size());
  run(groups.size() - 1, [&](std::size_t group, int) {
    for (std::size_t i = groups[group]; i < groups[group + 1]; ++i) {
      link_back(back[i].target, back[i].level, back[i].source);
    }
  });

  for (Slot slot = first; slot < nodes(); ++slot) {
    if (graph.element_levels_[slot] > graph.maxlevel_) {
      graph.maxlevel_ = graph.element_levels_[slot];
      graph.enterpoint_node_ = slot;
    }
  }
}

/// Algorithm 2 of arXiv:1603.09320 on the lowest level: those refused carry the walk but are not found.
std::vector<Neighbour> HnswIndex::Parts::walk(const float* question, std::size_t k, std::size_t ef,
                                              const std::uint8_t* refused) const {
  using Step = std::pair<float, Slot>;                                 // similarity, node
  std::priority_queue<Step> frontier;                                  // the nearest on top
  std::priority_queue<Step, std::vector<Step>, std::greater<>> found;  // the farthest on top
  Visited visited(*graph.visited_list_pool_);
  const auto meet = [&](Slot slot) {
    const float near = similarity(question, slot);
    if (found.size() == ef && near <= found.top().first) return;
    frontier.emplace(near, slot);
    if (refused[slot] != 0) return;
    found.emplace(near, slot);
    if (found.size() > ef) found.pop();
  };
  const Slot start = descend(question, 0);
  visited.mark(start);
  meet(start);
  while (!frontier.empty()) {
    const auto [near, slot] = frontier.top();
    if (found.size() == ef && near < found.top().first) break;
    frontier.pop();
    const List neighbours = links(graph, slot, 0);
    for (const Slot next : neighbours) __builtin_prefetch(vector_of(graph, next));
    for (const Slot next : neighbours) {
      if (visited.mark(next)) meet(next);
    }
  }
  TopK best(std::min(k, found.size()));
  for (; !found.empty(); found.pop()) best.offer({id_of(graph, found.top().second), found.top().first});
  return best.take();
}

std::vector<Neighbour> HnswIndex::Parts::scan(const float* question, std::size_t k, const std::uint8_t* refused) const {
  TopK best(std::min(k, nodes()));
  for (Slot slot = 0; slot < nodes(); ++slot) {
    if (refused[slot] == 0) best.offer({id_of(graph, slot), similarity(question, slot)});
  }
  return best.take();
}

/// Marks tombstones and those that the filter refuses; returns how many are left.
std::size_t HnswIndex::Parts::refuse(const IdFilter& filter, std::vector<std::uint8_t>& refused) const {
  refused = dead;
  std::size_t left = 0;
  for (Slot slot = 0; slot < nodes(); ++slot) {
    if (refused[slot] == 0 && !filter(id_of(graph, slot))) refused[slot] = 1;
    left += refused[slot] == 0 ? 1 : 0;
  }
  return left;
}

HnswIndex::HnswIndex(std::size_t dimensions) {
  if (dimensions == 0 || dimensions > kMostDimensions) {
    throw Error(ErrorKind::kInvalidArgument,
                "a graph needs vectors of 1 to 65,536 numbers, not " + std::to_string(dimensions));
  }
  parts_ = std::make_unique<Parts>(dimensions, 1);
}

HnswIndex::~HnswIndex() = default;
HnswIndex::HnswIndex(HnswIndex&&) noexcept = default;
HnswIndex& HnswIndex::operator=(HnswIndex&&) noexcept = default;

void HnswIndex::reserve(std::size_t count) {
  const auto lock = parts_->lock_to_write();
  parts_->make_room(count);
}

void HnswIndex::add(std::span<const std::int64_t> ids, std::span<const float> vectors, ThreadPool* pool) {
  {
    const auto lock = parts_->lock_to_write();
    parts_->check_new(ids, vectors);
    const std::size_t needed = parts_->nodes() + ids.size();
    if (needed > parts_->graph.max_elements_)
      parts_->make_room(std::max(needed, parts_->nodes() + parts_->nodes() / 2));
  }
  constexpr std::size_t kMostAtOnce = 128, kShareOfGraph = 50;
  for (std::size_t done = 0; done < ids.size();) {
    const auto lock = parts_->lock_to_write();  // searches come in between
    const std::size_t batch =
        std::min(std::clamp(parts_->nodes() / kShareOfGraph, std::size_t{1}, kMostAtOnce), ids.size() - done);
    parts_->add_batch(ids.subspan(done, batch), vectors.data() + done * parts_->space.dimensions(), pool);
    done += batch;
  }
}

bool HnswIndex::remove(std::int64_t id) {
  const auto lock = parts_->lock_to_write();
  const auto slot = parts_->live_slot_of(id);
  if (!slot) return false;
  parts_->dead[*slot] = 1;
  ++parts_->dead_count;
  return true;
}

std::vector<Neighbour> HnswIndex::search(std::span<const float> question, std::size_t k, std::size_t ef,
                                         const IdFilter& filter) const {
  const auto lock = parts_->lock_to_read();
  const Parts& parts = *parts_;
  if (question.size() != dimensions()) throw wrong_size(question.size(), dimensions());
  const std::size_t live = parts.nodes() - parts.dead_count;
  k = std::min(k, live);
  ef = std::clamp(ef, k, std::max(live, k));
  if (k == 0) return {};
  if (!filter) return parts.walk(question.data(), k, ef, parts.dead.data());
  std::vector<std::uint8_t> refused;
  const std::size_t left = parts.refuse(filter, refused);
  if (left == 0) return {};
  // A walk looks at about kLooks * ef nodes, and at as many more as fewer of them pass: kLooks ef nodes / left. A scan
  // looks at `left`.
  constexpr double kLooks = 20;
  const double walk_cost =
      kLooks * static_cast<double>(ef) * static_cast<double>(parts.nodes()) / static_cast<double>(left);
  if (static_cast<double>(left) <= walk_cost) return parts.scan(question.data(), k, refused.data());
  return parts.walk(question.data(), k, ef, refused.data());
}

std::vector<Neighbour> HnswIndex::scan(std::span<const float> question, std::size_t k, const IdFilter& filter) const {
  const auto lock = parts_->lock_to_read();
  if (question.size() != dimensions()) throw wrong_size(question.size(), dimensions());
  if (!filter) return parts_->scan(question.data(), k, parts_->dead.data());
  std::vector<std::uint8_t> refused;
  parts_->refuse(filter, refused);
  return parts_->scan(question.data(), k, refused.data());
}

bool HnswIndex::contains(std::int64_t id) const {
  const auto lock = parts_->lock_to_read();
  return parts_->live_slot_of(id).has_value();
}

std::vector<std::int64_t> HnswIndex::ids() const {
  const auto lock = parts_->lock_to_read();
  std::vector<std::int64_t> ids;
  for (Slot slot = 0; slot < parts_->nodes(); ++slot) {
    if (parts_->dead[slot] == 0) ids.push_back(id_of(parts_->graph, slot));
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::size_t HnswIndex::size() const {
  const auto lock = parts_->lock_to_read();
  return parts_->nodes() - parts_->dead_count;
}

std::size_t HnswIndex::tombstones() const {
  const auto lock = parts_->lock_to_read();
  return parts_->dead_count;
}

std::int64_t HnswIndex::max_id() const {
  const auto lock = parts_->lock_to_read();
  return parts_->max_id;
}

std::size_t HnswIndex::dimensions() const { return parts_->space.dimensions(); }

std::vector<float> HnswIndex::vector(std::int64_t id) const {
  const auto lock = parts_->lock_to_read();
  const auto slot = parts_->live_slot_of(id);
  if (!slot) return {};
  const float* values = vector_of(parts_->graph, *slot);
  return {values, values + dimensions()};
}

bool HnswIndex::wants_rebuild() const {
  const auto lock = parts_->lock_to_read();
  return parts_->dead_count * 5 > parts_->nodes();
}

// ---- a graph's bytes ----

GraphParts GraphParts::of(const HnswIndex& index) {
  GraphParts parts;
  const HnswIndex::Parts& from = *index.parts_;
  parts.lock = from.lock_to_read();
  parts.dimensions = from.space.dimensions();
  parts.dead = from.dead;
  const std::size_t count = from.nodes();
  parts.entry = count == 0 ? 0 : from.graph.enterpoint_node_;
  for (Slot slot = 0; slot < count; ++slot) {
    const int level = from.graph.element_levels_[slot];
    parts.levels.push_back(static_cast<std::uint8_t>(level));
    if (level == 0) continue;
    const auto* lists = reinterpret_cast<const std::byte*>(from.graph.linkLists_[slot]);
    parts.upper.insert(parts.upper.end(), lists,
                       lists + static_cast<std::size_t>(level) * GraphLayout::kUpperListBytes);
  }
  parts.nodes = {reinterpret_cast<const std::byte*>(from.graph.data_level0_memory_),
                 count * GraphLayout(parts.dimensions).stride()};
  return parts;
}

namespace {

/// Throws Error kCorrupt unless one list of links at `level` can be followed.
void check_list(const std::byte* list, std::size_t most, std::uint8_t level, const GraphParts& parts,
                const std::string& name) {
  std::array<std::uint32_t, 1 + GraphLayout::kLowestLinks> words;
  std::memcpy(words.data(), list, (1 + most) * sizeof(std::uint32_t));
  bool good = words[0] <= most;
  for (std::size_t i = 1; good && i <= words[0]; ++i) {
    good = words[i] < parts.levels.size() && parts.levels[words[i]] >= level;
  }
  if (!good) {
    throw Error(ErrorKind::kCorrupt,
                "the graph file " + name + " is damaged: a list of links leads out of the graph; it can be built anew");
  }
}

void check_parts(const GraphParts& parts, const std::string& name) {
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorKind::kCorrupt, "the graph file " + name + " is damaged: " + what + "; it can be built anew");
  };
  const std::size_t count = parts.levels.size();
  std::size_t upper_lists = 0;
  std::uint8_t top = 0;
  for (const std::uint8_t level : parts.levels) {
    if (level > kMostLevels) fail("a node has the level " + std::to_string(level));
    upper_lists += level;
    top = std::max(top, level);
  }
  if (parts.upper.size() != upper_lists * GraphLayout::kUpperListBytes) fail("its levels do not fit its upper lists");
  if (count == 0 ? parts.entry != 0 : (parts.entry >= count || parts.levels[parts.entry] != top)) {
    fail("its entry point is not a node of the highest level");
  }
  const GraphLayout layout(parts.dimensions);
  const std::byte* upper = parts.upper.data();
  for (std::size_t slot = 0; slot < count; ++slot) {
    check_list(parts.nodes.data() + slot * layout.stride(), GraphLayout::kLowestLinks, 0, parts, name);
    for (std::uint8_t level = 1; level <= parts.levels[slot]; ++level, upper += GraphLayout::kUpperListBytes) {
      check_list(upper, HnswIndex::kM, level, parts, name);
    }
  }
}

}  // namespace

HnswIndex GraphParts::to_graph(const std::string& name) const {
  check_parts(*this, name);
  HnswIndex index(dimensions);
  HnswIndex::Parts& into = *index.parts_;
  const std::size_t count = levels.size();
  into.make_room(count);
  into.dead = dead;
  into.dead_count = static_cast<std::size_t>(std::count(dead.begin(), dead.end(), 1));
  Graph& graph = into.graph;
  std::memcpy(graph.data_level0_memory_, nodes.data(), nodes.size());
  graph.label_lookup_.reserve(count);
  const std::byte* lists = upper.data();
  for (Slot slot = 0; slot < count; ++slot) {
    const std::size_t bytes = levels[slot] * GraphLayout::kUpperListBytes;
    graph.linkLists_[slot] = nullptr;
    if (bytes > 0) {
      graph.linkLists_[slot] = static_cast<char*>(std::malloc(bytes));
      if (graph.linkLists_[slot] == nullptr) throw std::bad_alloc();
      std::memcpy(graph.linkLists_[slot], lists, bytes);
      lists += bytes;
    }
    graph.element_levels_[slot] = levels[slot];
    graph.cur_element_count = slot + 1;  // from here on hnswlib's destructor frees it
    const std::int64_t id = id_of(graph, slot);
    if (id < 0 || !graph.label_lookup_.emplace(static_cast<std::size_t>(id), slot).second) {
      throw Error(ErrorKind::kCorrupt, "the graph file " + name + " is damaged: the id " + std::to_string(id) +
                                           " stands in it twice or is negative; it can be built anew");
    }
    into.max_id = std::max(into.max_id, id);
  }
  if (count > 0) {
    graph.enterpoint_node_ = entry;
    graph.maxlevel_ = levels[entry];
  }
  return index;
}

}  // namespace riverbank
