#include "lib/insight/share.h"

#include <algorithm>
#include <cmath>

namespace riverbank {
namespace {

constexpr double kZ = 1.959963984540054;  // 97.5 % of a normal distribution

double wilson(const Share& share, double side) {
  if (share.of == 0) return side < 0 ? 0 : 1;
  const double n = static_cast<double>(share.of);
  const double p = share.value();
  const double half = kZ * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n));
  return std::clamp((p + kZ * kZ / (2 * n) + side * half) / (1 + kZ * kZ / n), 0.0, 1.0);
}

}  // namespace

double Share::low() const { return wilson(*this, -1); }
double Share::high() const { return wilson(*this, 1); }

}  // namespace riverbank
