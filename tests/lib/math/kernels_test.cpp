#include "lib/math/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <iostream>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/math/cpu.h"
#include "lib/math/precision.h"
#include "tests/support/random_vectors.h"
#include "tests/support/tile_emulator.h"

namespace riverbank {
namespace {

using testing::random_floats;

constexpr float kUntouched = 12345.0F;

double exact_gelu(double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2.0)); }
double exact_gelu_tanh(double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }

using SetAndPrecision = std::pair<InstructionSet, Precision>;

bool runs_here(InstructionSet set) {
  const auto& sets = supported_instruction_sets();
  return std::find(sets.begin(), sets.end(), set) != sets.end();
}

/// All that this processor can run, AMX's by emulation where only the tiles are missing.
std::vector<SetAndPrecision> all_tables() {
  std::vector<SetAndPrecision> tables;
  for (const InstructionSet set : supported_instruction_sets()) {
    for (const Precision precision : supported_precisions(set)) tables.emplace_back(set, precision);
  }
#if defined(__x86_64__)
  if (testing::TileEmulator::is_of_use()) {
    tables.emplace_back(InstructionSet::kAmx, Precision::kBFloat16);
    tables.emplace_back(InstructionSet::kAmx, Precision::kInt8);
  }
#endif
  return tables;
}

std::string name_of(const SetAndPrecision& table) {
  return std::string(to_string(table.first)) + "_" + std::string(to_string(table.second)) +
         (runs_here(table.first) ? "" : "_emulated");
}

/// The nearest bfloat16, ties to even.
float to_bfloat16(float x) {
  auto bits = std::bit_cast<std::uint32_t>(x);
  bits = (bits + 0x7fffU + ((bits >> 16U) & 1U)) & 0xffff0000U;
  return std::bit_cast<float>(bits);
}

/// The largest whole number of a row of weights: AVX2 adds two products in 16 bits, which have room for no more.
float most_of(InstructionSet set) { return set == InstructionSet::kAvx2 ? 64 : 127; }

/// What a row of d numbers is to the products of this precision, in plain words.
std::vector<double> as_read(const float* x, std::size_t d, Precision precision) {
  std::vector<double> row(x, x + d);
  if (precision == Precision::kBFloat16) {
    for (double& value : row) value = to_bfloat16(static_cast<float>(value));
  }
  if (precision == Precision::kInt8) {  // in float32 until it is a whole number: where exactly two bytes meet matters
    const auto [lowest, highest] = std::ranges::minmax(std::vector<float>(x, x + d));
    const float width = highest - lowest, inverse = width > 0 ? 255 / width : 0;
    for (std::size_t k = 0; k < d; ++k) row[k] = std::nearbyint((x[k] - lowest) * inverse) * (width / 255) + lowest;
  }
  return row;
}

/// And what a row of weights is.
std::vector<double> as_packed(const float* w, std::size_t d, SetAndPrecision table) {
  if (table.second != Precision::kInt8) return as_read(w, d, table.second);
  std::vector<double> row(d);
  float largest = 0;
  for (std::size_t k = 0; k < d; ++k) largest = std::max(largest, std::abs(w[k]));
  const float most = most_of(table.first), inverse = largest > 0 ? most / largest : 0;
  for (std::size_t k = 0; k < d; ++k) row[k] = std::nearbyint(w[k] * inverse) * (largest / most);
  return row;
}

class KernelsOf : public ::testing::TestWithParam<SetAndPrecision> {
 protected:
  const Kernels& kernels_ = kernels_of(GetParam().first, GetParam().second);

  static bool is_int8() { return GetParam().second == Precision::kInt8; }

#if defined(__x86_64__)
  void SetUp() override {
    if (!runs_here(GetParam().first)) emulator_.emplace();
  }
  std::optional<testing::TileEmulator> emulator_;
#endif

  /// Rows as products read them; `product` is told where.
  std::vector<float> encode(const std::vector<float>& A, std::size_t stride, std::size_t d_in, Product& product) const {
    product.A = A.data();
    product.A_stride = stride * sizeof(float);
    if (kernels_.encode_rows == nullptr) return {};
    product.A_stride = kernels_.row_bytes(d_in);
    EXPECT_EQ(product.A_stride % 64, 0U);
    std::vector<float> encoded(product.rows * product.A_stride / sizeof(float) + 1, kUntouched);
    kernels_.encode_rows({.X = A.data(),
                          .X_stride = stride,
                          .rows = product.rows,
                          .d = d_in,
                          .encoded = reinterpret_cast<std::byte*>(encoded.data())});
    EXPECT_EQ(encoded.back(), kUntouched) << "writes outside of the rows";
    product.A = encoded.data();
    return encoded;
  }

