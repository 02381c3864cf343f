#pragma once

#include <filesystem>

#include "index/vectors/graph_format.h"
#include "index/vectors/hnsw_index.h"

namespace riverbank {

/// Writes the graph, and its vectors beside it; old files stay until the new ones are whole, then they go. Throws Error
/// kIo. Searches may go on meanwhile; adding waits.
void save_graph(const HnswIndex& graph, const GraphSource& source, const std::filesystem::path& file);

struct LoadedGraph {
  HnswIndex graph;
  GraphSource source;
};

/// Reads it back, to add to it. Every size, link, level, id and checksum is looked at. Throws as MappedGraph::open().
LoadedGraph load_graph(const std::filesystem::path& file);

/// Removes it and its vectors, where there are such. Throws Error kIo.
void remove_graph(const std::filesystem::path& file);

/// What they take on the disk.
struct GraphBytes {
  std::uintmax_t graph = 0, vectors = 0;
};
GraphBytes graph_bytes(const std::filesystem::path& file);

}  // namespace riverbank
