#include "index/vectors/graph_file.h"

#include <cstdint>
#include <span>
#include <system_error>
#include <vector>

#include "index/vectors/graph_parts.h"
#include "index/vectors/mapped_graph.h"
#include "lib/base/block_sums.h"
#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

/// Writes the vectors themselves and returns their stamp.
std::uint64_t save_exact(std::span<const float> vectors, const std::filesystem::path& graph) {
  const auto bytes = std::as_bytes(vectors);
  const std::vector<std::uint64_t> sums = block_sums(bytes, CheckedBlocks::kBlockBytes);
  const std::uint64_t stamp = checksum64(std::as_bytes(std::span(sums)));
  if (vectors.empty()) return stamp;
  AtomicFile out(exact_vectors_file(graph, stamp));
  out.write(bytes);
  out.write(std::as_bytes(std::span(sums)));
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
  header.stamp = save_exact(parts.exact, file);

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
  return {mapped.checked_parts().to_graph(mapped.name()), mapped.source()};
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
