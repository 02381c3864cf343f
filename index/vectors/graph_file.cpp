#include "index/vectors/graph_file.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <system_error>
#include <vector>

#include "index/vectors/graph_parts.h"
#include "index/vectors/mapped_graph.h"
#include "lib/base/block_sums.h"
#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/base/nameless_file.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

/// Writes the vectors themselves, `bytes` of them, and returns their stamp. Their file is named after it, and they are
/// more than need be in memory: they are read twice.
std::uint64_t save_exact(const NamelessFile& vectors, std::size_t bytes, const std::filesystem::path& graph) {
  std::vector<std::byte> piece(std::min(bytes, std::size_t{1} << 20U));
  const auto read_all = [&](const auto& visit) {
    for (std::size_t at = 0; at < bytes; at += piece.size()) {
      const auto some = std::span(piece).first(std::min(piece.size(), bytes - at));
      vectors.read(at, some);
      visit(std::span<const std::byte>(some));
    }
  };
  StreamedSums blocks(CheckedBlocks::kBlockBytes);
  read_all([&](std::span<const std::byte> some) { blocks.add(some); });
  const auto sums = std::as_bytes(std::span(blocks.finish()));
  const std::uint64_t stamp = checksum64(sums);
  if (bytes == 0) return stamp;
  AtomicFile out(exact_vectors_file(graph, stamp));
  read_all([&](std::span<const std::byte> some) { out.write(some); });
  out.write(sums);
  out.commit();
  return stamp;
}

/// The files of vectors beside a graph, of whatever stamp.
std::vector<std::filesystem::path> exact_files(const std::filesystem::path& graph) {
  const std::string some = exact_vectors_file(graph, 0).filename().string();
  const std::string begin = graph.stem().string() + "-";
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(graph.has_parent_path() ? graph.parent_path() : ".", error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.size() == some.size() && name.starts_with(begin) && name.ends_with(".f32")) files.push_back(entry->path());
  }
  return files;
}

std::uintmax_t size_of(const std::filesystem::path& file) {
  std::error_code missing;
  const std::uintmax_t size = std::filesystem::file_size(file, missing);
  return missing ? 0 : size;
}

}  // namespace

void save_graph(const HnswIndex& graph, const GraphSource& source, const std::filesystem::path& file) {
  const OwnedGraphParts owned(graph);
  const GraphParts& parts = owned.parts;
  GraphHeader header;
  header.dimensions = static_cast<std::uint32_t>(parts.dimensions);
  header.nodes = parts.nodes();
  header.upper_nodes = static_cast<std::uint32_t>(parts.upper_nodes.size());
  header.upper_lists = static_cast<std::uint32_t>(parts.upper_lists());
  header.tombstones = static_cast<std::uint32_t>(parts.tombstones.size());
  header.entry = parts.entry;
  header.source = source;
  encode_header(header);  // throws before anything is written
  header.stamp = save_exact(*owned.vectors, parts.nodes() * parts.dimensions * sizeof(float), file);

  AtomicFile out(file);
  StreamedSums blocks(CheckedBlocks::kBlockBytes);
  const GraphLayout layout(header);
  std::size_t written = 0;
  const auto write = [&](std::size_t begin, std::span<const std::byte> part) {
    const std::vector<std::byte> gap(begin - written);
    for (const std::span<const std::byte> bytes : {std::span<const std::byte>(gap), part}) {
      out.write(bytes);
      blocks.add(bytes);
    }
    written = begin + part.size();
  };
  out.write(encode_header(header));
  write(layout.codes, std::as_bytes(parts.codes));
  write(layout.links, std::as_bytes(parts.links));
  write(layout.scales, std::as_bytes(parts.scales));
  write(layout.ids, std::as_bytes(parts.ids));
  write(layout.upper_nodes, std::as_bytes(parts.upper_nodes));
  write(layout.upper_links, std::as_bytes(parts.upper_links));
  write(layout.tombstones, std::as_bytes(parts.tombstones));
  write(layout.body, {});
  const auto sums = std::as_bytes(std::span(blocks.finish()));
  out.write(sums);
  const std::uint64_t sum_of_sums = checksum64(sums);
  out.write(std::as_bytes(std::span(&sum_of_sums, 1)));
  out.commit();
  std::error_code ignored;
  for (const auto& old : exact_files(file)) {
    if (old.filename() != exact_vectors_file(file, header.stamp).filename()) std::filesystem::remove(old, ignored);
  }
}

LoadedGraph load_graph(const std::filesystem::path& file) {
  const MappedGraph mapped = MappedGraph::open(file);
  return {mapped.grow(), mapped.source()};
}

void remove_graph(const std::filesystem::path& file) {
  std::vector<std::filesystem::path> files = exact_files(file);
  files.push_back(file);
  for (const auto& path : files) {
    std::error_code error;
    std::filesystem::remove(path, error);
    if (error) throw_errno("cannot remove", path, error.value());
  }
}

GraphBytes graph_bytes(const std::filesystem::path& file) {
  GraphBytes bytes{size_of(file), 0};
  for (const auto& vectors : exact_files(file)) bytes.vectors += size_of(vectors);
  return bytes;
}

}  // namespace riverbank
