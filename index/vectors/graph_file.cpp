#include "index/vectors/graph_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <vector>

#include "index/vectors/graph_parts.h"
#include "lib/base/byte_reader.h"
#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

// The file, little-endian, no gaps:
//
//      0   8  magic "RVBKHNSW"
//      8   4  version of this format, 1
//     12   4  dimensions of a vector
//     16   4  M
//     20   4  ef_construction
//     24   8  N, nodes, tombstones included
//     32   8  U, bytes of the upper lists
//     40   4  entry point, a node's number; 0 when N is 0
//     44  16  id of the store
//     60   8  generation of the store
//     68   1  length of the model's fingerprint
//     69 255  the fingerprint, zeros behind it
//    324   8  checksum of the 324 bytes before
//
//    332   N  level of each node; its highest bit marks a tombstone
//          -  the nodes, as GraphLayout says
//          U  the upper lists, node after node, level after level
//          -  a checksum for each 64 KiB of those three taken as one (the last may be shorter), 8 bytes each
//          8  checksum of those checksums

namespace riverbank {
namespace {

constexpr std::string_view kMagic = "RVBKHNSW";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kMostFingerprint = 255;
constexpr std::size_t kHeaderBytes = 332;
constexpr std::size_t kBlockBytes = std::size_t{64} << 10U;
constexpr std::uint8_t kTombstoneBit = 0x80;

struct Header {
  std::uint32_t dimensions = 0;
  std::uint64_t count = 0;
  std::uint64_t upper_bytes = 0;
  std::uint32_t entry = 0;
  GraphSource source;
};

class HeaderWriter {
 public:
  template <typename T>
  HeaderWriter& put(T value) {
    std::array<char, sizeof(T)> raw;
    std::memcpy(raw.data(), &value, sizeof(T));
    bytes_.append(raw.data(), raw.size());
    return *this;
  }
  HeaderWriter& put_bytes(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string encode(const Header& header) {
  HeaderWriter out;
  out.put_bytes(kMagic).put(kVersion).put(header.dimensions);
  out.put(static_cast<std::uint32_t>(HnswIndex::kM)).put(static_cast<std::uint32_t>(HnswIndex::kEfConstruction));
  out.put(header.count).put(header.upper_bytes).put(header.entry);
  for (const std::uint8_t byte : header.source.store) out.put(byte);
  std::string fingerprint = header.source.model_fingerprint;
  out.put(header.source.generation).put(static_cast<std::uint8_t>(fingerprint.size()));
  fingerprint.resize(kMostFingerprint, '\0');
  out.put_bytes(fingerprint);
  const std::uint64_t sum = checksum64(as_bytes(out.bytes()));
  return out.put(sum).bytes();
}

Error damaged(const std::string& name, const std::string& what) {
  return {ErrorKind::kCorrupt, "the graph file " + name + " is damaged: " + what + "; it can be built anew"};
}

Header read_header(ByteReader& reader, std::span<const std::byte> file) {
  const std::string& name = reader.name();
  const auto magic = reader.take(kMagic.size(), "its first bytes");
  if (std::memcmp(magic.data(), kMagic.data(), kMagic.size()) != 0) throw damaged(name, "it is no graph file");
  const auto version = reader.read<std::uint32_t>("version");
  if (version > kVersion) {
    throw Error(ErrorKind::kUnsupported, "the graph file " + name + " has version " + std::to_string(version) +
                                             " of its format, this riverbank knows version 1; it can be built anew");
  }
  Header header;
  header.dimensions = reader.read<std::uint32_t>("dimensions");
  const auto m = reader.read<std::uint32_t>("M");
  const auto ef_construction = reader.read<std::uint32_t>("ef_construction");
  header.count = reader.read<std::uint64_t>("number of nodes");
  header.upper_bytes = reader.read<std::uint64_t>("size of the upper lists");
  header.entry = reader.read<std::uint32_t>("entry point");
  for (std::uint8_t& byte : header.source.store) byte = reader.read<std::uint8_t>("store");
  header.source.generation = reader.read<std::uint64_t>("generation");
  const auto length = reader.read<std::uint8_t>("length of the fingerprint");
  const auto fingerprint = reader.take(kMostFingerprint, "fingerprint");
  header.source.model_fingerprint.assign(reinterpret_cast<const char*>(fingerprint.data()), length);
  const std::size_t summed = reader.position();
  if (reader.read<std::uint64_t>("checksum of the header") != checksum64(file.first(summed))) {
    throw damaged(name, "its header does not have its checksum");
  }
  // What follows holds for a file that was made to deceive as well.
  if (version != kVersion) throw damaged(name, "version " + std::to_string(version) + " never was");
  if (m != HnswIndex::kM || ef_construction != HnswIndex::kEfConstruction) {
    throw Error(ErrorKind::kUnsupported, "the graph file " + name + " was built with M " + std::to_string(m) +
                                             " and ef " + std::to_string(ef_construction) + "; it can be built anew");
  }
  if (header.dimensions == 0 || header.dimensions > kMostDimensions) {
    throw damaged(name, std::to_string(header.dimensions) + " dimensions");
  }
  if (header.count > kMostNodes || header.upper_bytes > file.size()) {
    throw damaged(name, std::to_string(header.count) + " nodes with " + std::to_string(header.upper_bytes) +
                            " bytes of links, which it cannot hold");
  }
  return header;
}

/// Checksums of a stream of bytes, block by block.
class BlockSums {
 public:
  void add(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      if (pending_.empty() && bytes.size() >= kBlockBytes) {  // straight from where they lie
        sums_.push_back(checksum64(bytes.first(kBlockBytes)));
        bytes = bytes.subspan(kBlockBytes);
        continue;
      }
      const std::size_t take = std::min(kBlockBytes - pending_.size(), bytes.size());
      pending_.insert(pending_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(take));
      bytes = bytes.subspan(take);
      if (pending_.size() == kBlockBytes) flush();
    }
  }
  const std::vector<std::uint64_t>& finish() {
    if (!pending_.empty()) flush();
    return sums_;
  }

 private:
  void flush() {
    sums_.push_back(checksum64(pending_));
    pending_.clear();
  }
  std::vector<std::byte> pending_;
  std::vector<std::uint64_t> sums_;
};

void check_blocks(std::span<const std::byte> body, std::span<const std::byte> sums, const std::string& name) {
  for (std::size_t block = 0; block * kBlockBytes < body.size(); ++block) {
    std::uint64_t expected = 0;
    std::memcpy(&expected, sums.data() + block * sizeof expected, sizeof expected);
    const std::size_t begin = block * kBlockBytes;
    if (checksum64(body.subspan(begin, std::min(kBlockBytes, body.size() - begin))) != expected) {
      throw damaged(name, "block " + std::to_string(block) + " does not have its checksum");
    }
  }
}

}  // namespace

void save_graph(const HnswIndex& graph, const GraphSource& source, const std::filesystem::path& file) {
  if (source.model_fingerprint.size() > kMostFingerprint) {
    throw Error(ErrorKind::kInvalidArgument,
                "a model's fingerprint has at most 255 bytes, not " + std::to_string(source.model_fingerprint.size()));
  }
  const GraphParts parts = GraphParts::of(graph);
  Header header;
  header.dimensions = static_cast<std::uint32_t>(parts.dimensions);
  header.count = parts.levels.size();
  header.upper_bytes = parts.upper.size();
  header.entry = parts.entry;
  header.source = source;
  std::vector<std::uint8_t> levels = parts.levels;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (parts.dead[i] != 0) levels[i] = static_cast<std::uint8_t>(levels[i] | kTombstoneBit);
  }

