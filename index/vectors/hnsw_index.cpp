#include "index/vectors/hnsw_index.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_set>
#include <utility>

#include "index/vectors/graph_builder.h"
#include "index/vectors/graph_search.h"
#include "index/vectors/hnsw_parts.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

/// Throws Error kInvalidArgument unless all can be added.
void check_new(const HnswMemory& memory, std::span<const std::int64_t> ids, std::span<const float> vectors,
               std::size_t dimensions) {
  require_size(vectors.size(), ids.size() * dimensions);
  std::unordered_set<std::int64_t> fresh;
  for (const std::int64_t id : ids) {
    if (id < 0 || memory.find(id) || !fresh.insert(id).second) {
      throw Error(ErrorKind::kInvalidArgument, "the id " + std::to_string(id) + " cannot be added to the graph: " +
                                                   (id < 0 ? "it is negative" : "it was added before"));
    }
  }
  if (!std::all_of(vectors.begin(), vectors.end(), [](float x) { return std::isfinite(x); })) {
    throw Error(ErrorKind::kInvalidArgument, "a vector with a number that is not finite cannot be added to the graph");
  }
}

}  // namespace

HnswIndex::HnswIndex(std::size_t dimensions, const std::filesystem::path& folder) {
  if (dimensions == 0 || dimensions > kMostDimensions) {
    throw Error(ErrorKind::kInvalidArgument,
                "a graph needs vectors of 1 to 65,536 numbers, not " + std::to_string(dimensions));
  }
  parts_ = std::make_unique<Parts>(dimensions, NamelessFile(folder));
}

HnswIndex::HnswIndex(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

HnswIndex::~HnswIndex() = default;
HnswIndex::HnswIndex(HnswIndex&&) noexcept = default;
HnswIndex& HnswIndex::operator=(HnswIndex&&) noexcept = default;

void HnswIndex::reserve(std::size_t count) {
  const auto lock = parts_->lock_to_write();
  parts_->memory.make_room(count);
}

void HnswIndex::add(std::span<const std::int64_t> ids, std::span<const float> vectors, ThreadPool* pool) {
  Parts& parts = *parts_;
  {
    const auto lock = parts.lock_to_write();
    check_new(parts.memory, ids, vectors, parts.dimensions);
    const std::size_t needed = parts.nodes() + ids.size();
    if (needed > parts.memory.room()) parts.memory.make_room(std::max(needed, parts.nodes() + parts.nodes() / 2));
  }
  for (std::size_t done = 0; done < ids.size();) {
    const auto lock = parts.lock_to_write();  // searches come in between
    const std::size_t batch = std::min(batch_size(parts.nodes()), ids.size() - done);
    const auto some = ids.subspan(done, batch);
    const auto values = vectors.subspan(done * parts.dimensions, batch * parts.dimensions);
    parts.vectors.write(parts.nodes() * parts.row_bytes(), std::as_bytes(values));
    parts.dead_nodes.resize(parts.nodes() + batch);
    add_batch(parts.memory, some, values, pool);
    parts.max_id = std::max(parts.max_id, *std::max_element(some.begin(), some.end()));
    done += batch;
  }
}

bool HnswIndex::remove(std::int64_t id) {
  const auto lock = parts_->lock_to_write();
  const auto node = parts_->find_live(id);
  if (!node) return false;
  parts_->dead_nodes.insert(*node);
  ++parts_->dead_nodes_count;
  return true;
}

std::vector<Neighbour> HnswIndex::search(std::span<const float> question, std::size_t k, std::size_t ef,
                                         const IdFilter& filter) const {
  const auto lock = parts_->lock_to_read();
  require_size(question.size(), parts_->dimensions);
  return search_graph(*parts_, question, k, ef, filter);
}

std::vector<Neighbour> HnswIndex::scan(std::span<const float> question, std::size_t k, const IdFilter& filter) const {
  const auto lock = parts_->lock_to_read();
  require_size(question.size(), parts_->dimensions);
  return scan_graph(*parts_, question, k, filter);
}

bool HnswIndex::contains(std::int64_t id) const {
  const auto lock = parts_->lock_to_read();
  return parts_->find_live(id).has_value();
}

std::vector<std::int64_t> HnswIndex::ids() const {
  const auto lock = parts_->lock_to_read();
  return live_ids(*parts_);
}

std::size_t HnswIndex::size() const {
  const auto lock = parts_->lock_to_read();
  return parts_->nodes() - parts_->dead_nodes_count;
}

std::size_t HnswIndex::tombstones() const {
  const auto lock = parts_->lock_to_read();
  return parts_->dead_nodes_count;
}

std::int64_t HnswIndex::max_id() const {
  const auto lock = parts_->lock_to_read();
  return parts_->max_id;
}

std::size_t HnswIndex::dimensions() const { return parts_->dimensions; }

std::vector<float> HnswIndex::vector(std::int64_t id) const {
  const auto lock = parts_->lock_to_read();
  const auto node = parts_->find_live(id);
  if (!node) return {};
  return parts_->exact(*node);
}

void HnswIndex::for_each_vector(const Visit& visit) const {
  constexpr std::size_t kBytesAtOnce = std::size_t{1} << 20U;
  const auto lock = parts_->lock_to_read();
  const std::size_t nodes = parts_->nodes(), dimensions = parts_->dimensions;
  const std::size_t at_once = std::max(kBytesAtOnce / parts_->row_bytes(), std::size_t{1});
  for (std::size_t begin = 0; begin < nodes; begin += at_once) {
    const std::size_t count = std::min(at_once, nodes - begin);
    const std::vector<float> rows = parts_->exact(static_cast<Node>(begin), count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto node = static_cast<Node>(begin + i);
      if (!parts_->dead_nodes.contains(node)) {
        visit(parts_->id(node), std::span(rows).subspan(i * dimensions, dimensions));
      }
    }
  }
}

bool HnswIndex::wants_rebuild() const {
  const auto lock = parts_->lock_to_read();
  return parts_->dead_nodes_count * 5 > parts_->nodes();
}

}  // namespace riverbank
