#include "index/vectors/mapped_graph.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <thread>

#include "index/vectors/caught_up_graph.h"
#include "index/vectors/graph_file.h"
#include "index/vectors/hnsw_index.h"
#include "index/vectors/recall.h"
#include "tests/support/expect_error.h"
#include "tests/support/memory.h"
#include "tests/support/random_vectors.h"
#include "tests/support/temporary_folder.h"

namespace riverbank {
namespace {

using testing::expect_error;
using testing::ids_from;
using testing::memory_now;
using testing::random_unit_vectors;
using testing::TemporaryFolder;

constexpr std::size_t kDimensions = 48;  // less than a cache line of codes
constexpr std::size_t kCount = 6'000;    // more than are scanned

std::vector<float> question(unsigned seed) { return random_unit_vectors(1, kDimensions, 1'000 + seed); }

void expect_same(const std::vector<Neighbour>& found, const std::vector<Neighbour>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].id, expected[i].id);
    EXPECT_EQ(found[i].similarity, expected[i].similarity);
  }
}

std::map<std::int64_t, std::vector<float>> visited(const VectorGraph& graph) {
  std::map<std::int64_t, std::vector<float>> found;
  graph.for_each_vector([&](std::int64_t id, std::span<const float> vector) {
    EXPECT_TRUE(found.emplace(id, std::vector<float>(vector.begin(), vector.end())).second);
  });
  return found;
}

class MappedGraphTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    graph_ = new HnswIndex(kDimensions);
    ThreadPool pool(2);
    graph_->add(ids_from(1, kCount), vectors(), &pool);
    for (std::int64_t id = 7; id < 1'000; id += 10) graph_->remove(id);
    folder_ = new TemporaryFolder();
    save_graph(*graph_, {"model", {}, 1}, file());
  }
  static void TearDownTestSuite() {
    delete graph_;
    delete folder_;
  }
  static std::vector<float> vectors() { return random_unit_vectors(kCount, kDimensions); }
  static std::filesystem::path file() { return folder_->path() / "graph"; }

  static inline HnswIndex* graph_ = nullptr;
  static inline TemporaryFolder* folder_ = nullptr;
};

