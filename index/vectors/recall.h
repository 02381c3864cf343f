#pragma once

#include <cstddef>
#include <cstdint>

#include "index/vectors/vector_graph.h"
#include "lib/base/parallel.h"

namespace riverbank {

/// What share of the true ten nearest the graph finds.
struct GraphRecall {
  std::size_t sampled = 0;
  double recall_at_10 = 1;
  std::size_t ef = 0;  ///< that it was measured with
};

/// Asks the graph for the ten neighbours of `sample` of its own vectors (spread evenly over the ids; each itself left
/// out) and compares with the scan: Σ |found ∩ true| / Σ |true|. A found vector counts when it is as similar as the
/// last true one, so that ties cost nothing.
GraphRecall measure_recall(const VectorGraph& graph, std::size_t sample, std::size_t ef, ThreadPool* pool = nullptr);

/// The smallest ef of 16, 32, 64, … 1,024 whose recall reaches `target`; the best there is when none does.
GraphRecall choose_ef(const VectorGraph& graph, std::size_t sample, double target = 0.99, ThreadPool* pool = nullptr);

}  // namespace riverbank
