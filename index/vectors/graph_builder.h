#pragma once

#include <cstdint>
#include <span>

#include "index/vectors/hnsw_memory.h"
#include "lib/base/parallel.h"

namespace riverbank {

/// The level of a node: ⌊-ln(u) / ln M⌋ (arXiv:1603.09320, section 4.1) with u drawn from the id alone, so that a graph
/// does not depend on what was added and removed before.
int level_of(std::int64_t id);

/// How many vectors are best added to a graph of so many nodes at once: few enough that the graph as it was before
/// holds nearly all of their neighbours.
std::size_t batch_size(std::size_t nodes);

/// Adds vectors (ids.size(), dimensions) to a graph that has room for them, in two rounds, so that any number of
/// threads builds the same graph (as ParlayANN does, arXiv:2305.04359): first every new node chooses its neighbours,
/// the graph standing still; then every node that was chosen links back, each in the hands of one thread.
void add_batch(HnswMemory& graph, std::span<const std::int64_t> ids, std::span<const float> vectors, ThreadPool* pool);

}  // namespace riverbank
