#include "cli/bench/neighbours.h"

#include <time.h>

#include <algorithm>
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
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/parallel.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank::cli {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kTop = 10, kMostDimensions = 65'536;

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

double recall(const std::vector<Found>& found, const std::vector<Found>& exact) {
  std::size_t right = 0, wanted = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    for (const Neighbour& neighbour : exact[i]) {
      ++wanted;
      right += static_cast<std::size_t>(std::ranges::count(found[i], neighbour.id, &Neighbour::id));
    }
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
  BenchVectors vectors{limit == 0 ? there : std::min(limit, there), dimensions, {}};
  vectors.values.resize(vectors.count * dimensions);
  std::memcpy(vectors.values.data(), mapped.bytes().data(), vectors.count * row_bytes);
  for (std::size_t i = 0; i < vectors.count; ++i) {
    scale_to_one(std::span(vectors.values).subspan(i * dimensions, dimensions), file);
  }
  return vectors;
}

BenchVectors made_up_vectors(std::size_t count, std::size_t dimensions) {
  constexpr std::size_t kOfOnePoint = 100, kMostFloats = std::size_t{1} << 32U;
  if (dimensions == 0 || count > kMostFloats / dimensions) {
    throw Error(ErrorKind::kInvalidArgument, std::to_string(count) + " vectors of " + std::to_string(dimensions) +
                                                 " dimensions cannot be measured; name 1 dimension or more, and fewer "
                                                 "vectors");
  }
  BenchVectors vectors{count, dimensions, std::vector<float>(count * dimensions)};
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

NeighbourSpeed measure_neighbours(const BenchVectors& vectors, int threads, const BenchProgress& progress,
                                  const std::stop_token& stop) {
  constexpr std::size_t kLeast = 100, kMostQuestions = 200, kLeastEf = 16, kMostEf = 1024;
  constexpr double kEnough = 0.99;
  if (vectors.count < kLeast) {
    throw Error(ErrorKind::kInvalidArgument, std::to_string(vectors.count) + " vectors are too few to measure with; " +
                                                 "take at least " + std::to_string(kLeast));
  }
  NeighbourSpeed speed{.dimensions = vectors.dimensions};
  speed.questions = std::min(kMostQuestions, vectors.count / 10);
  speed.count = vectors.count - speed.questions;
  const auto question = [&](std::size_t i) { return row_of(vectors, speed.count + i); };

  progress("building the graph", 0);
  ThreadPool pool(threads);
  std::vector<std::int64_t> ids(speed.count);
  std::iota(ids.begin(), ids.end(), 1);
  auto start = steady_clock::now();
  HnswIndex built(vectors.dimensions);
  built.reserve(speed.count);
  built.add(ids, std::span(vectors.values).first(speed.count * vectors.dimensions), &pool);
  speed.build_seconds = seconds_since(start);
  throw_if_stopped(stop);

  progress("writing and reading it", 0.6);
  const ScratchFolder scratch;
  const std::filesystem::path file = scratch.path() / "graph";
  start = steady_clock::now();
  save_graph(built, {}, file);
  speed.save_seconds = seconds_since(start);
  speed.file_bytes = std::filesystem::file_size(file);
  start = steady_clock::now();
  const HnswIndex graph = load_graph(file).graph;
  speed.load_seconds = seconds_since(start);
  throw_if_stopped(stop);

  progress("asking", 0.7);
  const auto [exact, scan_seconds] =
      ask_all(speed.questions, [&](std::size_t i) { return graph.scan(question(i), kTop); });
  speed.scan_queries_per_second = static_cast<double>(speed.questions) / scan_seconds;
  for (std::size_t ef = kLeastEf; ef <= kMostEf; ef *= 2) {
    throw_if_stopped(stop);
    const auto [found, seconds] =
        ask_all(speed.questions, [&](std::size_t i) { return graph.search(question(i), kTop, ef); });
    speed.searches.push_back({ef, recall(found, exact), static_cast<double>(speed.questions) / seconds});
    if (speed.searches.back().recall_at_10 >= kEnough) break;
  }
  return speed;
}

}  // namespace riverbank::cli
