#include "cli/bench/attention_cost.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <random>

#include "cli/bench/measuring.h"
#include "lib/transformer/attention.h"
#include "lib/transformer/linear_attention.h"
#include "lib/transformer/sliding_window_attention.h"
#include "lib/transformer/sparse_attention.h"
#include "lib/transformer/streaming_attention.h"
#include "riverbank/error.h"

namespace riverbank::cli {

namespace {

constexpr std::int64_t kShortest = 64;
constexpr std::int64_t kWindow = 128;  // ModernBERT's
constexpr double kSecondsOfTiming = 0.05;

constexpr std::uint64_t kWidth = kBenchHeadWidth;

std::uint64_t bytes_of_floats(std::uint64_t count) { return sizeof(float) * count; }

// What stands in matrices at the worst moment, in each form: read beside its code in lib/transformer.

/// Scores and weights, both (T, T).
std::uint64_t dense_bytes(std::uint64_t T) { return bytes_of_floats(2 * T * T); }

/// The result (T, d_v); of one block the scores before and after their division by sqrt(d_k), O, m and l.
std::uint64_t streaming_bytes(std::uint64_t T) {
  const std::uint64_t block = std::min<std::uint64_t>(T, 128);
  return bytes_of_floats(T * kWidth + 2 * block * block + block * (kWidth + 2));
}

/// The result; of one token the scores and weights of its window, and its row.
std::uint64_t window_bytes(std::uint64_t T) {
  const std::uint64_t near = std::min<std::uint64_t>(T, kWindow + 1);
  return bytes_of_floats(T * kWidth + 2 * near + kWidth);
}

/// The result; of a global block, which reads the whole text, the scores and weights, and its rows.
std::uint64_t big_bird_bytes(std::uint64_t T) {
  const std::uint64_t block = std::min(T, static_cast<std::uint64_t>(BigBirdSizes().block_size));
  return bytes_of_floats(T * kWidth + 2 * block * T + block * kWidth);
}

/// phi(Q), phi(K) and the result, each (T, d_k); S (d_k, d_v), z, and one token's row.
std::uint64_t linear_bytes(std::uint64_t T) { return bytes_of_floats(3 * T * kWidth + kWidth * kWidth + 2 * kWidth); }

/// The fastest run of as many as fit into kSecondsOfTiming, but at least one.
double fastest(const std::function<void()>& work) {
  double best = std::numeric_limits<double>::infinity();
  const double start = seconds_of(CLOCK_THREAD_CPUTIME_ID);
  for (double before = start; before - start < kSecondsOfTiming;) {
    work();
    const double after = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    best = std::min(best, after - before);
    before = after;
  }
  return best;
}

AttentionCost measure(const AttentionForm& form, const BenchHead& head, const std::stop_token& stop) {
  float sink = 0;
  const auto work = [&] { sink += form.run(head)(0, 0); };
  AttentionCost cost;
  cost.tokens = head.Q.rows();
  cost.bytes = form.bytes(static_cast<std::uint64_t>(cost.tokens));
  work();  // the first run finds nothing in the processor's caches
  if (stop.stop_requested()) throw Error(ErrorKind::kCancelled, "Stopped while measuring attention.");
  cost.seconds = fastest(work);
  if (stop.stop_requested()) throw Error(ErrorKind::kCancelled, "Stopped while measuring attention.");
  if (!std::isfinite(sink)) throw Error(ErrorKind::kCorrupt, form.function + " gave a number that is not finite.");
  return cost;
}

}  // namespace

std::vector<AttentionForm> attention_forms() {
  return {
      {"dense", "attention", [](const BenchHead& x) { return attention(x.Q, x.K, x.V); }, dense_bytes},
      {"streaming", "streaming_attention", [](const BenchHead& x) { return streaming_attention(x.Q, x.K, x.V); },
       streaming_bytes},
      {fmt::format("window {}", kWindow), "sliding_window_attention",
       [](const BenchHead& x) { return sliding_window_attention(x.Q, x.K, x.V, kWindow); }, window_bytes},
      {"BigBird", "sparse_attention",
       [](const BenchHead& x) { return sparse_attention(x.Q, x.K, x.V, big_bird_pattern(x.Q.rows())); },
       big_bird_bytes},
      {"linear", "linear_attention", [](const BenchHead& x) { return linear_attention(x.Q, x.K, x.V); }, linear_bytes},
  };
}

BenchHead random_head(std::int64_t tokens) {
  std::mt19937 generator(1);
  std::normal_distribution<float> normal;
  BenchHead head;
  for (Matrix* X : {&head.Q, &head.K, &head.V}) {
    *X = Matrix::NullaryExpr(tokens, kBenchHeadWidth, [&] { return normal(generator); });
  }
  return head;
}

std::vector<AttentionCurve> measure_attention(std::int64_t longest, std::uint64_t most_bytes,
                                              const AttentionProgress& progress, const std::stop_token& stop) {
  constexpr std::int64_t kLongest = std::int64_t{1} << 20;
  if (longest < kShortest || longest > kLongest) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("texts of up to {} tokens cannot be measured; name a length from {} to {}.", longest,
                            kShortest, kLongest));
  }
  std::vector<AttentionCurve> curves;
  const std::vector<AttentionForm> all = attention_forms();
  curves.reserve(all.size());
  for (const AttentionForm& form : all) curves.push_back({form.name, form.function, {}, 0});

  const double total = static_cast<double>(longest) * static_cast<double>(longest);
  for (std::int64_t tokens = kShortest; tokens <= longest; tokens *= 2) {
    const BenchHead head = random_head(tokens);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::uint64_t bytes = all[i].bytes(static_cast<std::uint64_t>(tokens));
      if (bytes > most_bytes) {
        if (curves[i].bytes_missing == 0) curves[i].bytes_missing = bytes;
        continue;
      }
      progress(all[i].name, tokens, static_cast<double>(tokens) * static_cast<double>(tokens) / total / 2);
      curves[i].costs.push_back(measure(all[i], head, stop));
    }
  }
  return curves;
}

std::optional<double> fitted_exponent(const std::vector<AttentionCost>& costs,
                                      const std::function<double(const AttentionCost&)>& value) {
  double n = 0;
  double sum_x = 0;
  double sum_y = 0;
  double sum_xx = 0;
  double sum_xy = 0;
  for (std::size_t i = costs.size() / 2; i < costs.size(); ++i) {
    if (value(costs[i]) <= 0) return std::nullopt;
    const double x = std::log(static_cast<double>(costs[i].tokens));
    const double y = std::log(value(costs[i]));
    n += 1;
    sum_x += x;
    sum_y += y;
    sum_xx += x * x;
    sum_xy += x * y;
  }
  if (n < 2) return std::nullopt;
  return (n * sum_xy - sum_x * sum_y) / (n * sum_xx - sum_x * sum_x);
}

std::optional<std::uint64_t> available_memory() {
  std::ifstream meminfo("/proc/meminfo");
  std::string name;
  std::uint64_t kibibytes = 0;
  for (std::string unit; meminfo >> name >> kibibytes; std::getline(meminfo, unit)) {
    if (name == "MemAvailable:") return kibibytes * 1024;
  }
  return std::nullopt;
}

}  // namespace riverbank::cli