  std::vector<float> pack(const std::vector<const float*>& rows, std::size_t d_in) const {
    std::vector<float> panel(kernels_.panel_bytes(d_in) / sizeof(float), NAN);
    kernels_.pack(rows.data(), d_in, panel.data());
    return panel;
  }

  /// What an activation makes of each x: a product with a 1 x 1 matrix.
  std::vector<float> activate(void (*product)(const Product&), const std::vector<float>& x) const {
    const float one = 1;
    std::vector<const float*> rows(kernels_.panel_columns, nullptr);
    rows[0] = &one;
    const std::vector<float> panel = pack(rows, 1), bias(kernels_.panel_columns, 0.0F);
    std::vector<float> C(x.size() * kernels_.panel_columns), y(x.size());
    Product all{.rows = x.size(),
                .d_in = 1,
                .panel = panel.data(),
                .bias = bias.data(),
                .C = C.data(),
                .C_stride = kernels_.panel_columns};
    const std::vector<float> encoded = encode(x, 1, 1, all);
    product(all);
    for (std::size_t i = 0; i < x.size(); ++i) y[i] = C[i * kernels_.panel_columns];
    return y;
  }

  void expect_activation(void (*product)(const Product&), double (*expected)(double), const char* name,
                         double bound) const {
    std::vector<float> x;
    const int step = runs_here(GetParam().first) ? 1 : 31;  // emulation takes a while
    for (int i = -200000; i <= 200000; i += step) x.push_back(static_cast<float>(i) * 1e-4F);
    for (const float extreme : {1e-30F, 1e-40F, 100.0F, 1e4F, 1e15F}) {
      x.push_back(extreme);
      x.push_back(-extreme);
    }
    if (GetParam().second == Precision::kBFloat16) {
      for (float& value : x) value = to_bfloat16(value);  // so that nothing is lost on the way in
    }
    const std::vector<float> y = activate(product, x);
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double exact = expected(x[i]);
      worst = std::max(worst, std::abs(y[i] - exact) / std::max(1.0, std::abs(exact)));
    }
    std::cout << name_of(GetParam()) << ": " << name << ", worst error " << worst << '\n';
    EXPECT_LT(worst, bound);
    EXPECT_EQ(activate(product, {0.0F})[0], 0.0F);
    EXPECT_TRUE(std::isnan(activate(product, {NAN})[0]));
  }
};

INSTANTIATE_TEST_SUITE_P(All, KernelsOf, ::testing::ValuesIn(all_tables()),
                         [](const auto& table) { return name_of(table.param); });

TEST_P(KernelsOf, ComputeGeluToItsStatedError) {
  expect_activation(kernels_.product_gelu, exact_gelu, "gelu", is_int8() ? 1e-4 : 2e-7);
}

TEST_P(KernelsOf, ComputeTheTanhFormOfGeluToItsStatedError) {
  expect_activation(kernels_.product_gelu_tanh, exact_gelu_tanh, "gelu_tanh", 2e-7);
}

TEST_P(KernelsOf, ComputeReluExactly) {
  EXPECT_EQ(activate(kernels_.product_relu, {-2.5F, 0.0F, 3.5F}), (std::vector<float>{0.0F, 0.0F, 3.5F}));
  EXPECT_TRUE(std::isnan(activate(kernels_.product_relu, {NAN})[0]));
}

// Two keys with scores x and 0, values (1, 0) and (0, 1): the output is e^x / (1 + e^x) and 1 / (1 + e^x).
TEST_P(KernelsOf, ComputeExponentialsToTheirStatedError) {
  const std::vector<float> K{1, 0, 0, 0}, V{1, 0, 0, 1};
  std::vector<float> scratch(kernels_.attention_scratch(2, 2));
  double worst = 0;
  for (float x = 0; x > -86; x -= 0.0137F) {
    const std::vector<float> Q{x * std::sqrt(2.0F), 0};
    const double score = double{Q[0]} / std::sqrt(2.0);
    std::vector<float> output(2);
    kernels_.attention({.Q = Q.data(),
                        .Q_stride = 2,
                        .queries = 1,
                        .K = K.data(),
                        .V = V.data(),
                        .KV_stride = 2,
                        .T = 2,
                        .d_k = 2,
                        .output = output.data(),
                        .output_stride = 2,
                        .scratch = scratch.data()});
    const double exact = std::exp(score) / (1 + std::exp(score));
    worst = std::max(worst, std::abs(output[0] - exact) / (is_int8() ? 1 : exact * (1 - score)));
  }
  std::cout << name_of(GetParam()) << ": exp, worst relative error over 1 + |x| (int8: worst error) " << worst << '\n';
  EXPECT_LT(worst, is_int8() ? 0.5 / 255 + 1e-4 : 2e-7);
}