TEST_F(MappedGraphTest, AnswersAsTheGraphThatWasWritten) {
  const MappedGraph mapped = MappedGraph::open(file());
  for (unsigned seed = 0; seed < 20; ++seed) {
    for (const std::size_t ef : {10U, 40U, 1'000U}) {
      expect_same(mapped.search(question(seed), 10, ef), graph_->search(question(seed), 10, ef));
    }
    expect_same(mapped.scan(question(seed), 10), graph_->scan(question(seed), 10));
  }
  EXPECT_EQ(visited(mapped), visited(*graph_));
  EXPECT_EQ(visited(mapped).size(), mapped.size());
  EXPECT_EQ(mapped.ids(), graph_->ids());
}

TEST_F(MappedGraphTest, UnmapsTheVectorsBehindAPass) {
  const MappedGraph mapped = MappedGraph::open(file());
  constexpr std::size_t kVectorBytes = kCount * kDimensions * sizeof(float);
  const auto expected = mapped.scan(question(1), 10);
  const auto before = memory_now();
  if (!before) GTEST_SKIP() << "this kernel does not say what is mapped";
  mapped.for_each_vector([](std::int64_t, std::span<const float>) {});
  EXPECT_LT(memory_now()->mapped + kVectorBytes * 3 / 4, before->mapped);
  expect_same(mapped.scan(question(1), 10), expected);
}

TEST_F(MappedGraphTest, FindsNearlyAllThatTheScanFinds) {
  EXPECT_GE(measure_recall(MappedGraph::open(file()), 200, 128).recall_at_10, 0.99);
}

TEST_F(MappedGraphTest, IsRightUnderAFilterOfAnySelectivity) {
  const MappedGraph mapped = MappedGraph::open(file());
  for (const std::int64_t one_in : {1, 2, 5, 30, 400, 3'000, 9'000}) {
    const IdFilter filter = [&](std::int64_t id) { return id % one_in == 0; };
    std::size_t found = 0, expected = 0;
    for (unsigned seed = 0; seed < 20; ++seed) {
      const auto truth = mapped.scan(question(seed), 10, filter);
      const auto answer = mapped.search(question(seed), 10, 128, filter);
      EXPECT_EQ(answer.size(), truth.size());
      for (const Neighbour& neighbour : answer) {
        EXPECT_TRUE(filter(neighbour.id) && (neighbour.id >= 1'000 || neighbour.id % 10 != 7)) << neighbour.id;
      }
      for (const Neighbour& neighbour : truth) {
        found += static_cast<std::size_t>(std::ranges::count(answer, neighbour.id, &Neighbour::id));
      }
      expected += truth.size();
    }
    EXPECT_GE(static_cast<double>(found), 0.99 * static_cast<double>(expected)) << "one in " << one_in;
  }
}

TEST_F(MappedGraphTest, CanBeAskedWithoutSomeOfItsVectors) {
  const MappedGraph mapped = MappedGraph::open(file());
  const auto all = mapped.search(question(1), 10, 100);
  std::vector<std::int64_t> gone;
  for (const Neighbour& neighbour : all) gone.push_back(neighbour.id);
  gone.push_back(7);       // gone before
  gone.push_back(99'999);  // never there
  const MappedGraph rest = mapped.without(gone);
  EXPECT_EQ(rest.size(), mapped.size() - 10);
  EXPECT_EQ(rest.tombstones(), mapped.tombstones() + 10);
  EXPECT_TRUE(rest.vector(all.front().id).empty());
  const auto found = rest.search(question(1), 10, 1'000);
  expect_same(found, rest.scan(question(1), 10));
  for (const Neighbour& neighbour : found) EXPECT_FALSE(std::ranges::count(gone, neighbour.id));
  expect_same(mapped.search(question(1), 10, 100), all);
}

TEST_F(MappedGraphTest, AnswersManyThreadsAlike) {
  const MappedGraph mapped = MappedGraph::open(file());  // whose blocks all of them check
  std::vector<std::vector<Neighbour>> expected;
  for (unsigned seed = 0; seed < 30; ++seed) expected.push_back(graph_->search(question(seed), 10, 64));
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 4; ++reader) {
    readers.emplace_back([&] {
      for (unsigned seed = 0; seed < 30; ++seed) expect_same(mapped.search(question(seed), 10, 64), expected[seed]);
    });
  }
  for (std::thread& reader : readers) reader.join();
}

TEST_F(MappedGraphTest, RefusesAQuestionOfAnotherSize) {
  const MappedGraph mapped = MappedGraph::open(file());
  const std::vector<float> other(kDimensions + 1);
  expect_error(ErrorKind::kInvalidArgument, "a vector of 49", [&] { mapped.search(other, 1, 10); });
  expect_error(ErrorKind::kInvalidArgument, "a vector of 49", [&] { mapped.scan(other, 1); });
}

TEST_F(MappedGraphTest, WithWhatCameLaterAnswersAsAGraphOfAll) {
  const std::vector<float> more = random_unit_vectors(50, kDimensions, 77);
  ExactIndex later(kDimensions);
  for (std::size_t i = 0; i < 50; ++i) {
    later.add(static_cast<std::int64_t>(kCount + 1 + i), std::span(more).subspan(i * kDimensions, kDimensions));
  }
  const CaughtUpGraph caught_up(MappedGraph::open(file()), later);
  LoadedGraph grown = load_graph(file());
  grown.graph.add(ids_from(kCount + 1, 50), more);
  const IdFilter even = [](std::int64_t id) { return id % 2 == 0; };
  for (unsigned seed = 0; seed < 10; ++seed) {
    expect_same(caught_up.scan(question(seed), 12), grown.graph.scan(question(seed), 12));
    expect_same(caught_up.search(question(seed), 12, 2'000, even), grown.graph.search(question(seed), 12, 2'000, even));
  }
  EXPECT_EQ(caught_up.ids(), grown.graph.ids());
  EXPECT_EQ(caught_up.size(), grown.graph.size());
  EXPECT_EQ(caught_up.tombstones(), grown.graph.tombstones());
  EXPECT_EQ(caught_up.max_id(), grown.graph.max_id());
  EXPECT_EQ(caught_up.vector(6'010), grown.graph.vector(6'010));
  EXPECT_EQ(caught_up.vector(10), grown.graph.vector(10));
  EXPECT_EQ(caught_up.search(std::span(more).first(kDimensions), 1, 10).front().id, 6'001);
}

TEST(CaughtUpGraph, MayHaveNoGraphAtAll) {
  ExactIndex few(2);
  few.add(3, std::vector<float>{0.6F, 0.8F});
  few.add(9, std::vector<float>{1, 0});
  const CaughtUpGraph graph(std::nullopt, std::move(few));
  EXPECT_EQ(graph.search(std::vector<float>{1, 0}, 5, 10).front().id, 9);
  EXPECT_EQ(graph.ids(), (std::vector<std::int64_t>{3, 9}));
  EXPECT_EQ(graph.max_id(), 9);
  EXPECT_EQ(graph.dimensions(), 2U);
  EXPECT_TRUE(graph.vector(4).empty());
}

}  // namespace
}  // namespace riverbank
