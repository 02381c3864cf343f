#include "index/vectors/graph_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <optional>
#include <random>

#include "index/vectors/mapped_graph.h"
#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "tests/support/expect_error.h"
#include "tests/support/random_vectors.h"
#include "tests/support/temporary_folder.h"

namespace riverbank {
namespace {

using testing::expect_error;
using testing::ids_from;
using testing::random_unit_vectors;
using testing::TemporaryFolder;

constexpr std::size_t kDimensions = 4;
constexpr std::size_t kNodes = 60;
// The layout, as index/vectors/graph_format.cpp says.
constexpr std::size_t kHeaderSumAt = 336, kBodyAt = 4096, kBlock = 4096;
constexpr std::size_t kCodesAt = kBodyAt, kLinksAt = kCodesAt + 64 * kNodes, kScalesAt = kLinksAt + 128 * kNodes,
                      kIdsAt = kScalesAt + 256, kUpperNodesAt = kIdsAt + 512;

GraphSource source() {
  GraphSource made;
  made.model_fingerprint = "some model";
  made.store = {1, 2, 3};
  made.generation = 42;
  return made;
}

HnswIndex built() {
  HnswIndex graph(kDimensions);
  graph.add(ids_from(10, kNodes), random_unit_vectors(kNodes, kDimensions));
  graph.remove(12);
  return graph;
}

std::uint64_t sum_of(const std::string& bytes, std::size_t begin, std::size_t size) {
  return checksum64(std::as_bytes(std::span(bytes).subspan(begin, size)));
}

class GraphFile : public ::testing::Test {
 protected:
  GraphFile() {
    save_graph(built(), source(), file_);
    bytes_ = read_file(file_, 1U << 20U);
  }

  /// Does all that can be done with what these bytes say. Whether they were taken; else they were refused as damaged.
  bool survives(const std::string& bytes) {
    folder_.write("graph", bytes);
    const auto taken = [](const auto& action) {
      try {
        action();
        return true;
      } catch (const Error& error) {
        EXPECT_TRUE(error.kind() == ErrorKind::kCorrupt || error.kind() == ErrorKind::kUnsupported) << error.what();
        EXPECT_NE(std::string(error.what()).find("graph"), std::string::npos);
        return false;
      }
    };
    const bool loads = taken([&] {
      LoadedGraph loaded = load_graph(file_);
      use(loaded.graph);
      if (!loaded.graph.contains(900)) {
        loaded.graph.add(ids_from(std::max<std::int64_t>(900, loaded.graph.max_id() / 2), 1), question_);
      }
    });
    const bool maps = taken([&] {
      const MappedGraph mapped = MappedGraph::open(file_);
      use(mapped);
      use(mapped.without(std::vector<std::int64_t>{11, 20}));
    });
    EXPECT_LE(loads, maps);
    return loads;
  }

  void use(const VectorGraph& graph) const {
    graph.search(question_, 10, 12);
    graph.search(question_, 10, 30, [](std::int64_t id) { return id % 2 == 0; });
    graph.scan(question_, 10);
    graph.ids();
    graph.vector(graph.max_id());
  }

  /// What a forger would write: `bytes` with every checksum made right again.
  static std::string summed(std::string bytes) {
    const std::uint64_t header = sum_of(bytes, 0, kHeaderSumAt);
    std::memcpy(bytes.data() + kHeaderSumAt, &header, 8);
    const std::size_t blocks = (bytes.size() - kBodyAt - 8 + kBlock + 7) / (kBlock + 8);
    const std::size_t sums_at = bytes.size() - 8 * (blocks + 1);
    for (std::size_t block = 0; block < blocks; ++block) {
      const std::size_t begin = kBodyAt + block * kBlock;
      const std::uint64_t sum = sum_of(bytes, begin, std::min(kBlock, sums_at - begin));
      std::memcpy(bytes.data() + sums_at + 8 * block, &sum, 8);
    }
    const std::uint64_t sums = sum_of(bytes, sums_at, 8 * blocks);
    std::memcpy(bytes.data() + bytes.size() - 8, &sums, 8);
    return bytes;
  }

  template <typename T>
  std::string forged(std::size_t at, T value) const {
    std::string bytes = bytes_;
    std::memcpy(bytes.data() + at, &value, sizeof value);
    return summed(bytes);
  }
  template <typename T>
  T at(std::size_t offset) const {
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }

