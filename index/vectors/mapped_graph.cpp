#include "index/vectors/mapped_graph.h"

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

#include "index/vectors/codes.h"
#include "index/vectors/graph_search.h"
#include "lib/base/block_sums.h"
#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/base/nameless_file.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

template <typename T>
std::span<const T> cast(std::span<const std::byte> bytes, std::size_t at, std::size_t count) {
  return {reinterpret_cast<const T*>(bytes.data() + at), count};
}

/// The checksums that stand behind the bytes that they are of, once they have the checksum `sum`.
std::span<const std::uint64_t> sums_behind(std::span<const std::byte> file, std::size_t begin, std::size_t bytes,
                                           std::uint64_t sum, const std::string& name) {
  const std::size_t blocks = count_blocks(bytes, CheckedBlocks::kBlockBytes);
  const auto sums = cast<std::uint64_t>(file, begin + bytes, blocks);
  if (checksum64(std::as_bytes(sums)) != sum) throw damaged_graph(name, "its checksums do not have theirs");
  return sums;
}

}  // namespace

struct MappedGraph::File {
  std::filesystem::path folder;
  std::string name;  // for messages
  MappedFile graph, vectors;
  GraphHeader header;
  GraphLayout layout{header};
  GraphParts parts;
  std::span<const float> exact;  // (N, dimensions), the vectors themselves
  std::span<const std::byte> body;
  std::span<const std::uint64_t> body_sums, exact_sums;
  CheckedBlocks blocks, exact_blocks;
  Codes codes;

  void map_graph(const std::filesystem::path& file);
  void map_vectors(const std::filesystem::path& file);
  /// Throws Error kCorrupt unless all blocks have their checksums; `visit` sees each piece of the vectors after that.
  void check(ThreadPool* pool, const MappedFile::Visit& visit) const;

  /// Throws Error kCorrupt unless the blocks that hold these bytes of the body have their checksums.
  void touch(std::size_t at, std::size_t bytes) const {
    if (!blocks.good(at, bytes)) throw damaged_graph(name, "a block does not have its checksum");
  }
};

void MappedGraph::File::map_graph(const std::filesystem::path& file) {
  folder = file.has_parent_path() ? file.parent_path() : ".";
  name = printable(file.string());
  graph = MappedFile(file);
  header = decode_header(graph.bytes(), name);
  layout = GraphLayout(header);
  body = graph.bytes().subspan(kGraphPage, layout.body);
  const std::size_t n = header.nodes;
  const std::uint64_t sum = cast<std::uint64_t>(graph.bytes(), graph.bytes().size() - sizeof sum, 1).front();
  body_sums = sums_behind(graph.bytes(), kGraphPage, layout.body, sum, name);
  blocks = CheckedBlocks(body, body_sums);
  parts.dimensions = header.dimensions;
  parts.entry = header.entry;
  parts.codes = cast<std::int8_t>(body, layout.codes, n * code_bytes(header.dimensions));
  parts.links = cast<Node>(body, layout.links, n * kLowestLinks);
  parts.scales = cast<float>(body, layout.scales, n);
  parts.ids = cast<std::int64_t>(body, layout.ids, n);
  parts.upper_nodes = cast<UpperNode>(body, layout.upper_nodes, header.upper_nodes);
  parts.upper_links = cast<Node>(body, layout.upper_links, header.upper_lists * kGraphM);
  parts.tombstones = cast<Node>(body, layout.tombstones, header.tombstones);
  codes = {code_bytes(header.dimensions), parts.codes.data(), parts.scales.data()};
  if (!parts.upper_nodes.empty()) touch(layout.upper_nodes, parts.upper_nodes.size_bytes());
  if (!parts.tombstones.empty()) touch(layout.tombstones, parts.tombstones.size_bytes());
  if (const std::string damage = parts.frame_damage(); !damage.empty()) throw damaged_graph(name, damage);
}

