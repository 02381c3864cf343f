#include "lib/math/dot.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "lib/math/cpu.h"
#include "lib/math/kernels.h"
#include "lib/math/precision.h"
#include "tests/support/random_vectors.h"

namespace riverbank {
namespace {

using testing::random_floats;

TEST(Dot, IsTheInnerProductAtEveryLength) {
  for (const InstructionSet set : supported_instruction_sets()) {
    const Kernels& kernels = kernels_of(set, Precision::kFloat32);
    double worst = 0;
    for (std::size_t n = 0; n < 200; ++n) {
      const auto a = random_floats(n, 1), b = random_floats(n, 2);
      double expected = 0, magnitude = 1;
      for (std::size_t i = 0; i < n; ++i) {
        expected += double{a[i]} * b[i];
        magnitude += std::abs(double{a[i]} * b[i]);
      }
      worst = std::max(worst, std::abs(kernels.dot(a.data(), b.data(), n) - expected) / magnitude);
    }
    EXPECT_LT(worst, 3e-7) << to_string(set);
    RecordProperty(std::string(to_string(set)), std::to_string(worst));
  }
}

TEST(Dot, OfOneAgainstManyIsTheSameBits) {
  for (const InstructionSet set : supported_instruction_sets()) {
    const Kernels& kernels = kernels_of(set, Precision::kFloat32);
    for (const std::size_t n : {1U, 15U, 64U, 384U, 387U}) {
      const auto query = random_floats(n, 3), rows = random_floats(37 * n, 4);
      std::vector<float> products(37);
      kernels.dot_many(query.data(), rows.data(), 37, n, products.data());
      for (std::size_t i = 0; i < products.size(); ++i) {
        EXPECT_EQ(products[i], kernels.dot(query.data(), &rows[i * n], n)) << to_string(set) << ' ' << n << ' ' << i;
      }
    }
  }
}

TEST(Dot, ReadsNothingBeyondItsVectors) {
  for (const InstructionSet set : supported_instruction_sets()) {
    for (std::size_t n = 1; n < 70; ++n) {
      auto a = random_floats(n + 64, 5);
      const auto b = random_floats(n + 64, 6);
      const float before = kernels_of(set, Precision::kFloat32).dot(a.data(), b.data(), n);
      std::fill(a.begin() + static_cast<std::ptrdiff_t>(n), a.end(), NAN);
      EXPECT_EQ(kernels_of(set, Precision::kFloat32).dot(a.data(), b.data(), n), before) << to_string(set) << ' ' << n;
    }
  }
}

std::vector<std::int8_t> random_codes(std::size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<std::int8_t> codes(count);
  for (std::int8_t& code : codes) code = static_cast<std::int8_t>(static_cast<int>(generator() % 255) - 127);
  return codes;
}

TEST(DotCodes, AreExactOnEverySetAndPrecision) {
  for (const InstructionSet set : supported_instruction_sets()) {
    for (const Precision precision : supported_precisions(set)) {
      for (const std::size_t n : {64U, 128U, 192U, 384U, 1024U, 65'536U}) {
        std::vector<std::vector<std::int8_t>> codes;
        for (unsigned seed = 1; seed < 8; ++seed) codes.push_back(random_codes(n, seed));
        for (const int most : {127, -127, 0})
          codes.emplace_back(n, static_cast<std::int8_t>(most));  // where 16 bits would overflow
        std::vector<const std::int8_t*> rows;
        rows.reserve(codes.size());
        for (const auto& row : codes) rows.push_back(row.data());
        for (const auto& query : codes) {
          std::vector<std::int32_t> products(rows.size());
          kernels_of(set, precision).dot_codes(query.data(), rows.data(), rows.size(), n, products.data());
          for (std::size_t i = 0; i < rows.size(); ++i) {
            const int expected = std::inner_product(query.begin(), query.end(), codes[i].begin(), 0);
            ASSERT_EQ(products[i], expected) << to_string(set) << ' ' << to_string(precision) << ' ' << n << ' ' << i;
          }
        }
      }
    }
  }
}

TEST(DotCodes, RunOnTheBestKernelsOfTheChosenSet) {
  const InstructionSet set = choose_instruction_set();
  EXPECT_EQ(dot_codes_function(), kernels_of(set, supported_precisions(set).back()).dot_codes);
}

TEST(Dot, RunsOnTheChosenSet) {
  const auto a = random_floats(384, 7), b = random_floats(384, 8);
  const float expected = kernels_of(choose_instruction_set(), Precision::kFloat32).dot(a.data(), b.data(), 384);
  EXPECT_EQ(dot(a.data(), b.data(), 384), expected);
  EXPECT_EQ(dot_function()(a.data(), b.data(), 384), expected);
  float product = 0;
  dot_many(a.data(), b.data(), 1, 384, &product);
  EXPECT_EQ(product, expected);
}

}  // namespace
}  // namespace riverbank
