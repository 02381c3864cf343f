#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/bench/speed.h"
#include "lib/base/parallel.h"

namespace riverbank::cli {

/// Unit vectors (count, dimensions), row after row. The last ones are held back as questions.
struct BenchVectors {
  std::size_t count = 0, dimensions = 0;
  std::vector<float> values;
  std::size_t interpolated = 0;  ///< how many lie between others
};

/// The vectors of a file of little-endian floats, as `riverbank embed --format f32` writes it, made unit vectors; at
/// most `limit`, 0 for all. Throws Error: kNotFound, kIo, kCorrupt (no whole number of vectors; not finite).
BenchVectors read_bench_vectors(const std::string& file, std::size_t dimensions, std::size_t limit);

/// Made-up ones, seed 1: normal noise around a point for every hundred, which leaves near and far neighbours as texts
/// have them. Throws Error kInvalidArgument for no dimension, or more than 2^32 floats in all.
BenchVectors made_up_vectors(std::size_t count, std::size_t dimensions);

/// More of them, `count` without the questions: between each and its ten nearest, at a random place of the middle half
/// of the way (seed 1), one after the other and back on the sphere. Throws Error kInvalidArgument for too few to begin
/// with, or too many to hold.
BenchVectors interpolated(BenchVectors vectors, std::size_t count, ThreadPool& pool);

/// Writes them as read_bench_vectors() reads them. Throws Error kIo.
void write_bench_vectors(const BenchVectors& vectors, const std::string& file);

/// A search at one ef.
struct SearchSpeed {
  std::size_t ef = 0;
  double recall_at_10 = 0;
  double queries_per_second = 0;
};

/// What a graph over some vectors costs and finds. The questions are vectors that were held back, asked of the mapped
/// file.
struct NeighbourSpeed {
  std::size_t count = 0, interpolated = 0, dimensions = 0, questions = 0;
  double build_seconds = 0, build_processor_seconds = 0;  ///< the latter of all threads together
  double save_seconds = 0, map_seconds = 0;
  double first_seconds = 0;            ///< the first question, which finds nothing checked and little mapped
  std::uint64_t graph_bytes = 0;       ///< links and codes: what is walked
  std::uint64_t vector_bytes = 0;      ///< of the file beside it, with the vectors that put the best in order
  std::vector<SearchSpeed> searches;   ///< of one thread, ef growing until recall@10 is 0.99 or ef 1,024
  double scan_queries_per_second = 0;  ///< the exact answer, of one thread
};

/// Builds with so many threads. Throws Error: kInvalidArgument (too few vectors), kIo (the temporary file), kCancelled.
NeighbourSpeed measure_neighbours(const BenchVectors& vectors, int threads, const BenchProgress& progress,
                                  const std::stop_token& stop);

}  // namespace riverbank::cli
