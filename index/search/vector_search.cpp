#include "index/search/vector_search.h"

#include <algorithm>
#include <queue>
#include <unordered_map>

#include "lib/math/dot.h"

namespace riverbank {
namespace {

struct Better {
  bool operator()(const Neighbour& a, const Neighbour& b) const {
    return a.similarity != b.similarity ? a.similarity > b.similarity : a.id < b.id;
  }
};

/// The k most similar vectors of the store, all of them compared, none kept.
std::vector<Neighbour> scan_store(StoreReader& reader, std::span<const float> question, std::size_t k,
                                  const IdFilter& filter) {
  std::priority_queue<Neighbour, std::vector<Neighbour>, Better> best;  // the worst of the best on top
  reader.for_each_vector([&](std::int64_t id, std::span<const float> vector) {
    if (vector.size() != question.size() || (filter && !filter(id))) return;
    const Neighbour next{id, dot(vector.data(), question.data(), vector.size())};
    if (best.size() == k && !Better()(next, best.top())) return;
    best.push(next);
    if (best.size() > k) best.pop();
  });
  std::vector<Neighbour> sorted;
  for (; !best.empty(); best.pop()) sorted.push_back(best.top());
  std::reverse(sorted.begin(), sorted.end());
  return sorted;
}

bool before(const PassageKey& passage, std::int64_t vector) { return passage.vector < vector; }

/// The first of `matching` that has this vector, or one with a greater.
std::vector<PassageKey>::const_iterator first_with(const std::vector<PassageKey>& matching, std::int64_t vector) {
  return std::lower_bound(matching.begin(), matching.end(), vector, before);
}

std::vector<PassageKey> passages_of(StoreReader& reader, std::span<const std::int64_t> vectors,
                                    const std::vector<PassageKey>* matching) {
  if (matching == nullptr) return reader.passages_of_vectors(vectors);
  std::vector<PassageKey> passages;
  for (const std::int64_t vector : vectors) {
    for (auto at = first_with(*matching, vector); at != matching->end() && at->vector == vector; ++at) {
      passages.push_back(*at);
    }
  }
  return passages;
}

}  // namespace

std::vector<NearChunk> nearest_chunks(StoreReader& reader, const VectorGraph* graph, std::size_t ef,
                                      std::span<const float> question, std::size_t count,
                                      const std::vector<PassageKey>* matching) {
  IdFilter only_matching;
  if (matching != nullptr) {
    only_matching = [&](std::int64_t id) {
      const auto at = first_with(*matching, id);
      return at != matching->end() && at->vector == id;
    };
  }
  // A vector that no passage has any more takes a place without giving one: then more are asked for.
  for (std::size_t k = count;; k *= 2) {
    const std::vector<Neighbour> near = graph != nullptr ? graph->search(question, k, std::max(ef, k), only_matching)
                                                         : scan_store(reader, question, k, only_matching);
    std::vector<std::int64_t> ids;
    std::unordered_map<std::int64_t, double> cosine;
    for (const Neighbour& neighbour : near) {
      ids.push_back(neighbour.id);
      cosine[neighbour.id] = neighbour.similarity;
    }
    std::vector<NearChunk> chunks;
    for (const PassageKey& found : passages_of(reader, ids, matching)) {
      chunks.push_back({found.chunk, found.document, cosine.at(found.vector)});
    }
    if (chunks.size() >= count || near.size() < k) return chunks;
  }
}

}  // namespace riverbank
