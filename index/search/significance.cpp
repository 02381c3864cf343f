#include <algorithm>
#include <bit>
#include <cmath>

#include "riverbank/error.h"
#include "riverbank/metrics.h"

namespace riverbank {
namespace {

constexpr std::size_t kDraws = 10'000;
constexpr std::size_t kMostForAllWays = 13;  // 2^13 < kDraws

/// SplitMix64 (Steele, Lea and Flood, 2014): the same numbers on every machine, which no distribution of the standard
/// library promises.
class Random {
 public:
  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }
  /// 0 .. count - 1; count must be far below 2^32.
  std::size_t below(std::size_t count) { return ((next() >> 32U) * count) >> 32U; }

 private:
  std::uint64_t state_ = 1;
};

/// The value below which a share of sorted values lies, between the two nearest.
double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const double above = sorted[std::min(below + 1, sorted.size() - 1)];
  return sorted[below] + (place - static_cast<double>(below)) * (above - sorted[below]);
}

}  // namespace

Interval bootstrap_interval(std::span<const double> values) {
  if (values.empty()) return {};
  Random random;
  std::vector<double> means(kDraws);
  for (double& drawn : means) {
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) sum += values[random.below(values.size())];
    drawn = sum / static_cast<double>(values.size());
  }
  std::sort(means.begin(), means.end());
  return {quantile(means, 0.025), quantile(means, 0.975)};
}

double randomisation_test(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size()) {
    throw Error(ErrorKind::kInvalidArgument, "a paired test needs both values of every question; there are " +
                                                 std::to_string(a.size()) + " of one setting and " +
                                                 std::to_string(b.size()) + " of the other");
  }
  std::vector<double> differences;  // those of 0 are the same whichever way round
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i]) differences.push_back(b[i] - a[i]);
  }
  double observed = 0;
  for (const double difference : differences) observed += difference;
  const double at_least = std::abs(observed) - 1e-9;  // another order of adding up makes no difference smaller

  const bool all_ways = differences.size() <= kMostForAllWays;
  const std::size_t ways = all_ways ? std::size_t{1} << differences.size() : kDraws;
  Random random;
  std::size_t as_large = 0;
  for (std::size_t way = 0; way < ways; ++way) {
    double sum = 0;
    std::uint64_t turned = way;
    for (std::size_t i = 0; i < differences.size(); ++i) {
      if (!all_ways && i % 64 == 0) turned = random.next();
      sum += (turned & 1U) != 0 ? -differences[i] : differences[i];
      turned >>= 1U;
    }
    if (std::abs(sum) >= at_least) ++as_large;
  }
  return all_ways ? static_cast<double>(as_large) / static_cast<double>(ways)
                  : static_cast<double>(as_large + 1) / static_cast<double>(ways + 1);
}

}  // namespace riverbank
