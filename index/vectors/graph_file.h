#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>

#include "index/vectors/hnsw_index.h"

namespace riverbank {

/// Whose vectors a graph holds: it is of use to nobody else, and of none to its owner once the generation has moved on
/// further than it can catch up.
struct GraphSource {
  std::string model_fingerprint;         ///< at most 255 bytes
  std::array<std::uint8_t, 16> store{};  ///< StoreId
  std::uint64_t generation = 0;          ///< of the store, when the graph was equal to it
};

/// Writes the graph with its vectors; an old file stays until the new one is whole. Throws Error kIo.
/// Searches may go on meanwhile; adding waits.
void save_graph(const HnswIndex& graph, const GraphSource& source, const std::filesystem::path& file);

struct LoadedGraph {
  HnswIndex graph;
  GraphSource source;
};

/// Reads it back. Every size, link, level, id and checksum is looked at before it is used. Throws Error: kNotFound,
/// kCorrupt (cut, flipped, or no graph at all), kUnsupported (a newer version's), kIo.
LoadedGraph load_graph(const std::filesystem::path& file);

/// Only what the header says. Throws like load_graph().
GraphSource read_graph_source(const std::filesystem::path& file);

}  // namespace riverbank
