#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "index/store/store_reader.h"
#include "index/vectors/vector_graph.h"

namespace riverbank {

/// A passage near a question.
struct NearChunk {
  std::int64_t chunk = 0;
  std::int64_t document = 0;
  double cosine = 0;
};

/// The passages nearest to a question, best first, at least `count` when so many match: vectors first, then all
/// passages that have them (equal texts share one). With `graph` it is asked, without all vectors are compared.
/// `matching`: only these passages, ordered as StoreReader::passages_matching() has them; null: all.
std::vector<NearChunk> nearest_chunks(StoreReader& reader, const VectorGraph* graph, std::size_t ef,
                                      std::span<const float> question, std::size_t count,
                                      const std::vector<PassageKey>* matching);

}  // namespace riverbank
