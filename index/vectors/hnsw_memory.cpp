// All that touches hnswlib, in one file: two that include it do not link.
#include "index/vectors/hnsw_memory.h"

// Without this hnswlib defines functions that are not inline; our inner product is chosen at run time anyway.
#define NO_MANUAL_VECTORIZATION
#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <queue>
#include <utility>

#include "riverbank/error.h"

namespace riverbank {
namespace {

using Hnsw = hnswlib::HierarchicalNSW<float>;

/// hnswlib's way to ask for a distance: 1 - cosine, by codes. What it holds of a node is the node's number.
class CodeSpace : public hnswlib::SpaceInterface<float> {
 public:
  explicit CodeSpace(const Codes& codes) : codes_(codes) {}

  std::size_t get_data_size() override { return sizeof(Node); }
  hnswlib::DISTFUNC<float> get_dist_func() override { return distance; }
  void* get_dist_func_param() override { return const_cast<Codes*>(&codes_); }  // only read

 private:
  static float distance(const void* a, const void* b, const void* param) {
    const auto& codes = *static_cast<const Codes*>(param);
    Node one = 0, other = 0;
    std::memcpy(&one, a, sizeof one);
    std::memcpy(&other, b, sizeof other);
    float similarity = 0;
    codes.compare(codes.of(one), std::span(&other, 1), &similarity);
    return 1.0F - similarity;
  }
  const Codes& codes_;
};

}  // namespace

struct HnswMemory::Graph {
  CodeSpace space;
  Hnsw hnsw;
  explicit Graph(const Codes& codes) : space(codes), hnsw(&space, 1, kGraphM, kEfConstruction) {}
};

HnswMemory::HnswMemory(std::size_t dimensions)
    : table_(dimensions), codes_(table_.codes()), graph_(std::make_unique<Graph>(codes_)) {
  table_.make_room(1);
  look_up_memory();
}

HnswMemory::~HnswMemory() = default;

void HnswMemory::look_up_memory() {
  const Hnsw& hnsw = graph_->hnsw;
  codes_ = table_.codes();
  lowest_ = hnsw.data_level0_memory_;
  upper_ = hnsw.linkLists_;
  stride_ = hnsw.size_data_per_element_;
  id_at_ = hnsw.label_offset_;
  upper_stride_ = hnsw.size_links_per_element_;
}

std::size_t HnswMemory::room() const { return graph_->hnsw.max_elements_; }

void HnswMemory::make_room(std::size_t nodes) {
  if (nodes > kMostNodes) throw Error(ErrorKind::kUnsupported, "a graph holds at most 2,147,483,647 vectors");
  if (nodes <= room()) return;
  table_.make_room(nodes);
  graph_->hnsw.resizeIndex(nodes);
  look_up_memory();
}

Node HnswMemory::start(std::int64_t id, int level) {
  Hnsw& hnsw = graph_->hnsw;
  const auto node = static_cast<Node>(nodes_);
  std::memset(lowest_ + node * stride_, 0, stride_);
  std::memcpy(hnsw.getDataByInternalId(node), &node, sizeof node);
  hnsw.setExternalLabel(node, static_cast<std::size_t>(id));
  hnsw.linkLists_[node] = nullptr;
  if (level > 0) {
    auto* lists = static_cast<char*>(std::calloc(static_cast<std::size_t>(level), upper_stride_));
    if (lists == nullptr) throw std::bad_alloc();
    hnsw.linkLists_[node] = lists;
  }
  hnsw.element_levels_[node] = level;
  hnsw.cur_element_count = ++nodes_;  // from here on hnswlib's destructor frees it
  hnsw.label_lookup_[static_cast<std::size_t>(id)] = node;
  return node;
}

Node HnswMemory::place(std::int64_t id, int level, std::span<const float> vector) {
  table_.set(static_cast<Node>(nodes_), vector);
  return start(id, level);
}

Node HnswMemory::place(std::int64_t id, int level, CodedVector coded) {
  table_.set(static_cast<Node>(nodes_), coded);
  return start(id, level);
}

void HnswMemory::set_entry(Node node) {
  entry_ = node;
  top_level_ = level(node);
}

void HnswMemory::set_links(Node node, int level, std::span<const Node> links) {
  Node* list = list_of(node, level);
  list[0] = static_cast<Node>(links.size());
  std::copy(links.begin(), links.end(), list + 1);
}

int HnswMemory::level(Node node) const { return graph_->hnsw.element_levels_[node]; }

std::optional<Node> HnswMemory::find(std::int64_t id) const {
  const auto found = graph_->hnsw.label_lookup_.find(static_cast<std::size_t>(id));
  if (found == graph_->hnsw.label_lookup_.end()) return std::nullopt;
  return found->second;
}

void HnswMemory::keep_diverse(std::vector<Step>& candidates, std::size_t most) const {
  using Pair = std::pair<float, hnswlib::tableint>;
  std::vector<Pair> pairs;
  pairs.reserve(candidates.size());
  for (const Step& step : candidates) pairs.emplace_back(1.0F - step.similarity, step.node);
  std::priority_queue<Pair, std::vector<Pair>, Hnsw::CompareByFirst> queue(Hnsw::CompareByFirst(), std::move(pairs));
  graph_->hnsw.getNeighborsByHeuristic2(queue, most);
  candidates.clear();
  for (; !queue.empty(); queue.pop()) candidates.push_back({1.0F - queue.top().first, queue.top().second});
  std::reverse(candidates.begin(), candidates.end());
}

}  // namespace riverbank