  void expect_refused(const std::string& bytes, ErrorKind kind, const std::string& part) {
    folder_.write("graph", bytes);
    expect_error(kind, part, [&] { load_graph(file_); });
  }

  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "graph";
  std::string bytes_;
  std::vector<float> question_ = random_unit_vectors(1, kDimensions, 3);
};

TEST_F(GraphFile, ComesBackAsItWas) {
  const HnswIndex before = built();
  const LoadedGraph loaded = load_graph(file_);
  const MappedGraph mapped = MappedGraph::open(file_);
  for (const GraphSource& found : {loaded.source, mapped.source()}) {
    EXPECT_EQ(found.model_fingerprint, "some model");
    EXPECT_EQ(found.store, source().store);
    EXPECT_EQ(found.generation, 42U);
  }
  for (const VectorGraph* graph :
       {static_cast<const VectorGraph*>(&loaded.graph), static_cast<const VectorGraph*>(&mapped)}) {
    EXPECT_EQ(graph->ids(), before.ids());
    EXPECT_EQ(graph->size(), kNodes - 1);
    EXPECT_EQ(graph->tombstones(), 1U);
    EXPECT_EQ(graph->max_id(), before.max_id());
    EXPECT_EQ(graph->dimensions(), kDimensions);
    EXPECT_EQ(graph->vector(20), before.vector(20));
    EXPECT_TRUE(graph->vector(12).empty());
    const auto found = graph->search(question_, 20, 20), expected = before.search(question_, 20, 20);
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].id, expected[i].id);
      EXPECT_EQ(found[i].similarity, expected[i].similarity);
    }
  }
}

TEST_F(GraphFile, GoesOnGrowingAsIfItHadNeverBeenWritten) {
  HnswIndex before = built();
  LoadedGraph loaded = load_graph(file_);
  const std::vector<float> more = random_unit_vectors(100, kDimensions, 8);
  before.add(ids_from(500, 100), more);
  loaded.graph.add(ids_from(500, 100), more);
  save_graph(before, source(), folder_.path() / "a");
  save_graph(loaded.graph, source(), folder_.path() / "b");
  EXPECT_TRUE(read_file(folder_.path() / "a", 1U << 20U) == read_file(folder_.path() / "b", 1U << 20U));
}

TEST_F(GraphFile, MayBeEmpty) {
  save_graph(HnswIndex(kDimensions), source(), file_);
  EXPECT_TRUE(MappedGraph::open(file_).search(question_, 5, 10).empty());
  LoadedGraph loaded = load_graph(file_);
  EXPECT_EQ(loaded.graph.size(), 0U);
  loaded.graph.add(ids_from(1, 3), random_unit_vectors(3, kDimensions));
  EXPECT_EQ(loaded.graph.size(), 3U);
}

TEST_F(GraphFile, IsCheckedInEveryBlock) {
  HnswIndex graph(100);
  graph.add(ids_from(1, 700), random_unit_vectors(700, 100));
  save_graph(graph, source(), file_);
  EXPECT_EQ(load_graph(file_).graph.ids(), graph.ids());
  const std::string whole = read_file(file_, 1U << 22U);
  for (std::size_t flip = kBodyAt + 7; flip < whole.size(); flip += kBlock) {
    std::string flipped = whole;
    flipped[flip] = static_cast<char>(flipped[flip] ^ 1);
    expect_refused(flipped, ErrorKind::kCorrupt, "checksum");
  }
  folder_.write("graph", whole);
  const auto vectors = exact_vectors_file(file_, decode_header(std::as_bytes(std::span(whole)), "graph").stamp);
  const std::string values = read_file(vectors, 1U << 22U);
  for (std::size_t flip = 7; flip < values.size(); flip += kBlock) {
    std::string flipped = values;
    flipped[flip] = static_cast<char>(flipped[flip] ^ 1);
    folder_.write(vectors.filename().string(), flipped);
    expect_error(ErrorKind::kCorrupt, "checksum", [&] { load_graph(file_); });
  }
}

TEST_F(GraphFile, IsCheckedWhereASearchComesToIt) {
  folder_.write("graph", forged<char>(0, 'R'));
  const std::vector<float> vector = built().vector(40);
  const auto damaged_at = [&](std::size_t offset) {
    std::string bytes = bytes_;
    bytes[offset] = static_cast<char>(bytes[offset] ^ 1);
    folder_.write("graph", bytes);
    return MappedGraph::open(file_);
  };
  expect_error(ErrorKind::kCorrupt, "a block does not have its checksum",
               [&] { damaged_at(kCodesAt + 64 * 30).search(vector, 1, 1); });
  expect_error(ErrorKind::kCorrupt, "a block does not have its checksum", [&] { damaged_at(kIdsAt).ids(); });
}

