#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "index/vectors/graph_node.h"
#include "lib/math/dot.h"

namespace riverbank {

/// Bytes of a code: a byte for each dimension, zeros up to whole cache lines.
constexpr std::size_t code_bytes(std::size_t dimensions) { return (dimensions + 63) / 64 * 64; }

/// The code of a vector: x_i is nearly scale code_i, with whole numbers of -127 to 127 and scale = max |x_i| / 127.
/// Writes code_bytes(vector.size()) bytes and returns the scale. The same on every processor.
float encode_vector(std::span<const float> vector, std::int8_t* code);

/// A vector's code, to be compared with those of a graph. Borrowed.
struct CodedVector {
  const std::int8_t* code = nullptr;
  float scale = 0;
};

/// A question's own code. One owner.
class CodedQuestion {
 public:
  explicit CodedQuestion(std::span<const float> vector);
  CodedVector coded() const { return {code_.data(), scale_}; }

 private:
  std::vector<std::int8_t> code_;
  float scale_;
};

/// The codes of all nodes, row after row, in somebody else's memory.
struct Codes {
  std::size_t row_bytes = 0;
  const std::int8_t* rows = nullptr;  ///< (nodes, row_bytes)
  const float* scales = nullptr;      ///< (nodes)
  DotCodesFunction dot = dot_codes_function();

  static constexpr std::size_t kMostAtOnce = kLowestLinks;

  CodedVector of(Node node) const { return {rows + node * row_bytes, scales[node]}; }
  /// similarities[i] = inner product of what the codes of `vector` and of nodes[i] stand for; at most kMostAtOnce.
  void compare(CodedVector vector, std::span<const Node> nodes, float* similarities) const {
    if (nodes.empty()) return;
    std::array<const std::int8_t*, kMostAtOnce> codes;
    std::array<std::int32_t, kMostAtOnce> products;
    for (std::size_t i = 0; i < nodes.size(); ++i) codes[i] = rows + nodes[i] * row_bytes;
    dot(vector.code, codes.data(), nodes.size(), row_bytes, products.data());
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      similarities[i] = static_cast<float>(products[i]) * (vector.scale * scales[nodes[i]]);
    }
  }
};

/// Codes that grow, at whole cache lines and in huge pages where there are such. One thread changes them.
class CodeTable {
 public:
  explicit CodeTable(std::size_t dimensions) : row_bytes_(code_bytes(dimensions)) {}

  /// Throws std::bad_alloc.
  void make_room(std::size_t nodes);
  /// Sets the code of a node that there is room for.
  void set(Node node, std::span<const float> vector);
  void set(Node node, CodedVector coded);
  Codes codes() const { return {row_bytes_, rows_.get(), scales_.data()}; }

 private:
  struct Free {
    void operator()(std::int8_t* rows) const;
  };
  std::size_t row_bytes_;
  std::unique_ptr<std::int8_t[], Free> rows_;
  std::vector<float> scales_;  // by node, for as many as there is room for
};

}  // namespace riverbank