TEST_P(KernelsOf, GiveFarKeysNoWeightAndSurviveHugeScores) {
  const std::vector<float> Q{1e18F, 0}, K{1e18F, 0, -1e18F, 0, 0, 0}, V{1, 2, 3, 4, 5, 6};
  std::vector<float> scratch(kernels_.attention_scratch(3, 2)), output(2);
  kernels_.attention({.Q = Q.data(),
                      .Q_stride = 2,
                      .queries = 1,
                      .K = K.data(),
                      .V = V.data(),
                      .KV_stride = 2,
                      .T = 3,
                      .d_k = 2,
                      .output = output.data(),
                      .output_stride = 2,
                      .scratch = scratch.data()});
  const float step = is_int8() ? 6.0F / most_of(GetParam().first) / 2 : 0.0F;  // of the largest value
  EXPECT_NEAR(output[0], 1, step);
  EXPECT_NEAR(output[1], 2, step);
}

TEST_P(KernelsOf, MultiplyAnyNumberOfRowsAndColumns) {
  const std::size_t columns = kernels_.panel_columns;
  double worst = 0;
  for (const std::size_t d_in : {1U, 3U, 16U, 17U, 37U, 384U}) {
    const auto W = random_floats(columns * d_in, 1), bias = random_floats(columns, 2);
    std::vector<const float*> W_rows;
    for (std::size_t j = 0; j + 1 < columns; ++j) W_rows.push_back(&W[j * d_in]);
    std::vector<std::vector<double>> W_read;
    for (const float* row : W_rows) W_read.push_back(as_packed(row, d_in, GetParam()));
    W_rows.push_back(nullptr);  // a column past the layer's width
    const std::vector<float> panel = pack(W_rows, d_in);
    for (std::size_t rows = 1; rows < 45; ++rows) {
      const auto A = random_floats(rows * (d_in + 2), 3), residual = random_floats(rows * columns, 4);
      std::vector<float> C((rows + 1) * (columns + 3), kUntouched);
      Product product{.rows = rows,
                      .d_in = d_in,
                      .panel = panel.data(),
                      .next_panel = panel.data(),
                      .bias = bias.data(),
                      .residual = residual.data(),
                      .residual_stride = columns,
                      .C = C.data(),
                      .C_stride = columns + 3};
      const std::vector<float> encoded = encode(A, d_in + 2, d_in, product);
      kernels_.product_residual(product);
      for (std::size_t r = 0; r < rows; ++r) {
        const std::vector<double> a = as_read(&A[r * (d_in + 2)], d_in, GetParam().second);
        for (std::size_t j = 0; j < columns; ++j) {
          double exact = double{bias[j]} + residual[r * columns + j];
          if (j + 1 < columns) exact = std::inner_product(a.begin(), a.end(), W_read[j].begin(), exact);
          worst = std::max(worst, std::abs(C[r * (columns + 3) + j] - exact) / std::sqrt(static_cast<double>(d_in)));
        }
      }
      for (std::size_t r = 0; r <= rows; ++r) {
        for (std::size_t j = r < rows ? columns : 0; j < columns + 3; ++j) {
          ASSERT_EQ(C[r * (columns + 3) + j], kUntouched) << "writes outside of C";
        }
      }
    }
  }
  std::cout << name_of(GetParam()) << ": product, worst error " << worst << '\n';
  EXPECT_LT(worst, 4e-6);
}

