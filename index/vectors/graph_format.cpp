#include "index/vectors/graph_format.h"

#include <algorithm>
#include <cstring>

#include "index/vectors/codes.h"
#include "index/vectors/hnsw_memory.h"
#include "lib/base/block_sums.h"
#include "lib/base/byte_reader.h"
#include "lib/base/hash.h"
#include "riverbank/error.h"

// The file, little-endian:
//
//      0   8  magic "RVBKHNSW"
//      8   4  version of this format, 2
//     12   4  d, dimensions of a vector
//     16   4  M
//     20   4  ef_construction
//     24   8  N, nodes, tombstones included
//     32   4  U, nodes that stand on more levels than the lowest
//     36   4  L, their lists
//     40   4  T, tombstones
//     44   4  entry point, a node; 0 when N is 0
//     48   8  stamp of the exact vectors
//     56  16  id of the store
//     72   8  generation of the store
//     80   1  length of the model's fingerprint
//     81 255  the fingerprint, zeros behind it
//    336   8  checksum of the 336 bytes before
//    344      zeros
//
//   4096      the body: what GraphParts names, in the order of GraphLayout, each part at a multiple of 64, zeros
//   between
//      -      a checksum for each 4 KiB of the body (the last may be shorter), 8 bytes each
//      -   8  checksum of those checksums
//
// Beside it graph-STAMP.f32: N x d float32, a checksum for each 4 KiB of them; the stamp is the checksum of those
// checksums, in hexadecimal. So one graph never finds another's vectors, and the new ones can be put beside the old.

namespace riverbank {
namespace {

constexpr std::string_view kMagic = "RVBKHNSW";
constexpr std::uint32_t kVersion = 2;
constexpr std::size_t kMostFingerprint = 255, kSummed = 336;
constexpr std::size_t kLine = 64;

std::size_t line_up(std::size_t bytes) { return (bytes + kLine - 1) / kLine * kLine; }

template <typename T>
void put(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::span<const std::byte> as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace

Error damaged_graph(const std::string& name, const std::string& what) {
  return {ErrorKind::kCorrupt, "the graph file " + name + " is damaged: " + what + "; it can be built anew"};
}

GraphLayout::GraphLayout(const GraphHeader& header) {
  const std::size_t n = header.nodes;
  std::size_t at = 0;
  const auto part = [&](std::size_t bytes) {
    const std::size_t begin = at;
    at = line_up(at + bytes);
    return begin;
  };
  codes = part(n * code_bytes(header.dimensions));
  links = part(n * kLowestLinks * sizeof(Node));
  scales = part(n * sizeof(float));
  ids = part(n * sizeof(std::int64_t));
  upper_nodes = part(header.upper_nodes * sizeof(UpperNode));
  upper_links = part(header.upper_lists * kGraphM * sizeof(Node));
  tombstones = part(header.tombstones * sizeof(Node));
  body = at;
}

std::size_t GraphLayout::file_bytes() const {
  const std::size_t blocks = count_blocks(body, CheckedBlocks::kBlockBytes);
  return kGraphPage + body + (blocks + 1) * sizeof(std::uint64_t);
}

std::string encode_header(const GraphHeader& header) {
  std::string fingerprint = header.source.model_fingerprint;
  if (fingerprint.size() > kMostFingerprint) {
    throw Error(ErrorKind::kInvalidArgument,
                "a model's fingerprint has at most 255 bytes, not " + std::to_string(fingerprint.size()));
  }
  std::string bytes(kMagic);
  put(bytes, kVersion);
  put(bytes, header.dimensions);
  put(bytes, static_cast<std::uint32_t>(kGraphM));
  put(bytes, static_cast<std::uint32_t>(kEfConstruction));
  put(bytes, header.nodes);
  put(bytes, header.upper_nodes);
  put(bytes, header.upper_lists);
  put(bytes, header.tombstones);
  put(bytes, header.entry);
  put(bytes, header.stamp);
  for (const std::uint8_t byte : header.source.store) put(bytes, byte);
  put(bytes, header.source.generation);
  put(bytes, static_cast<std::uint8_t>(fingerprint.size()));
  fingerprint.resize(kMostFingerprint, '\0');
  bytes += fingerprint;
  put(bytes, checksum64(as_bytes(bytes)));
  bytes.resize(kGraphPage, '\0');
  return bytes;
}

GraphHeader decode_header(std::span<const std::byte> file, const std::string& name) {
  ByteReader reader(file, name);
  const auto magic = reader.take(kMagic.size(), "its first bytes");
  if (std::memcmp(magic.data(), kMagic.data(), kMagic.size()) != 0) throw damaged_graph(name, "it is no graph file");
  if (const auto version = reader.read<std::uint32_t>("version"); version != kVersion) {
    throw Error(ErrorKind::kUnsupported, "the graph file " + name + " has version " + std::to_string(version) +
                                             " of its format, this riverbank knows version " +
                                             std::to_string(kVersion) + "; it can be built anew");
  }
  GraphHeader header;
  header.dimensions = reader.read<std::uint32_t>("dimensions");
  const auto m = reader.read<std::uint32_t>("M");
  const auto ef_construction = reader.read<std::uint32_t>("ef_construction");
  header.nodes = reader.read<std::uint64_t>("number of nodes");
  header.upper_nodes = reader.read<std::uint32_t>("number of upper nodes");
  header.upper_lists = reader.read<std::uint32_t>("number of upper lists");
  header.tombstones = reader.read<std::uint32_t>("number of tombstones");
  header.entry = reader.read<std::uint32_t>("entry point");
  header.stamp = reader.read<std::uint64_t>("stamp of the vectors");
  for (std::uint8_t& byte : header.source.store) byte = reader.read<std::uint8_t>("store");
  header.source.generation = reader.read<std::uint64_t>("generation");
  const auto length = reader.read<std::uint8_t>("length of the fingerprint");
  const auto fingerprint = reader.take(kMostFingerprint, "fingerprint");
  header.source.model_fingerprint.assign(reinterpret_cast<const char*>(fingerprint.data()), length);
  if (reader.read<std::uint64_t>("checksum of the header") != checksum64(file.first(kSummed))) {
    throw damaged_graph(name, "its header does not have its checksum");
  }
  // What follows holds for a file that was made to deceive as well.
  if (m != kGraphM || ef_construction != kEfConstruction) {
    throw Error(ErrorKind::kUnsupported, "the graph file " + name + " was built with M " + std::to_string(m) +
                                             " and ef " + std::to_string(ef_construction) + "; it can be built anew");
  }
  if (header.dimensions == 0 || header.dimensions > kMostDimensions) {
    throw damaged_graph(name, std::to_string(header.dimensions) + " dimensions");
  }
  if (header.nodes > kMostNodes || header.upper_nodes > header.nodes || header.tombstones > header.nodes) {
    throw damaged_graph(name, std::to_string(header.nodes) + " nodes, of which " + std::to_string(header.upper_nodes) +
                                  " stand on more levels and " + std::to_string(header.tombstones) + " are tombstones");
  }
  const std::size_t expected = GraphLayout(header).file_bytes();  // below 2^49
  if (file.size() != expected) {
    throw damaged_graph(
        name, "it has " + std::to_string(file.size()) + " bytes, its header says " + std::to_string(expected));
  }
  return header;
}

std::filesystem::path exact_vectors_file(const std::filesystem::path& graph, std::uint64_t stamp) {
  std::array<std::uint8_t, sizeof stamp> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(stamp >> (56 - 8 * i));
  return graph.parent_path() / (graph.stem().string() + "-" + to_hex(bytes) + ".f32");
}

}  // namespace riverbank
