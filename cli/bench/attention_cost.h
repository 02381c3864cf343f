#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/math/matrix.h"

namespace riverbank::cli {

/// What one form of attention cost for a text of some length.
struct AttentionCost {
  std::int64_t tokens = 0;
  double seconds = 0;       ///< of one thread's processor time, the fastest of several runs
  std::uint64_t bytes = 0;  ///< the most that stands in matrices at once, the result included, the arguments not
};

/// Queries, keys and values of one head of a text, each (T, d_k).
struct BenchHead {
  Matrix Q, K, V;
};

/// One form of attention as it is measured. The bytes are worked out from the matrices that the code makes: how many
/// numbers they hold is known beforehand and to the last one, and the program need not watch its own memory. A test
/// counts every allocation of each form and compares (tests/cli/bench_test.cpp).
struct AttentionForm {
  std::string name;      ///< "dense", "streaming", "window 128", "BigBird", "linear"
  std::string function;  ///< of lib/transformer
  std::function<Matrix(const BenchHead&)> run;
  std::uint64_t (*bytes)(std::uint64_t tokens) = nullptr;
};

/// All that are measured; the dense one first.
std::vector<AttentionForm> attention_forms();

/// Random numbers (seed 1) for a text of so many tokens.
BenchHead random_head(std::int64_t tokens);

/// One form of attention, measured at one length after the other.
struct AttentionCurve {
  std::string name;                  ///< of the form
  std::string function;              ///< what was called
  std::vector<AttentionCost> costs;  ///< ascending; ends early where the memory would not do
  std::uint64_t bytes_missing = 0;   ///< how much the first length that was left out would have needed; 0: none was
};

/// Where a measurement stands: which form, how many tokens, how much of all is done.
using AttentionProgress = std::function<void(const std::string& form, std::int64_t tokens, double fraction)>;

/// Width of the one head that is measured, that of both models in the catalogue.
inline constexpr std::int64_t kBenchHeadWidth = 32;

/// Runs every form of attention in lib/transformer on one head of random numbers (seed 1), for texts of 64, 128, ... up
/// to `longest` tokens. A form ends before a length that would need more than `most_bytes`.
/// Throws Error: kInvalidArgument for `longest` below 64, kCancelled.
std::vector<AttentionCurve> measure_attention(std::int64_t longest, std::uint64_t most_bytes,
                                              const AttentionProgress& progress, const std::stop_token& stop);

/// The b of value = a tokens^b, by least squares on the logarithms of the upper half of the lengths, where what is
/// constant no longer counts; nothing for fewer than two lengths there, or values of 0.
std::optional<double> fitted_exponent(const std::vector<AttentionCost>& costs,
                                      const std::function<double(const AttentionCost&)>& value);

/// Memory that a program may still take, as the kernel reckons it (MemAvailable), or nothing where it does not say.
std::optional<std::uint64_t> available_memory();

}  // namespace riverbank::cli