/// Attention in double; int8 is a step of each of its four factors off.
TEST_P(KernelsOf, AttendToTextsOfAnyLength) {
  double worst = 0;
  for (const std::size_t d_k : {1U, 7U, 32U, 64U}) {
    for (const std::size_t T : {1U, 2U, 15U, 32U, 33U, 100U, 257U}) {
      const auto Q = random_floats(T * d_k, 8), K = random_floats(T * d_k, 9), V = random_floats(T * d_k, 10);
      std::vector<float> scratch(kernels_.attention_scratch(T, d_k) + 1, kUntouched), output(T * d_k + 1, kUntouched);
      kernels_.attention({.Q = Q.data(),
                          .Q_stride = d_k,
                          .queries = T,
                          .K = K.data(),
                          .V = V.data(),
                          .KV_stride = d_k,
                          .T = T,
                          .d_k = d_k,
                          .output = output.data(),
                          .output_stride = d_k,
                          .scratch = scratch.data()});
      EXPECT_EQ(scratch.back(), kUntouched);
      EXPECT_EQ(output.back(), kUntouched);
      for (std::size_t query = 0; query < T; ++query) {
        std::vector<double> expected(d_k);
        double sum = 0;
        for (std::size_t key = 0; key < T; ++key) {
          const double score = std::inner_product(&Q[query * d_k], &Q[query * d_k] + d_k, &K[key * d_k], 0.0);
          const double weight = std::exp(score / std::sqrt(static_cast<double>(d_k)));
          sum += weight;
          for (std::size_t i = 0; i < d_k; ++i) expected[i] += weight * V[key * d_k + i];
        }
        for (std::size_t i = 0; i < d_k; ++i) {
          worst = std::max(worst, std::abs(output[query * d_k + i] - expected[i] / sum));
        }
      }
    }
  }
  std::cout << name_of(GetParam()) << ": attention, worst error " << worst << '\n';
  EXPECT_LT(worst, is_int8() ? 0.1 : 2e-6);
}

/// The weights alone, in float32 whatever the table's products are, added to what is there.
TEST_P(KernelsOf, AddTheWeightsOfTextsOfAnyLength) {
  double worst = 0;
  for (const std::size_t d_k : {1U, 7U, 32U, 64U}) {
    for (const std::size_t T : {1U, 2U, 15U, 32U, 33U, 100U, 257U}) {
      const auto Q = random_floats(T * d_k, 8), K = random_floats(T * d_k, 9);
      std::vector<float> scratch(kernels_.attention_weights_scratch(T, d_k) + 1, kUntouched);
      const std::size_t stride = T + 3;
      std::vector<float> weights(T * stride, 0.5F);
      kernels_.attention_weights({.Q = Q.data(),
                                  .Q_stride = d_k,
                                  .queries = T,
                                  .K = K.data(),
                                  .K_stride = d_k,
                                  .T = T,
                                  .d_k = d_k,
                                  .factor = 0.25F,
                                  .weights = weights.data(),
                                  .weights_stride = stride,
                                  .scratch = scratch.data()});
      EXPECT_EQ(scratch.back(), kUntouched);
      for (std::size_t query = 0; query < T; ++query) {
        std::vector<double> expected(T);
        double sum = 0;
        for (std::size_t key = 0; key < T; ++key) {
          const double score = std::inner_product(&Q[query * d_k], &Q[query * d_k] + d_k, &K[key * d_k], 0.0);
          sum += expected[key] = std::exp(score / std::sqrt(static_cast<double>(d_k)));
        }
        for (std::size_t key = 0; key < stride; ++key) {
          const double weight = key < T ? 0.5 + 0.25 * expected[key] / sum : 0.5;
          worst = std::max(worst, std::abs(weights[query * stride + key] - weight));
        }
      }
    }
  }
  EXPECT_LT(worst, 1e-6);
}

TEST_P(KernelsOf, NormaliseRowsOfAnyLength) {
  double worst = 0;
  for (std::size_t d = 1; d < 100; ++d) {
    auto X = random_floats(3 * d, 5);
    for (float& x : X) x = x * 3 + 10;  // a mean that a careless variance would drown in
    const auto gamma = random_floats(d, 6), beta = random_floats(d, 7);
    std::vector<float> Y(3 * d + 1, kUntouched);
    kernels_.layer_norm({.X = X.data(),
                         .X_stride = d,
                         .rows = 3,
                         .d = d,
                         .gamma = gamma.data(),
                         .beta = beta.data(),
                         .epsilon = 1e-5F,
                         .Y = Y.data(),
                         .Y_stride = d});
    for (std::size_t r = 0; r < 3; ++r) {
      double mean = 0, variance = 0;
      for (std::size_t i = 0; i < d; ++i) mean += X[r * d + i] / static_cast<double>(d);
      for (std::size_t i = 0; i < d; ++i) variance += std::pow(X[r * d + i] - mean, 2) / static_cast<double>(d);
      for (std::size_t i = 0; i < d; ++i) {
        const double exact = (X[r * d + i] - mean) / std::sqrt(variance + 1e-5) * gamma[i] + beta[i];
        worst = std::max(worst, std::abs(Y[r * d + i] - exact));
      }
    }
    EXPECT_EQ(Y.back(), kUntouched);
  }
  std::cout << name_of(GetParam()) << ": layer norm, worst error " << worst << '\n';
  EXPECT_LT(worst, 2e-5);
}

}  // namespace
}  // namespace riverbank