void MappedGraph::File::map_vectors(const std::filesystem::path& file) {
  vectors = MappedFile(file);
  const std::size_t values = header.nodes * header.dimensions, bytes = values * sizeof(float);
  const std::size_t expected = bytes + count_blocks(bytes, CheckedBlocks::kBlockBytes) * sizeof(std::uint64_t);
  if (vectors.bytes().size() != expected) {
    throw damaged_graph(name, "its vectors in " + printable(file.string()) + " have " +
                                  std::to_string(vectors.bytes().size()) + " bytes instead of " +
                                  std::to_string(expected));
  }
  exact_sums = sums_behind(vectors.bytes(), 0, bytes, header.stamp, name);
  exact_blocks = CheckedBlocks(vectors.bytes().first(bytes), exact_sums);
  exact = cast<float>(vectors.bytes(), 0, values);
}

void MappedGraph::File::check(ThreadPool* pool, const MappedFile::Visit& visit) const {
  const auto check = [&](std::span<const std::byte> bytes, std::span<const std::uint64_t> sums, std::size_t first,
                         const char* what) {
    if (const auto block = damaged_block(bytes, sums, CheckedBlocks::kBlockBytes, pool)) {
      throw damaged_graph(name, "block " + std::to_string(first + *block) + what + " does not have its checksum");
    }
  };
  check(body, body_sums, 0, "");
  vectors.pass_over(exact.size_bytes(), [&](std::size_t at, std::span<const std::byte> piece) {
    const std::size_t first = at / CheckedBlocks::kBlockBytes;
    const auto sums = exact_sums.subspan(first, count_blocks(piece.size(), CheckedBlocks::kBlockBytes));
    check(piece, sums, first, " of its vectors");
    visit(at, piece);
  });
}

/// What a search sees: every link, block and number is looked at before it is used. Searchable.
class MappedGraph::View {
 public:
  explicit View(const MappedGraph& graph) : file_(*graph.file_), parts_(file_.parts), graph_(graph) {}

  std::size_t nodes() const { return parts_.nodes(); }
  Node entry() const { return parts_.entry; }
  int top_level() const {
    const std::size_t upper = parts_.find_upper(parts_.entry);
    return upper == parts_.upper_nodes.size() ? 0 : parts_.level_of(upper);
  }
  Links links(Node node, int level) const {
    if (level == 0) return list(file_.layout.links, node, kLowestLinks, parts_.nodes());
    const std::size_t upper = parts_.find_upper(node);
    if (upper == parts_.upper_nodes.size() || parts_.level_of(upper) < level) wrong_link();
    const std::size_t index = parts_.upper_nodes[upper].first_list + static_cast<std::size_t>(level) - 1;
    return list(file_.layout.upper_links, index, kGraphM, parts_.nodes());
  }
  void expect_links(Node node) const { prefetch_links(parts_.links.data() + node * kLowestLinks); }
  void compare(CodedVector vector, std::span<const Node> some, float* similarities) const {
    for (const Node node : some) {
      file_.touch(file_.layout.codes + node * file_.codes.row_bytes, file_.codes.row_bytes);
      file_.touch(file_.layout.scales + node * sizeof(float), sizeof(float));
    }
    file_.codes.compare(vector, some, similarities);
  }
  std::int64_t id(Node node) const {
    file_.touch(file_.layout.ids + node * sizeof(std::int64_t), sizeof(std::int64_t));
    return parts_.ids[node];
  }
  std::span<const float> exact(Node node) const {
    const std::size_t bytes = parts_.dimensions * sizeof(float);
    if (!file_.exact_blocks.good(node * bytes, bytes)) {
      throw damaged_graph(file_.name, "a block of its vectors does not have its checksum");
    }
    return file_.exact.subspan(node * parts_.dimensions, parts_.dimensions);
  }
  const NodeSet& dead() const { return graph_.dead_; }
  std::size_t dead_count() const { return graph_.dead_count_; }

 private:
  [[noreturn]] void wrong_link() const { throw damaged_graph(file_.name, "a list of links leads out of the graph"); }
  Links list(std::size_t part, std::size_t index, std::size_t room, std::size_t nodes) const {
    const std::size_t at = part + index * room * sizeof(Node);
    file_.touch(at, room * sizeof(Node));
    const Node* first = reinterpret_cast<const Node*>(file_.body.data() + at);
    std::size_t size = 0;
    while (size < room && first[size] < nodes) ++size;
    if (size < room && first[size] != kNoNode) wrong_link();
    return {first, size};
  }