  AtomicFile out(file);
  BlockSums blocks;
  out.write(encode(header));
  for (const std::span<const std::byte> section :
       {std::as_bytes(std::span<const std::uint8_t>(levels)), parts.nodes, std::span<const std::byte>(parts.upper)}) {
    out.write(section);
    blocks.add(section);
  }
  const auto sums = std::as_bytes(std::span(blocks.finish()));
  out.write(sums);
  const std::uint64_t sum_of_sums = checksum64(sums);
  out.write(std::as_bytes(std::span(&sum_of_sums, 1)));
  out.commit();
}

LoadedGraph load_graph(const std::filesystem::path& file) {
  const MappedFile mapped(file);
  ByteReader reader(mapped.bytes(), printable(file.string()));
  const Header header = read_header(reader, mapped.bytes());
  const std::string& name = reader.name();
  const std::size_t stride = GraphLayout(header.dimensions).stride();
  const std::uint64_t body_bytes = header.count * (1 + stride) + header.upper_bytes;  // below 2^50 + the file's size
  const std::uint64_t blocks = (body_bytes + kBlockBytes - 1) / kBlockBytes;
  const std::uint64_t expected = kHeaderBytes + body_bytes + (blocks + 1) * sizeof(std::uint64_t);
  if (mapped.bytes().size() != expected) {
    throw damaged(name, "it has " + std::to_string(mapped.bytes().size()) + " bytes, its header says " +
                            std::to_string(expected));
  }
  const auto levels = reader.take(header.count, "levels");
  const auto nodes = reader.take(header.count * stride, "nodes");
  const auto upper = reader.take(header.upper_bytes, "upper lists");
  const auto sums = reader.take(blocks * sizeof(std::uint64_t), "checksums");
  if (reader.read<std::uint64_t>("checksum of the checksums") != checksum64(sums)) {
    throw damaged(name, "its checksums do not have theirs");
  }
  check_blocks(mapped.bytes().subspan(kHeaderBytes, body_bytes), sums, name);

  GraphParts parts;
  parts.dimensions = header.dimensions;
  parts.entry = header.entry;
  for (const std::byte byte : levels) {
    const auto value = std::to_integer<std::uint8_t>(byte);
    parts.levels.push_back(value & static_cast<std::uint8_t>(~kTombstoneBit));
    parts.dead.push_back((value & kTombstoneBit) != 0 ? 1 : 0);
  }
  parts.nodes = nodes;
  parts.upper.assign(upper.begin(), upper.end());
  return {parts.to_graph(name), header.source};
}

GraphSource read_graph_source(const std::filesystem::path& file) {
  const MappedFile mapped(file);
  ByteReader reader(mapped.bytes(), printable(file.string()));
  return read_header(reader, mapped.bytes()).source;
}

}  // namespace riverbank
