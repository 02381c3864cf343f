#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace riverbank {

inline constexpr std::size_t kGraphM = 16;                ///< links of a node above the lowest level
inline constexpr std::size_t kLowestLinks = 2 * kGraphM;  ///< and on it
inline constexpr std::size_t kMostDimensions = 65'536;
inline constexpr std::size_t kMostNodes = (std::size_t{1} << 31U) - 1;  // hnswlib counts visited nodes in an int
inline constexpr int kMostLevels = 15;

/// A vector's number in its graph, in the order in which they were added.
using Node = std::uint32_t;
inline constexpr Node kNoNode = 0xffffffff;

/// A node on the way to a question, with its similarity by codes. The greater of two is nearer, or as near with the
/// greater number.
struct Step {
  float similarity = 0;
  Node node = 0;
  bool operator<(const Step& other) const {
    return similarity != other.similarity ? similarity < other.similarity : node < other.node;
  }
  bool operator>(const Step& other) const { return other < *this; }
};

/// The links of a node on one level, in somebody else's memory.
struct Links {
  const Node* first = nullptr;
  std::size_t size = 0;
  const Node* begin() const { return first; }
  const Node* end() const { return first + size; }
};

/// Asks the processor for a list of the lowest level.
inline void prefetch_links(const Node* list) {
  constexpr std::size_t kLine = 64 / sizeof(Node);
  for (std::size_t i = 0; i < kLowestLinks; i += kLine) __builtin_prefetch(list + i);
}

/// A bit for each node.
class NodeSet {
 public:
  explicit NodeSet(std::size_t nodes = 0) { resize(nodes); }
  void resize(std::size_t nodes) { words_.resize((nodes + 63) / 64); }
  bool contains(Node node) const { return (words_[node / 64] >> (node % 64) & 1U) != 0; }
  /// Whether it was not there yet.
  bool insert(Node node) {
    std::uint64_t& word = words_[node / 64];
    const std::uint64_t bit = std::uint64_t{1} << (node % 64);
    const bool is_new = (word & bit) == 0;
    word |= bit;
    return is_new;
  }
  void erase(Node node) { words_[node / 64] &= ~(std::uint64_t{1} << (node % 64)); }

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace riverbank