  const File& file_;
  const GraphParts& parts_;
  const MappedGraph& graph_;
};

MappedGraph::MappedGraph(std::shared_ptr<const File> file)
    : file_(std::move(file)), dead_(file_->parts.nodes()), dead_count_(file_->parts.tombstones.size()) {
  for (const Node node : file_->parts.tombstones) dead_.insert(node);
}

MappedGraph MappedGraph::open(const std::filesystem::path& path) {
  for (bool again = true;; again = false) {
    auto file = std::make_shared<File>();
    file->map_graph(path);
    if (file->header.nodes == 0) return MappedGraph(std::move(file));
    try {
      file->map_vectors(exact_vectors_file(path, file->header.stamp));
      return MappedGraph(std::move(file));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kNotFound) throw;
      // Another process may just have put a new graph and its vectors in their place.
      if (!again) throw damaged_graph(file->name, "the file with its vectors is missing");
    }
  }
}

const GraphSource& MappedGraph::source() const { return file_->header.source; }

MappedGraph MappedGraph::without(std::span<const std::int64_t> ids) const {
  MappedGraph rest = *this;
  if (ids.empty()) return rest;
  const std::unordered_set<std::int64_t> gone(ids.begin(), ids.end());
  const View view(*this);
  for (Node node = 0; node < view.nodes(); ++node) {
    if (gone.contains(view.id(node)) && rest.dead_.insert(node)) ++rest.dead_count_;
  }
  return rest;
}

void MappedGraph::check(ThreadPool* pool) const {
  file_->check(pool, [](std::size_t, std::span<const std::byte>) {});
}

HnswIndex MappedGraph::grow(ThreadPool* pool) const {
  NamelessFile vectors(file_->folder);
  file_->check(pool, [&](std::size_t at, std::span<const std::byte> piece) { vectors.write(at, piece); });
  return file_->parts.to_graph(file_->name, std::move(vectors));
}

std::vector<Neighbour> MappedGraph::search(std::span<const float> question, std::size_t k, std::size_t ef,
                                           const IdFilter& filter) const {
  require_size(question.size(), dimensions());
  return search_graph(View(*this), question, k, ef, filter);
}

std::vector<Neighbour> MappedGraph::scan(std::span<const float> question, std::size_t k, const IdFilter& filter) const {
  require_size(question.size(), dimensions());
  return scan_graph(View(*this), question, k, filter);
}

std::vector<std::int64_t> MappedGraph::ids() const { return live_ids(View(*this)); }

std::size_t MappedGraph::size() const { return file_->parts.nodes() - dead_count_; }

std::int64_t MappedGraph::max_id() const {
  const View view(*this);
  std::int64_t most = 0;
  for (Node node = 0; node < view.nodes(); ++node) most = std::max(most, view.id(node));
  return most;
}

std::size_t MappedGraph::dimensions() const { return file_->parts.dimensions; }

std::vector<float> MappedGraph::vector(std::int64_t id) const {
  const View view(*this);
  for (Node node = 0; node < view.nodes(); ++node) {
    if (view.id(node) != id || dead_.contains(node)) continue;
    const auto exact = view.exact(node);
    return {exact.begin(), exact.end()};
  }
  return {};
}

void MappedGraph::for_each_vector(const Visit& visit) const {
  constexpr std::size_t kAtOnce = 4096;
  const View view(*this);
  const std::size_t row_bytes = dimensions() * sizeof(float);
  for (std::size_t begin = 0; begin < view.nodes(); begin += kAtOnce) {
    const std::size_t end = std::min(begin + kAtOnce, view.nodes());
    for (Node node = static_cast<Node>(begin); node < end; ++node) {
      if (!dead_.contains(node)) visit(view.id(node), view.exact(node));
    }
    file_->vectors.forget(end * row_bytes);
  }
}

}  // namespace riverbank