TEST_F(GraphFile, KeepsOneFileOfVectorsAndLosesAllWithTheGraph) {
  const auto count = [&] {
    return std::distance(std::filesystem::directory_iterator(folder_.path()), std::filesystem::directory_iterator());
  };
  EXPECT_EQ(count(), 2);
  const GraphBytes bytes = graph_bytes(file_);
  EXPECT_EQ(bytes.graph, bytes_.size());
  EXPECT_EQ(bytes.vectors, kNodes * kDimensions * sizeof(float) + 8);
  const MappedGraph old = MappedGraph::open(file_);
  HnswIndex graph = built();
  graph.add(ids_from(500, 1), question_);
  save_graph(graph, source(), file_);
  EXPECT_EQ(count(), 2);
  EXPECT_EQ(old.search(question_, 1, 10).size(), 1U) << "who has the old one mapped keeps it";
  EXPECT_EQ(MappedGraph::open(file_).search(question_, 1, 10).front().id, 500);
  remove_graph(file_);
  EXPECT_EQ(count(), 0);
  remove_graph(file_);
}

TEST_F(GraphFile, WithoutItsVectorsOrWithOthersIsRefused) {
  const auto vectors = exact_vectors_file(file_, decode_header(std::as_bytes(std::span(bytes_)), "graph").stamp);
  const std::string values = read_file(vectors, 1U << 20U);
  folder_.write(vectors.filename().string(), values.substr(0, values.size() - 1));
  expect_error(ErrorKind::kCorrupt, "instead of 968", [&] { MappedGraph::open(file_); });
  std::string others = values;
  others.back() = static_cast<char>(others.back() ^ 1);
  folder_.write(vectors.filename().string(), others);
  expect_error(ErrorKind::kCorrupt, "its checksums do not have theirs", [&] { MappedGraph::open(file_); });
  std::filesystem::remove(vectors);
  expect_error(ErrorKind::kCorrupt, "the file with its vectors is missing", [&] { MappedGraph::open(file_); });
}

TEST_F(GraphFile, IsReadableByItsOwnerAlone) {
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    struct stat info {};
    ASSERT_EQ(::stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U) << entry.path();
  }
}

TEST_F(GraphFile, CutAnywhereIsRefused) {
  for (std::size_t size = 0; size < bytes_.size(); size += size < 350 ? 1 : 137) {
    EXPECT_FALSE(survives(bytes_.substr(0, size))) << "cut to " << size;
  }
  EXPECT_FALSE(survives(bytes_ + 'x'));
}

TEST_F(GraphFile, FlippedAnywhereIsRefused) {
  for (std::size_t at = 0; at < bytes_.size(); at += at < 343 ? 1 : 97) {
    if (at >= 344 && at < kBodyAt) continue;  // zeros that nobody reads
    std::string flipped = bytes_;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
    EXPECT_FALSE(survives(flipped)) << "flipped at " << at;
  }
}

