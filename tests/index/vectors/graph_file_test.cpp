#include "index/vectors/graph_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <optional>
#include <random>

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
// The layout, as index/vectors/graph_file.cpp says.
constexpr std::size_t kHeaderSumAt = 324, kLevelsAt = 332;
constexpr std::size_t kStride = 4 * (1 + 32) + 4 * kDimensions + 8;

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

class GraphFile : public ::testing::Test {
 protected:
  GraphFile() {
    save_graph(built(), source(), file_);
    bytes_ = read_file(file_, 1U << 20U);
  }

  /// Loads what these bytes say; nothing when they are refused as damaged.
  std::optional<LoadedGraph> load(const std::string& bytes) {
    folder_.write("graph", bytes);
    try {
      return load_graph(file_);
    } catch (const Error& error) {
      EXPECT_TRUE(error.kind() == ErrorKind::kCorrupt || error.kind() == ErrorKind::kUnsupported) << error.what();
      EXPECT_NE(std::string(error.what()).find("graph"), std::string::npos);
      return std::nullopt;
    }
  }

  /// What a forger would write: `bytes` with every checksum made right again.
  static std::string summed(std::string bytes) {
    const auto span = [&](std::size_t begin, std::size_t end) {
      return std::as_bytes(std::span(bytes.data() + begin, end - begin));
    };
    const std::uint64_t header = checksum64(span(0, kHeaderSumAt));
    std::memcpy(bytes.data() + kHeaderSumAt, &header, 8);
    const std::size_t sums_at = bytes.size() - 16;  // one block
    const std::uint64_t block = checksum64(span(kLevelsAt, sums_at));
    std::memcpy(bytes.data() + sums_at, &block, 8);
    const std::uint64_t sums = checksum64(span(sums_at, sums_at + 8));
    std::memcpy(bytes.data() + sums_at + 8, &sums, 8);
    return bytes;
  }

  template <typename T>
  std::string forged(std::size_t at, T value) const {
    std::string bytes = bytes_;
    std::memcpy(bytes.data() + at, &value, sizeof value);
    return summed(bytes);
  }

  void expect_refused(const std::string& bytes, ErrorKind kind, const std::string& part) {
    folder_.write("graph", bytes);
    expect_error(kind, part, [&] { load_graph(file_); });
  }

  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "graph";
  std::string bytes_;
};

TEST_F(GraphFile, ComesBackAsItWas) {
  const HnswIndex before = built();
  const LoadedGraph loaded = load_graph(file_);
  EXPECT_EQ(loaded.source.model_fingerprint, "some model");
  EXPECT_EQ(loaded.source.store, source().store);
  EXPECT_EQ(loaded.source.generation, 42U);
  EXPECT_EQ(read_graph_source(file_).generation, 42U);
  EXPECT_EQ(loaded.graph.ids(), before.ids());
  EXPECT_EQ(loaded.graph.tombstones(), 1U);
  EXPECT_EQ(loaded.graph.max_id(), before.max_id());
  EXPECT_EQ(loaded.graph.vector(20), before.vector(20));
  const std::vector<float> question = random_unit_vectors(1, kDimensions, 3);
  const auto found = loaded.graph.search(question, 20, 20), expected = before.search(question, 20, 20);
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i].id, expected[i].id);
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
  LoadedGraph loaded = load_graph(file_);
  EXPECT_EQ(loaded.graph.size(), 0U);
  loaded.graph.add(ids_from(1, 3), random_unit_vectors(3, kDimensions));
  EXPECT_EQ(loaded.graph.size(), 3U);
}

TEST_F(GraphFile, OfManyBlocksComesBackAndIsCheckedInEach) {
  HnswIndex graph(100);
  graph.add(ids_from(1, 700), random_unit_vectors(700, 100));
  save_graph(graph, source(), file_);
  const std::string whole = read_file(file_, 1U << 22U);
  EXPECT_EQ(load_graph(file_).graph.ids(), graph.ids());
  for (std::size_t at = kLevelsAt; at < whole.size(); at += 50'000) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    expect_refused(flipped, ErrorKind::kCorrupt, "does not have its checksum");
  }
}

