#include "index/vectors/exact_index.h"

#include <algorithm>
#include <array>
#include <string>

#include "index/vectors/top_k.h"
#include "lib/math/dot.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

constexpr std::size_t kRowsAtOnce = 512;  // their products fit the first-level cache

}  // namespace

ExactIndex::ExactIndex(std::size_t dimensions) : dimensions_(dimensions) {}

void ExactIndex::add(std::int64_t id, std::span<const float> vector) {
  if (vector.size() != dimensions_) {
    throw Error(ErrorKind::kInvalidArgument, "a vector of " + std::to_string(vector.size()) +
                                                 " numbers cannot be added to an index of " +
                                                 std::to_string(dimensions_));
  }
  vectors_.insert(vectors_.end(), vector.begin(), vector.end());
  ids_.push_back(id);
}

std::vector<Neighbour> ExactIndex::search(std::span<const float> question, std::size_t k,
                                          const IdFilter& filter) const {
  if (question.size() != dimensions_) {
    throw Error(ErrorKind::kInvalidArgument, "a question of " + std::to_string(question.size()) +
                                                 " numbers cannot be asked of an index of " +
                                                 std::to_string(dimensions_));
  }
  TopK best(std::min(k, size()));
  std::array<float, kRowsAtOnce> products;
  for (std::size_t first = 0; first < size(); first += kRowsAtOnce) {
    const std::size_t rows = std::min(kRowsAtOnce, size() - first);
    dot_many(question.data(), vectors_.data() + first * dimensions_, rows, dimensions_, products.data());
    for (std::size_t i = 0; i < rows; ++i) {
      const std::int64_t id = ids_[first + i];
      if (!filter || filter(id)) best.offer({id, products[i]});
    }
  }
  return best.take();
}

}  // namespace riverbank
