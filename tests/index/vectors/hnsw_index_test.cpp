#include "index/vectors/hnsw_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <limits>
#include <numeric>
#include <thread>

#include "index/vectors/exact_index.h"
#include "index/vectors/graph_file.h"
#include "index/vectors/recall.h"
#include "lib/base/file.h"
#include "tests/index/vectors/ids_of.h"
#include "tests/support/expect_error.h"
#include "tests/support/memory.h"
#include "tests/support/random_vectors.h"
#include "tests/support/temporary_folder.h"

namespace riverbank {
namespace {

using testing::expect_error;
using testing::ids_from;
using testing::ids_of;
using testing::memory_now;
using testing::random_unit_vectors;
using testing::TemporaryFolder;

constexpr std::size_t kGraphDimensions = 16;

HnswIndex built(std::size_t count, ThreadPool* pool = nullptr) {
  HnswIndex graph(kGraphDimensions);
  graph.add(ids_from(1, count), random_unit_vectors(count, kGraphDimensions), pool);
  return graph;
}

std::vector<float> question(unsigned seed) { return random_unit_vectors(1, kGraphDimensions, 1'000 + seed); }

/// All of a graph's bytes.
std::string bytes_of(const HnswIndex& graph) {
  const TemporaryFolder folder;
  save_graph(graph, {"model", {}, 1}, folder.path() / "graph");
  return read_file(folder.path() / "graph", std::uint64_t{1} << 30U);
}

TEST(HnswIndex, ScanIsTheExactIndex) {
  const HnswIndex graph = built(700);
  const std::vector<float> vectors = random_unit_vectors(700, kGraphDimensions);
  ExactIndex exact(kGraphDimensions);
  for (std::size_t i = 0; i < 700; ++i) {
    exact.add(static_cast<std::int64_t>(i) + 1, std::span(vectors).subspan(i * kGraphDimensions, kGraphDimensions));
  }
  EXPECT_EQ(ids_of(graph.scan(question(1), 30)), ids_of(exact.search(question(1), 30)));
}

TEST(HnswIndex, FindsNearlyAllOfTheTrueNeighbours) {
  EXPECT_GE(measure_recall(built(3'000), 100, 128).recall_at_10, 0.99);
}

/// Unit vectors round `count` centres, each far nearer to those of its own than to any other.
std::vector<float> clusters(std::size_t count, std::size_t size) {
  const std::vector<float> centres = random_unit_vectors(count, kGraphDimensions, 31);
  std::vector<float> vectors = random_unit_vectors(count * size, kGraphDimensions, 32);
  for (std::size_t i = 0; i < vectors.size(); ++i) vectors[i] = centres[i % centres.size()] + vectors[i] / 10;
  for (std::size_t i = 0; i < vectors.size(); i += kGraphDimensions) {
    const auto vector = std::span(vectors).subspan(i, kGraphDimensions);
    const float length = std::sqrt(std::inner_product(vector.begin(), vector.end(), vector.begin(), 0.0F));
    for (float& x : vector) x /= length;
  }
  return vectors;
}

TEST(HnswIndex, IsSeldomLostInTheWrongCluster) {
  constexpr std::size_t kClusters = 200, kSize = 60;
  HnswIndex graph(kGraphDimensions);
  graph.add(ids_from(1, kClusters * kSize), clusters(kClusters, kSize));
  std::size_t lost = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    const auto truth = ids_of(graph.scan(question(seed), 10));
    const auto answer = ids_of(graph.search(question(seed), 10, 64));
    lost += std::ranges::find_first_of(answer, truth) == answer.end() ? 1 : 0;
  }
  EXPECT_LE(lost, 12U);  // 17 when a walk on the lowest level starts from one node
}

TEST(HnswIndex, FindsExactlyTheTrueNeighboursWhenItLooksAtEverything) {
  const HnswIndex graph = built(800);
  for (unsigned seed = 0; seed < 20; ++seed) {
    EXPECT_EQ(ids_of(graph.search(question(seed), 25, 800)), ids_of(graph.scan(question(seed), 25)));
  }
}

TEST(HnswIndex, IsTheSameGraphWithAnyNumberOfThreads) {
  ThreadPool two(2), five(5);
  const std::string one = bytes_of(built(1'500));
  EXPECT_TRUE(one == bytes_of(built(1'500, &two)));
  EXPECT_TRUE(one == bytes_of(built(1'500, &five)));
}

TEST(HnswIndex, IsRightUnderAFilterOfAnySelectivity) {
  const HnswIndex graph = built(3'000);
  for (const std::int64_t one_in : {1, 2, 3, 10, 100, 1'500, 5'000}) {
    const IdFilter filter = [&](std::int64_t id) { return id % one_in == 0; };
    std::size_t found = 0, expected = 0;
    for (unsigned seed = 0; seed < 20; ++seed) {
      const auto truth = ids_of(graph.scan(question(seed), 10, filter));
      const auto answer = ids_of(graph.search(question(seed), 10, 128, filter));
      EXPECT_EQ(answer.size(), truth.size());
      EXPECT_TRUE(std::ranges::all_of(answer, filter));
      for (const std::int64_t id : truth) found += static_cast<std::size_t>(std::ranges::count(answer, id));
      expected += truth.size();
    }
    EXPECT_GE(static_cast<double>(found), 0.99 * static_cast<double>(expected)) << "one in " << one_in;
  }
}

TEST(HnswIndex, NeverFindsWhatWasRemovedAndStillFindsTheRest) {
  HnswIndex graph = built(1'000);
  for (std::int64_t id = 1; id <= 1'000; id += 2) EXPECT_TRUE(graph.remove(id));
  EXPECT_FALSE(graph.remove(1));
  EXPECT_FALSE(graph.remove(4'711));
  EXPECT_EQ(graph.size(), 500U);
  EXPECT_EQ(graph.tombstones(), 500U);
  EXPECT_FALSE(graph.contains(1));
  EXPECT_TRUE(graph.contains(2));
  EXPECT_EQ(graph.ids().front(), 2);
  EXPECT_TRUE(graph.vector(1).empty());
  for (unsigned seed = 0; seed < 10; ++seed) {
    EXPECT_EQ(ids_of(graph.search(question(seed), 10, 1'000)), ids_of(graph.scan(question(seed), 10)));
  }
}

TEST(HnswIndex, GrowsAmongTombstones) {
  HnswIndex graph = built(300);
  for (std::int64_t id = 1; id <= 300; ++id) graph.remove(id);
  EXPECT_TRUE(graph.search(question(1), 5, 50).empty());
  graph.add(ids_from(301, 300), random_unit_vectors(300, kGraphDimensions, 5));
  for (unsigned seed = 0; seed < 10; ++seed) {
    EXPECT_EQ(ids_of(graph.search(question(seed), 10, 300)), ids_of(graph.scan(question(seed), 10)));
  }
}

TEST(HnswIndex, WantsToBeRebuiltOverAFifthOfTombstones) {
  HnswIndex graph = built(100);
  for (std::int64_t id = 1; id <= 20; ++id) graph.remove(id);
  EXPECT_FALSE(graph.wants_rebuild());
  graph.remove(21);
  EXPECT_TRUE(graph.wants_rebuild());
}

TEST(HnswIndex, KnowsWhatItHolds) {
  HnswIndex graph(kGraphDimensions);
  EXPECT_EQ(graph.size(), 0U);
  EXPECT_EQ(graph.max_id(), 0);
  EXPECT_FALSE(graph.wants_rebuild());
  EXPECT_TRUE(graph.search(question(1), 5, 50).empty());
  const std::vector<float> vectors = random_unit_vectors(3, kGraphDimensions);
  graph.add(std::vector<std::int64_t>{40, 7, 9}, vectors);
  EXPECT_EQ(graph.ids(), (std::vector<std::int64_t>{7, 9, 40}));
  EXPECT_EQ(graph.max_id(), 40);
  EXPECT_EQ(graph.vector(7),
            std::vector<float>(vectors.begin() + kGraphDimensions, vectors.begin() + 2 * kGraphDimensions));
  EXPECT_EQ(graph.search(question(1), 50, 1).size(), 3U);
  EXPECT_TRUE(graph.search(question(1), 0, 10).empty());
}

TEST(HnswIndex, ListsEqualVectorsByTheirId) {
  HnswIndex graph(2);
  std::vector<float> same;
  for (int i = 0; i < 90; ++i) same.insert(same.end(), {0.6F, 0.8F});
  graph.add(ids_from(1, 90), same);
  EXPECT_EQ(ids_of(graph.search(std::vector<float>{0.6F, 0.8F}, 90, 90)), ids_from(1, 90));
}

TEST(HnswIndex, RefusesWhatItCannotHoldAndAddsNothingThen) {
  HnswIndex graph = built(5);
  const std::vector<float> one = question(1);
  std::vector<float> two = random_unit_vectors(2, kGraphDimensions);
  const auto add = [&](std::vector<std::int64_t> ids, const std::vector<float>& vectors) {
    return [&graph, ids, &vectors] { graph.add(ids, vectors); };
  };
  expect_error(ErrorKind::kInvalidArgument, "the id 5 cannot be added to the graph: it was added", add({6, 5}, two));
  expect_error(ErrorKind::kInvalidArgument, "the id 6 cannot", add({6, 6}, two));
  expect_error(ErrorKind::kInvalidArgument, "it is negative", add({-1}, one));
  expect_error(ErrorKind::kInvalidArgument, "a vector of 16 numbers does not fit an index of 32", add({6, 7}, one));
  two[20] = std::numeric_limits<float>::quiet_NaN();
  expect_error(ErrorKind::kInvalidArgument, "not finite", add({6, 7}, two));
  graph.remove(5);
  expect_error(ErrorKind::kInvalidArgument, "the id 5 cannot", add({5}, one));
  EXPECT_EQ(graph.size(), 4U);
  const std::vector<float> short_question(3);
  expect_error(ErrorKind::kInvalidArgument, "a vector of 3", [&] { graph.search(short_question, 1, 10); });
  expect_error(ErrorKind::kInvalidArgument, "a vector of 3", [&] { graph.scan(short_question, 1); });
  expect_error(ErrorKind::kInvalidArgument, "1 to 65,536 numbers, not 0", [] { HnswIndex none(0); });
  expect_error(ErrorKind::kInvalidArgument, "not 65537", [] { HnswIndex much(65'537); });
}

TEST(HnswIndex, AnswersWhileItGrowsAndShrinks) {
  HnswIndex graph = built(200);
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  std::atomic<std::size_t> asked = 0;
  for (unsigned reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&, reader] {
      for (unsigned seed = 0; !done || seed < 5; ++seed) {
        const auto found = graph.search(question(reader * 1'000 + seed % 50), 10, 40);
        EXPECT_EQ(found.size(), 10U);
        ++asked;
      }
    });
  }
  ThreadPool pool(2);
  graph.add(ids_from(201, 600), random_unit_vectors(600, kGraphDimensions, 3), &pool);
  for (std::int64_t id = 1; id <= 100; ++id) graph.remove(id);
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_GE(asked.load(), 15U);
  EXPECT_EQ(graph.size(), 700U);
}

TEST(HnswIndex, TakesLessMemoryThanItsVectors) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer keeps what was freed";
#endif
  constexpr std::size_t kLarge = 4'096, kCount = 2'000, kAtOnce = 100;
  const TemporaryFolder folder;
  const auto before = memory_now();
  if (!before) GTEST_SKIP() << "this kernel does not say what is whose";
  HnswIndex graph(kLarge, folder.path());
  graph.reserve(kCount);
  for (std::size_t i = 0; i < kCount; i += kAtOnce) {
    const std::vector<float> some = random_unit_vectors(kAtOnce, kLarge, static_cast<unsigned>(i));
    graph.add(ids_from(static_cast<std::int64_t>(i), kAtOnce), some);
  }
  EXPECT_EQ(graph.size(), kCount);
  EXPECT_LT(memory_now()->own, before->own + kCount * kLarge * sizeof(float) / 2);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(GraphRecall, OfASmallGraphIsPerfectWithTheLeastEf) {
  const GraphRecall recall = choose_ef(built(12), 200);
  EXPECT_EQ(recall.sampled, 12U);
  EXPECT_EQ(recall.ef, 16U);
  EXPECT_DOUBLE_EQ(recall.recall_at_10, 1.0);
}

TEST(GraphRecall, OfAnEmptyGraphIsNoReasonToWorry) { EXPECT_DOUBLE_EQ(choose_ef(HnswIndex(3), 200).recall_at_10, 1.0); }

TEST(GraphRecall, ChoosesAnEfThatReachesTheTarget) {
  const HnswIndex graph = built(4'000);
  ThreadPool pool(2);
  const GraphRecall chosen = choose_ef(graph, 150, 0.99, &pool);
  EXPECT_GE(chosen.recall_at_10, 0.99);
  EXPECT_GE(chosen.ef, 16U);
  EXPECT_DOUBLE_EQ(measure_recall(graph, 150, chosen.ef).recall_at_10, chosen.recall_at_10);
  EXPECT_LT(measure_recall(graph, 150, 1).recall_at_10, 1.0);
}

}  // namespace
}  // namespace riverbank
