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

void ExactIndex::reserve(std::size_t count) {
  ids_.reserve(count);
  vectors_.reserve(count * dimensions_);
}

void ExactIndex::add(std::int64_t id, std::span<const float> vector) {
  if (vector.size() != dimensions_) {
    throw Error(ErrorKind::kInvalidArgument, "a vector of " + std::to_string(vector.size()) +
                                                 " numbers cannot be added to an index of " +
                                                 std::to_string(dimensions_));
  }
  vectors_.insert(vectors_.end(), vector.begin(), vector.end());
  ids_.push_back(id);
}

std::vector<Neighbour> ExactIndex::search(std::span<const float> question, std::size_t k, const IdFilter& filter,
                                          ThreadPool* pool) const {
  if (question.size() != dimensions_) {
    throw Error(ErrorKind::kInvalidArgument, "a question of " + std::to_string(question.size()) +
                                                 " numbers cannot be asked of an index of " +
                                                 std::to_string(dimensions_));
  }
  const std::size_t workers = pool == nullptr ? 1 : static_cast<std::size_t>(pool->size());
  std::vector<TopK> best(workers, TopK(std::min(k, size())));
  const auto scan = [&](std::size_t block, int worker) {
    std::array<float, kRowsAtOnce> products;
    const std::size_t first = block * kRowsAtOnce;
    const std::size_t rows = std::min(kRowsAtOnce, size() - first);
    dot_many(question.data(), vectors_.data() + first * dimensions_, rows, dimensions_, products.data());
    for (std::size_t i = 0; i < rows; ++i) {
      const std::int64_t id = ids_[first + i];
      if (!filter || filter(id)) best[static_cast<std::size_t>(worker)].offer({id, products[i]});
    }
  };
  const std::size_t blocks = (size() + kRowsAtOnce - 1) / kRowsAtOnce;
  if (pool != nullptr) {
    pool->run(blocks, scan);
  } else {
    for (std::size_t block = 0; block < blocks; ++block) scan(block, 0);
  }
  for (std::size_t worker = 1; worker < workers; ++worker) {
    for (const Neighbour& neighbour : best[worker].take()) best[0].offer(neighbour);
  }
  return best[0].take();
}

}  // namespace riverbank
