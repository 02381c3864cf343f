#include "cli/bench/neighbours.h"

#include <time.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <numeric>
#include <random>
#include <span>

#include "cli/bench/measuring.h"
#include "cli/bench/scratch.h"
#include "index/vectors/graph_file.h"
#include "index/vectors/hnsw_index.h"
#include "index/vectors/mapped_graph.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/parallel.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank::cli {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kTop = 10, kMostFloats = std::size_t{1} << 32U;
constexpr std::size_t kLeast = 100, kMostQuestions = 200;

/// How many of so many are held back as questions.
std::size_t questions_of(std::size_t count) {
  if (count < kLeast) {
    throw Error(ErrorKind::kInvalidArgument, std::to_string(count) + " vectors are too few to measure with; " +
                                                 "take at least " + std::to_string(kLeast));
  }
  return std::min(kMostQuestions, count / 10);
}

void scale_to_one(std::span<float> vector, const std::string& name) {
  double square = 0;
  for (const float x : vector) square += static_cast<double>(x) * x;
  if (!std::isfinite(square) || square == 0) {
    throw Error(ErrorKind::kCorrupt, printable(name) + " holds a vector of zeros or of what is no number");
  }
  for (float& x : vector) x = static_cast<float>(x / std::sqrt(square));
}

std::span<const float> row_of(const BenchVectors& vectors, std::size_t row) {
  return std::span(vectors.values).subspan(row * vectors.dimensions, vectors.dimensions);
}

using Found = std::vector<Neighbour>;

/// Answers all questions twice, with the processor's time of the faster pass in seconds.
template <typename Ask>
std::pair<std::vector<Found>, double> ask_all(std::size_t questions, const Ask& ask) {
  std::vector<Found> found(questions);
  double fastest = std::numeric_limits<double>::infinity();
  for (int pass = 0; pass < 2; ++pass) {
    const double start = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    for (std::size_t i = 0; i < questions; ++i) found[i] = ask(i);
    fastest = std::min(fastest, seconds_of(CLOCK_THREAD_CPUTIME_ID) - start);
  }
  return {std::move(found), fastest};
}

/// What is as similar as the last of the exact answer is as good.
double recall(const std::vector<Found>& found, const std::vector<Found>& exact) {
  std::size_t right = 0, wanted = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const float least = exact[i].back().similarity;
    wanted += exact[i].size();
    right += static_cast<std::size_t>(
        std::ranges::count_if(found[i], [&](const Neighbour& neighbour) { return neighbour.similarity >= least; }));
  }
  return static_cast<double>(right) / static_cast<double>(wanted);
}

}  // namespace

BenchVectors read_bench_vectors(const std::string& file, std::size_t dimensions, std::size_t limit) {
  const MappedFile mapped{std::filesystem::path(file)};
  const std::size_t row_bytes = dimensions * sizeof(float);
  if (row_bytes == 0 || dimensions > kMostDimensions || mapped.bytes().empty() ||
      mapped.bytes().size() % row_bytes != 0) {
    throw Error(ErrorKind::kCorrupt, printable(file) + " has " + std::to_string(mapped.bytes().size()) +
                                         " bytes, which are no vectors of " + std::to_string(dimensions) +
                                         " floats; name their size with --dimensions");
  }
  const std::size_t there = mapped.bytes().size() / row_bytes;
  BenchVectors vectors{limit == 0 ? there : std::min(limit, there), dimensions, {}, 0};
  vectors.values.resize(vectors.count * dimensions);
  std::memcpy(vectors.values.data(), mapped.bytes().data(), vectors.count * row_bytes);
  for (std::size_t i = 0; i < vectors.count; ++i) {
    scale_to_one(std::span(vectors.values).subspan(i * dimensions, dimensions), file);
  }
  return vectors;
}

BenchVectors made_up_vectors(std::size_t count, std::size_t dimensions) {
  constexpr std::size_t kOfOnePoint = 100;
  if (dimensions == 0 || count > kMostFloats / dimensions) {
    throw Error(ErrorKind::kInvalidArgument, std::to_string(count) + " vectors of " + std::to_string(dimensions) +
                                                 " dimensions cannot be measured; name 1 dimension or more, and fewer "
                                                 "vectors");
  }
  BenchVectors vectors{count, dimensions, std::vector<float>(count * dimensions), 0};
  std::mt19937 generator(1);
  std::normal_distribution<float> normal;
  const std::size_t points = count / kOfOnePoint + 1;
  std::vector<float> centres(points * dimensions);
  for (float& x : centres) x = normal(generator);
  for (std::size_t i = 0; i < count; ++i) {
    const float* centre = &centres[generator() % points * dimensions];
    const auto row = std::span(vectors.values).subspan(i * dimensions, dimensions);
    for (std::size_t d = 0; d < dimensions; ++d) row[d] = centre[d] + normal(generator);
    scale_to_one(row, "a made-up set");
  }
  return vectors;
}

