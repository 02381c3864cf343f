#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "index/vectors/codes.h"
#include "index/vectors/graph_node.h"

namespace riverbank {

inline constexpr std::size_t kEfConstruction = 200;  ///< candidates looked at when a node is linked

/// The nodes of a graph that grows: codes, links, levels and ids. Links, levels and ids lie in hnswlib's memory, and
/// its heuristic says which links are kept. Walkable. Any number of threads may read while none writes; set_links() of
/// different nodes at once is fine.
class HnswMemory {
 public:
  explicit HnswMemory(std::size_t dimensions);
  ~HnswMemory();
  HnswMemory(const HnswMemory&) = delete;
  HnswMemory& operator=(const HnswMemory&) = delete;

  std::size_t room() const;
  /// Throws Error kUnsupported for more than kMostNodes, std::bad_alloc, std::runtime_error from hnswlib.
  void make_room(std::size_t nodes);
  /// A new node without links, that there is room for; nobody links to it yet.
  Node place(std::int64_t id, int level, std::span<const float> vector);
  Node place(std::int64_t id, int level, CodedVector coded);
  /// Where walks begin: a node of the highest level that is linked.
  void set_entry(Node node);
  /// At most kLowestLinks on level 0, kGraphM above.
  void set_links(Node node, int level, std::span<const Node> links);

  std::size_t nodes() const { return nodes_; }
  Node entry() const { return entry_; }
  int top_level() const { return top_level_; }  ///< -1 without an entry
  Links links(Node node, int level) const {
    const Node* list = list_of(node, level);
    return {list + 1, list[0]};
  }
  void expect_links(Node node) const { prefetch_links(list_of(node, 0)); }
  void compare(CodedVector vector, std::span<const Node> nodes, float* similarities) const {
    codes_.compare(vector, nodes, similarities);
  }
  const Codes& codes() const { return codes_; }
  std::int64_t id(Node node) const {
    std::int64_t id = 0;
    std::memcpy(&id, lowest_ + node * stride_ + id_at_, sizeof id);
    return id;
  }
  int level(Node node) const;
  std::optional<Node> find(std::int64_t id) const;

  /// Leaves at most `most` of the candidates for links of one node: hnswlib's heuristic, algorithm 4 of
  /// arXiv:1603.09320. Nearest first.
  void keep_diverse(std::vector<Step>& candidates, std::size_t most) const;

 private:
  struct Graph;
  Node* list_of(Node node, int level) const {
    char* list =
        level == 0 ? lowest_ + node * stride_ : upper_[node] + static_cast<std::size_t>(level - 1) * upper_stride_;
    return reinterpret_cast<Node*>(list);
  }
  Node start(std::int64_t id, int level);
  void look_up_memory();

  CodeTable table_;
  Codes codes_;  // of table_
  std::unique_ptr<Graph> graph_;
  // hnswlib's own, looked up whenever they move. A list is a word with its size, then the links.
  char* lowest_ = nullptr;  // (room(), stride_): the list of level 0, the node's number, its id
  char** upper_ = nullptr;  // by node: the lists above
  std::size_t stride_ = 0, id_at_ = 0, upper_stride_ = 0;
  std::size_t nodes_ = 0;
  Node entry_ = 0;
  int top_level_ = -1;
};

}  // namespace riverbank