TEST_F(GraphFile, IsReadableByItsOwnerAlone) {
  struct stat info {};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(GraphFile, CutAnywhereIsRefused) {
  for (std::size_t size = 0; size < bytes_.size(); size += size < 340 ? 1 : 137) {
    EXPECT_FALSE(load(bytes_.substr(0, size))) << "cut to " << size;
  }
  EXPECT_FALSE(load(bytes_ + 'x'));
}

TEST_F(GraphFile, FlippedAnywhereIsRefused) {
  for (std::size_t at = 0; at < bytes_.size(); at += at < 340 ? 1 : 97) {
    std::string flipped = bytes_;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
    EXPECT_FALSE(load(flipped)) << "flipped at " << at;
  }
}

TEST_F(GraphFile, WithRightChecksumsAndWrongFieldsIsRefusedByName) {
  expect_refused(forged<char>(0, 'X'), ErrorKind::kCorrupt, "it is no graph file");
  expect_refused(forged<std::uint32_t>(8, 2), ErrorKind::kUnsupported, "has version 2 of its format");
  expect_refused(forged<std::uint32_t>(8, 0), ErrorKind::kCorrupt, "version 0 never was");
  expect_refused(forged<std::uint32_t>(12, 0), ErrorKind::kCorrupt, "0 dimensions");
  expect_refused(forged<std::uint32_t>(12, 0xffffffffU), ErrorKind::kCorrupt, "4294967295 dimensions");
  expect_refused(forged<std::uint32_t>(12, kDimensions + 1), ErrorKind::kCorrupt, "its header says");
  expect_refused(forged<std::uint32_t>(16, 17), ErrorKind::kUnsupported, "built with M 17");
  expect_refused(forged<std::uint32_t>(20, 1), ErrorKind::kUnsupported, "and ef 1");
  expect_refused(forged<std::uint64_t>(24, std::uint64_t{1} << 60U), ErrorKind::kCorrupt, "which it cannot hold");
  expect_refused(forged<std::uint64_t>(24, 2'000'000'000), ErrorKind::kCorrupt, "its header says");
  expect_refused(forged<std::uint64_t>(32, ~std::uint64_t{0}), ErrorKind::kCorrupt, "which it cannot hold");
  expect_refused(forged<std::uint32_t>(40, kNodes), ErrorKind::kCorrupt, "its entry point");
}

TEST_F(GraphFile, WithRightChecksumsAndAbsurdNodesIsRefusedByName) {
  const std::size_t nodes_at = kLevelsAt + kNodes;
  expect_refused(forged<std::uint8_t>(kLevelsAt + 5, 127), ErrorKind::kCorrupt, "has the level 127");
  expect_refused(forged<std::uint8_t>(kLevelsAt + 5, 9), ErrorKind::kCorrupt, "do not fit its upper lists");
  expect_refused(forged<std::uint32_t>(nodes_at, 33), ErrorKind::kCorrupt, "leads out of the graph");
  expect_refused(forged<std::uint32_t>(nodes_at, 0x00010001U), ErrorKind::kCorrupt, "leads out of the graph");
  expect_refused(forged<std::uint32_t>(nodes_at + 4, kNodes), ErrorKind::kCorrupt, "leads out of the graph");
  const std::size_t id_at = nodes_at + kStride - 8;
  expect_refused(forged<std::int64_t>(id_at, -1), ErrorKind::kCorrupt, "the id -1 stands in it twice or is negative");
  expect_refused(forged<std::int64_t>(id_at, 11), ErrorKind::kCorrupt, "the id 11 stands in it twice");
}

TEST_F(GraphFile, ForgedAnywhereNeverHarmsWhoSearchesIt) {
  std::mt19937 random(3);
  const std::vector<float> question = random_unit_vectors(1, kDimensions, 3);
  std::size_t accepted = 0;
  for (int attempt = 0; attempt < 300; ++attempt) {
    std::string bytes = bytes_;
    for (int change = 0; change < 3; ++change) {
      bytes[kLevelsAt + random() % (bytes.size() - kLevelsAt - 16)] = static_cast<char>(random());
    }
    if (auto loaded = load(summed(bytes))) {
      ++accepted;
      loaded->graph.search(question, 10, 30);
      loaded->graph.search(question, 10, 30, [](std::int64_t id) { return id % 2 == 0; });
      loaded->graph.scan(question, 10);
      if (!loaded->graph.contains(900)) {
        loaded->graph.add(ids_from(std::max<std::int64_t>(900, loaded->graph.max_id() / 2), 1), question);
      }
    }
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
