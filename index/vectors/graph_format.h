#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "index/vectors/graph_parts.h"
#include "riverbank/error.h"

namespace riverbank {

/// Whose vectors a graph holds: it is of use to nobody else, and of none to its owner once the generation has moved on
/// further than it can catch up.
struct GraphSource {
  std::string model_fingerprint;         ///< at most 255 bytes
  std::array<std::uint8_t, 16> store{};  ///< StoreId
  std::uint64_t generation = 0;          ///< of the store, when the graph was equal to it
};

/// The first page of a graph's file.
struct GraphHeader {
  std::uint32_t dimensions = 0;
  std::uint64_t nodes = 0;
  std::uint32_t upper_nodes = 0, upper_lists = 0, tombstones = 0;
  Node entry = 0;
  std::uint64_t stamp = 0;  ///< of the file with the vectors themselves
  GraphSource source;
};

/// Where the parts lie in the body of a graph's file, each at a cache line, in bytes.
struct GraphLayout {
  explicit GraphLayout(const GraphHeader& header);
  std::size_t codes, links, scales, ids, upper_nodes, upper_links, tombstones;
  std::size_t body;  ///< of all

  /// The whole file: first page, body, checksums of the body's blocks and one of those.
  std::size_t file_bytes() const;
};

inline constexpr std::size_t kGraphPage = 4096;

/// kGraphPage bytes. Throws Error kInvalidArgument for a fingerprint of more than 255.
std::string encode_header(const GraphHeader& header);
/// Of a file that has all the bytes that its header calls for. Throws Error: kCorrupt, kUnsupported (another
/// version's).
GraphHeader decode_header(std::span<const std::byte> file, const std::string& name);

/// The file beside `graph` that holds the vectors themselves, named after its content.
std::filesystem::path exact_vectors_file(const std::filesystem::path& graph, std::uint64_t stamp);

/// "the graph file NAME is damaged: WHAT; it can be built anew"
Error damaged_graph(const std::string& name, const std::string& what);

}  // namespace riverbank
