#include "lib/math/peak.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "lib/math/kernels.h"

namespace riverbank {
namespace {

/// Operations a second of one panel of a product that stays in the first cache.
double speed_of_product(const Kernels& kernels) {
  constexpr std::size_t kRows = 48, kDepth = 384;
  const std::vector<float> W(kDepth, 0.01F), bias(kernels.panel_columns, 0.0F), X(kRows * kDepth, 0.5F);
  const std::vector<const float*> rows(kernels.panel_columns, W.data());
  const auto lines = [](std::size_t bytes) { return bytes / 64 + 2; };
  struct alignas(64) Line {
    std::byte bytes[64];
  };
  std::vector<Line> panel(lines(kernels.panel_bytes(kDepth)));
  kernels.pack(rows.data(), kDepth, panel.data());
  Product product{.A = X.data(), .A_stride = kDepth * sizeof(float), .rows = kRows, .d_in = kDepth};
  std::vector<Line> encoded;
  if (kernels.encode_rows != nullptr) {
    const std::size_t bytes = kernels.row_bytes(kDepth);
    encoded.resize(lines(kRows * bytes));
    kernels.encode_rows(
        {.X = X.data(), .X_stride = kDepth, .rows = kRows, .d = kDepth, .encoded = encoded.front().bytes});
    product.A = encoded.data();
    product.A_stride = bytes;
  }
  std::vector<float> C(kRows * kernels.panel_columns);
  product.panel = panel.data();
  product.bias = bias.data();
  product.C = C.data();
  product.C_stride = kernels.panel_columns;
  double fastest = 1;
  for (int run = 0; run < 200; ++run) {
    const auto start = std::chrono::steady_clock::now();
    kernels.product(product);
    fastest = std::min(fastest, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return 2.0 * kRows * kDepth * static_cast<double>(kernels.panel_columns) / fastest;
}

/// No kernel is faster than what its instructions allow, and none is under a fifth of it, else this is the peak of
/// something else. With tiles that are so fast what finishes the sums of so small a product weighs more: a tenth.
TEST(Peak, IsAboveItsOwnKernelsAndNotFarAbove) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer slows what touches memory and not what stays in registers";
#endif
  for (const InstructionSet set : supported_instruction_sets()) {
    for (const Precision precision : supported_precisions(set)) {
      const double peak = measure_peak(set, precision), product = speed_of_product(kernels_of(set, precision));
      const std::string what = std::string(to_string(set)) + " " + std::string(to_string(precision));
      EXPECT_LT(product, 1.1 * peak) << what;
      const bool by_tiles = set == InstructionSet::kAmx && precision != Precision::kFloat32;
      EXPECT_GT(product, (by_tiles ? 0.1 : 0.2) * peak) << what;
    }
  }
}

}  // namespace
}  // namespace riverbank