BenchVectors interpolated(BenchVectors vectors, std::size_t count, ThreadPool& pool) {
  const std::size_t dimensions = vectors.dimensions, questions = questions_of(vectors.count);
  const std::size_t kept = vectors.count - questions;
  if (count <= kept) return vectors;
  if (count + questions > kMostFloats / dimensions) {
    throw Error(ErrorKind::kInvalidArgument, std::to_string(count) + " vectors are more than can be measured with");
  }
  HnswIndex graph(dimensions);
  std::vector<std::int64_t> ids(kept);
  std::iota(ids.begin(), ids.end(), 0);
  graph.add(ids, std::span(vectors.values).first(kept * dimensions), &pool);
  BenchVectors more{count + questions, dimensions, std::vector<float>((count + questions) * dimensions), count - kept};
  const auto row = [&](std::size_t i) { return std::span(more.values).subspan(i * dimensions, dimensions); };
  const auto behind_kept = vectors.values.begin() + static_cast<std::ptrdiff_t>(kept * dimensions);
  std::copy(vectors.values.begin(), behind_kept, more.values.begin());
  std::copy(behind_kept, vectors.values.end(), row(count).begin());
  pool.run(std::min(kept, more.interpolated), [&](std::size_t from, int) {
    std::mt19937 generator(static_cast<unsigned>(from) + 1);
    std::uniform_real_distribution<float> place(0.25F, 0.75F);
    const Found near = graph.search(row_of(vectors, from), kTop + 1, 64);
    for (std::size_t next = kept + from, turn = 0; next < count; next += kept, ++turn) {
      const auto to = row_of(vectors, static_cast<std::size_t>(near[1 + turn % (near.size() - 1)].id));
      const float share = place(generator);
      for (std::size_t d = 0; d < dimensions; ++d) row(next)[d] = (1 - share) * row(from)[d] + share * to[d];
      scale_to_one(row(next), "what lies between the vectors");
    }
  });
  return more;
}

void write_bench_vectors(const BenchVectors& vectors, const std::string& file) {
  AtomicFile out{std::filesystem::path(file)};
  out.write(std::as_bytes(std::span(vectors.values)));
  out.commit();
}

NeighbourSpeed measure_neighbours(const BenchVectors& vectors, int threads, const BenchProgress& progress,
                                  const std::stop_token& stop) {
  constexpr std::size_t kLeastEf = 16, kMostEf = 1024;
  constexpr double kEnough = 0.99;
  NeighbourSpeed speed{.interpolated = vectors.interpolated, .dimensions = vectors.dimensions};
  speed.questions = questions_of(vectors.count - vectors.interpolated);
  speed.count = vectors.count - speed.questions;
  const auto question = [&](std::size_t i) { return row_of(vectors, speed.count + i); };

  progress("building the graph", 0);
  ThreadPool pool(threads);
  std::vector<std::int64_t> ids(speed.count);
  std::iota(ids.begin(), ids.end(), 1);
  auto start = steady_clock::now();
  const double processor_start = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  HnswIndex built(vectors.dimensions);
  built.reserve(speed.count);
  built.add(ids, std::span(vectors.values).first(speed.count * vectors.dimensions), &pool);
  speed.build_seconds = seconds_since(start);
  speed.build_processor_seconds = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - processor_start;
  throw_if_stopped(stop);

  progress("writing and mapping it", 0.6);
  const ScratchFolder scratch;
  const std::filesystem::path file = scratch.path() / "graph";
  start = steady_clock::now();
  save_graph(built, {}, file);
  speed.save_seconds = seconds_since(start);
  const GraphBytes bytes = graph_bytes(file);
  speed.graph_bytes = bytes.graph;
  speed.vector_bytes = bytes.vectors;
  start = steady_clock::now();
  const MappedGraph graph = MappedGraph::open(file);
  speed.map_seconds = seconds_since(start);
  start = steady_clock::now();
  graph.search(question(0), kTop, 64);
  speed.first_seconds = seconds_since(start);
  throw_if_stopped(stop);

  progress("asking", 0.7);
  const auto [exact, scan_seconds] =
      ask_all(speed.questions, [&](std::size_t i) { return graph.scan(question(i), kTop); });
  speed.scan_queries_per_second = static_cast<double>(speed.questions) / scan_seconds;
  for (std::size_t ef = kLeastEf; ef <= kMostEf; ef = std::has_single_bit(ef) ? ef / 2 * 3 : ef / 3 * 4) {
    throw_if_stopped(stop);
    const auto [found, seconds] =
        ask_all(speed.questions, [&](std::size_t i) { return graph.search(question(i), kTop, ef); });
    speed.searches.push_back({ef, recall(found, exact), static_cast<double>(speed.questions) / seconds});
    if (speed.searches.back().recall_at_10 >= kEnough) break;
  }
  return speed;
}

}  // namespace riverbank::cli