TEST_F(GraphFile, WithRightChecksumsAndWrongFieldsIsRefusedByName) {
  expect_refused(forged<char>(0, 'X'), ErrorKind::kCorrupt, "it is no graph file");
  expect_refused(forged<std::uint32_t>(8, 1), ErrorKind::kUnsupported, "has version 1 of its format");
  expect_refused(forged<std::uint32_t>(8, 3), ErrorKind::kUnsupported, "this riverbank knows version 2");
  expect_refused(forged<std::uint32_t>(12, 0), ErrorKind::kCorrupt, "0 dimensions");
  expect_refused(forged<std::uint32_t>(12, 0xffffffffU), ErrorKind::kCorrupt, "4294967295 dimensions");
  expect_refused(forged<std::uint32_t>(12, kDimensions + 1), ErrorKind::kCorrupt, "instead of");
  expect_refused(forged<std::uint32_t>(16, 17), ErrorKind::kUnsupported, "built with M 17");
  expect_refused(forged<std::uint32_t>(20, 1), ErrorKind::kUnsupported, "and ef 1");
  expect_refused(forged<std::uint64_t>(24, std::uint64_t{1} << 60U), ErrorKind::kCorrupt, "1152921504606846976 nodes");
  expect_refused(forged<std::uint64_t>(24, 2'000'000'000), ErrorKind::kCorrupt, "its header says");
  expect_refused(forged<std::uint32_t>(32, kNodes + 1), ErrorKind::kCorrupt, "stand on more levels");
  expect_refused(forged<std::uint32_t>(36, 0xffffffffU), ErrorKind::kCorrupt, "its header says");
  expect_refused(forged<std::uint32_t>(40, kNodes + 1), ErrorKind::kCorrupt, "are tombstones");
  expect_refused(forged<std::uint32_t>(44, kNodes), ErrorKind::kCorrupt, "its entry point is no node");
  expect_refused(forged<std::uint64_t>(48, 7), ErrorKind::kCorrupt, "the file with its vectors is missing");
}

TEST_F(GraphFile, WithRightChecksumsAndAbsurdNodesIsRefusedByName) {
  expect_refused(forged<std::uint32_t>(kLinksAt + 4, kNodes), ErrorKind::kCorrupt, "leads out of the graph");
  expect_refused(forged<std::int64_t>(kIdsAt, -1), ErrorKind::kCorrupt, "the id -1 stands in it twice or is negative");
  expect_refused(forged<std::int64_t>(kIdsAt, 11), ErrorKind::kCorrupt, "the id 11 stands in it twice");
  const auto uppers = at<std::uint32_t>(32), lists = at<std::uint32_t>(36);
  ASSERT_GT(uppers, 1U);
  expect_refused(forged<std::uint32_t>(kUpperNodesAt, kNodes), ErrorKind::kCorrupt, "its upper nodes are out of order");
  expect_refused(forged<std::uint32_t>(kUpperNodesAt + 8, 0), ErrorKind::kCorrupt, "its upper nodes are out of order");
  expect_refused(forged<std::uint32_t>(kUpperNodesAt + 4, 1), ErrorKind::kCorrupt, "do not begin with the first");
  expect_refused(forged<std::uint32_t>(kUpperNodesAt + 12, 0xffffffffU), ErrorKind::kCorrupt, "a node has the level");
  expect_refused(forged<std::uint32_t>(kUpperNodesAt + 12, 0), ErrorKind::kCorrupt, "a node has the level 0");
  std::uint32_t lowest = 0;
  while (lowest == at<std::uint32_t>(kUpperNodesAt) || lowest == at<std::uint32_t>(44)) ++lowest;
  expect_refused(forged<std::uint32_t>(44, lowest), ErrorKind::kCorrupt, "not of the highest level");
  const std::size_t upper_links = kUpperNodesAt + (8 * uppers + 63) / 64 * 64;
  expect_refused(forged<std::uint32_t>(upper_links, lowest), ErrorKind::kCorrupt, "leads out of the graph");
  const std::size_t tombstones = upper_links + 64 * lists;
  expect_refused(forged<std::uint32_t>(tombstones, kNodes), ErrorKind::kCorrupt, "its tombstones are out of order");
}

TEST_F(GraphFile, ForgedAnywhereNeverHarmsWhoSearchesIt) {
  std::mt19937 random(3);
  std::size_t accepted = 0;
  for (int attempt = 0; attempt < 300; ++attempt) {
    std::string bytes = bytes_;
    for (int change = 0; change < 3; ++change) {
      bytes[kBodyAt + random() % (bytes.size() - kBodyAt - 40)] = static_cast<char>(random());
    }
    accepted += survives(summed(bytes)) ? 1 : 0;
  }
  EXPECT_GT(accepted, 0U);
}

TEST_F(GraphFile, SaysWhatIsWrongWithItsPlace) {
  expect_error(ErrorKind::kNotFound, "cannot open", [&] { load_graph(folder_.path() / "none"); });
  expect_error(ErrorKind::kNotFound, "cannot write", [&] { save_graph(built(), source(), "/nowhere/at/all"); });
  GraphSource wordy = source();
  wordy.model_fingerprint.assign(256, 'x');
  expect_error(ErrorKind::kInvalidArgument, "at most 255 bytes, not 256", [&] { save_graph(built(), wordy, file_); });
  EXPECT_EQ(load_graph(file_).graph.size(), kNodes - 1);
}

}  // namespace
}  // namespace riverbank
