// What is special about the kernels for AMX; what all kernels have to do is in kernels_test.cpp. On a processor without
// AMX the tile instructions are emulated.
#if defined(__x86_64__)

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "lib/math/cpu.h"
#include "lib/math/kernels.h"
#include "lib/math/peak.h"
#include "lib/math/precision.h"
#include "tests/support/random_vectors.h"
#include "tests/support/tile_emulator.h"

namespace riverbank {
namespace {

using testing::random_floats;
using testing::TileEmulator;

/// Bytes that end where the next page may not be touched.
class GuardedBytes {
 public:
  explicit GuardedBytes(std::size_t size) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    mapped_ = (size + page - 1) / page * page + page;
    memory_ = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    auto* end = static_cast<std::byte*>(memory_) + mapped_ - page;
    ::mprotect(end, page, PROT_NONE);
    data_ = end - size;
  }
  ~GuardedBytes() { ::munmap(memory_, mapped_); }
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;

  template <typename T = float>
  T* as() const {
    return reinterpret_cast<T*>(data_);
  }

 private:
  std::size_t mapped_;
  void* memory_;
  std::byte* data_;
};

using ProductFunction = void (*Kernels::*)(const Product&);

constexpr ProductFunction kProducts[] = {&Kernels::product, &Kernels::product_residual, &Kernels::product_gelu,
                                         &Kernels::product_gelu_tanh, &Kernels::product_relu};

/// The same product for any kernels of one precision: A (rows, d_in) and all that belongs to it, each thing at the end
/// of a page.
class Problem {
 public:
  Problem(const Kernels& kernels, std::size_t rows, std::size_t d_in)
      : rows_(rows),
        columns_(kernels.panel_columns),
        encoded_(rows * kernels.row_bytes(d_in)),
        panel_(kernels.panel_bytes(d_in)),
        bias_(columns_ * sizeof(float)),
        residual_(rows * columns_ * sizeof(float)),
        C_(rows * columns_ * sizeof(float)) {
    const auto A = random_floats(rows * d_in, 1), W = random_floats(columns_ * d_in, 2);
    std::vector<const float*> W_rows;
    for (std::size_t j = 0; j < columns_; ++j) W_rows.push_back(&W[j * d_in]);
    kernels.pack(W_rows.data(), d_in, panel_.as());
    kernels.encode_rows(
        {.X = A.data(), .X_stride = d_in, .rows = rows, .d = d_in, .encoded = encoded_.as<std::byte>()});
    fill(bias_, columns_, 3);
    fill(residual_, rows * columns_, 4);
    product_ = {.A = encoded_.as(),
                .A_stride = kernels.row_bytes(d_in),
                .rows = rows,
                .d_in = d_in,
                .panel = panel_.as(),
                .next_panel = panel_.as(),
                .bias = bias_.as(),
                .residual = residual_.as(),
                .residual_stride = columns_,
                .C = C_.as(),
                .C_stride = columns_};
  }

  std::vector<float> solve(void (*function)(const Product&)) const {
    std::fill_n(C_.as(), rows_ * columns_, NAN);
    function(product_);
    return {C_.as(), C_.as() + rows_ * columns_};
  }

 private:
  static void fill(const GuardedBytes& bytes, std::size_t count, unsigned seed) {
    std::ranges::copy(random_floats(count, seed), bytes.as());
  }

  std::size_t rows_, columns_;
  GuardedBytes encoded_, panel_, bias_, residual_, C_;
  Product product_;
};

class Amx : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto& sets = supported_instruction_sets();
    if (std::find(sets.begin(), sets.end(), InstructionSet::kAmx) != sets.end()) return;
    if (!TileEmulator::is_of_use()) GTEST_SKIP() << "this processor has no AVX-512 with VNNI and BF16";
    emulator_.emplace();
  }

  static const Kernels& kernels(InstructionSet set, Precision precision) { return kernels_of(set, precision); }

  std::optional<TileEmulator> emulator_;
};

/// Whole tiles and their rests, of rows and of steps, which are 4 bytes: 16 of them are 64 codes or 32 bfloat16.
constexpr std::size_t kDepths[] = {1, 5, 31, 32, 33, 63, 64, 65, 130, 384};
constexpr std::size_t kRows[] = {1, 2, 15, 16, 17, 31, 32, 33, 48, 70};

TEST_F(Amx, Int8IsTheSameBitsAsByVectors) {
  const Kernels &tiles = kernels(InstructionSet::kAmx, Precision::kInt8),
                &vectors = kernels(InstructionSet::kAvx512, Precision::kInt8);
  ASSERT_NE(&tiles, &vectors);
  for (const std::size_t d_in : kDepths) {
    for (const std::size_t rows : kRows) {
      const Problem problem(tiles, rows, d_in);
      for (const ProductFunction product : kProducts) {
        const auto of_tiles = problem.solve(tiles.*product), of_vectors = problem.solve(vectors.*product);
        ASSERT_EQ(of_tiles, of_vectors) << rows << " rows of " << d_in << ", product "
                                        << &product - static_cast<const ProductFunction*>(kProducts);
      }
    }
  }
}

/// Sums are the same but for the order in which they are added up.
TEST_F(Amx, BFloat16IsWhatItIsByVectorsButForRounding) {
  const Kernels &tiles = kernels(InstructionSet::kAmx, Precision::kBFloat16),
                &vectors = kernels(InstructionSet::kAvx512, Precision::kBFloat16);
  ASSERT_NE(&tiles, &vectors);
  double worst = 0;
  for (const std::size_t d_in : kDepths) {
    for (const std::size_t rows : kRows) {
      const Problem problem(tiles, rows, d_in);
      for (const ProductFunction product : kProducts) {
        const auto of_tiles = problem.solve(tiles.*product), of_vectors = problem.solve(vectors.*product);
        for (std::size_t i = 0; i < of_tiles.size(); ++i) {
          ASSERT_TRUE(std::isfinite(of_tiles[i]));
          worst = std::max(worst, std::abs(double{of_tiles[i]} - of_vectors[i]) / std::sqrt(static_cast<double>(d_in)));
        }
      }
    }
  }
  EXPECT_LT(worst, 2e-6);
}

/// A row by itself is the same bits as among others, however the rows are cut into tiles.
TEST_F(Amx, ARowDoesNotDependOnTheOthers) {
  for (const Precision precision : {Precision::kBFloat16, Precision::kInt8}) {
    const Kernels& tiles = kernels(InstructionSet::kAmx, precision);
    const std::vector<float> many = Problem(tiles, 70, 130).solve(tiles.product);
    for (const std::size_t rows : kRows) {
      const std::vector<float> few = Problem(tiles, rows, 130).solve(tiles.product);
      EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin())) << to_string(precision) << ", " << rows << " rows";
    }
  }
}

TEST_F(Amx, ReallyUsesTilesAndLeavesNoneBehind) {
  if (!emulator_) GTEST_SKIP() << "this processor does not say what it has run";
  for (const Precision precision : {Precision::kBFloat16, Precision::kInt8}) {
    const Kernels& tiles = kernels(InstructionSet::kAmx, precision);
    const Problem problem(tiles, 70, 130);  // 32 + 32 + 6 rows
    const std::size_t depth = precision == Precision::kInt8 ? 3 : 5;
    for (const ProductFunction product : kProducts) {
      const std::uint64_t before = TileEmulator::products();
      problem.solve(tiles.*product);
      EXPECT_EQ(TileEmulator::products() - before, (4 + 4 + 2) * depth);
      EXPECT_FALSE(TileEmulator::has_tiles());
    }
  }
}

TEST_F(Amx, ThreadsHaveTilesOfTheirOwn) {
  for (const Precision precision : {Precision::kBFloat16, Precision::kInt8}) {
    const Kernels& tiles = kernels(InstructionSet::kAmx, precision);
    const std::vector<float> expected = Problem(tiles, 40, 64).solve(tiles.product);
    std::vector<std::vector<float>> found(2);
    {
      std::vector<std::jthread> threads;
      for (auto& mine : found) {
        threads.emplace_back([&mine, &tiles] {
          const Problem problem(tiles, 40, 64);
          for (int i = 0; i < 20; ++i) mine = problem.solve(tiles.product);
        });
      }
    }
    for (const auto& mine : found) EXPECT_EQ(mine, expected);
  }
}

TEST_F(Amx, ThePeakIsMeasuredByProductsOfTiles) {
  if (!emulator_) GTEST_SKIP() << "peak_test does it";
  const std::uint64_t before = TileEmulator::products();
  EXPECT_GT(measure_peak(InstructionSet::kAmx, Precision::kInt8), 0);
  EXPECT_GE(TileEmulator::products() - before, 12U * 2000U);
  EXPECT_FALSE(TileEmulator::has_tiles());
}

/// Small numbers, worked out by hand: the emulator is what the tests above stand on.
TEST(TileRegisters, AddUpAsTheManualSays) {
  testing::TileRegisters tiles;
  std::uint8_t sizes[64] = {1};
  const auto set = [&](std::size_t tile, std::uint8_t rows, std::uint8_t row_bytes) {
    sizes[48 + tile] = rows;
    sizes[16 + 2 * tile] = row_bytes;
  };
  set(0, 1, 8);  // C (1, 2), A (1, 1), B (1, 2), in numbers of 4 bytes
  set(1, 1, 4);
  set(2, 1, 8);
  ASSERT_TRUE(tiles.configure(sizes));
  const std::uint8_t a[] = {255, 1, 2, 0};
  const std::int8_t b[] = {-128, 3, 4, 5, 1, 0, 0, 100};
  std::int32_t c[] = {7, -7};
  const auto bytes = [](auto* numbers) { return reinterpret_cast<std::byte*>(numbers); };
  const auto load = [&](int tile, const void* from) {
    return tiles.load(tile, static_cast<const std::byte*>(from), 64);
  };
  ASSERT_TRUE(load(0, c) && load(1, a) && load(2, b));
  ASSERT_TRUE(tiles.dot_bytes(0, 1, 2));
  ASSERT_TRUE(tiles.store(0, bytes(c), 64));
  EXPECT_EQ(c[0], 7 + 255 * -128 + 3 + 8);
  EXPECT_EQ(c[1], -7 + 255);

  const std::uint16_t x[] = {0x3f80, 0xc000}, y[] = {0x4040, 0x3f00, 0x0001, 0x4080};  // 1, -2; 3, 1/2, 2^-133, 4
  float sums[] = {10, 20};
  ASSERT_TRUE(load(0, sums) && load(1, x) && load(2, y));
  ASSERT_TRUE(tiles.dot_bfloat16(0, 1, 2));
  ASSERT_TRUE(tiles.store(0, bytes(sums), 64));
  EXPECT_EQ(sums[0], 10 + 3 - 1);
  EXPECT_EQ(sums[1], 20 - 8);
}

TEST(TileRegisters, RefuseWhatAProcessorWould) {
  testing::TileRegisters tiles;
  std::uint8_t sizes[64] = {1};
  EXPECT_FALSE(tiles.clear(0)) << "not configured";
  EXPECT_TRUE(tiles.configure(sizes));
  EXPECT_FALSE(tiles.clear(0)) << "of no size";
  for (const auto& [where, what] : {std::pair{0, 2}, {1, 1}, {2, 1}, {16, 65}, {16, 4}, {48, 17}, {48, 1}, {40, 4}}) {
    std::uint8_t wrong[64] = {1};
    wrong[where] = static_cast<std::uint8_t>(what);
    EXPECT_FALSE(tiles.configure(wrong)) << where;
  }
  for (const int tile : {0, 1, 2}) {
    sizes[48 + tile] = 2;
    sizes[16 + 2 * tile] = 8;
  }
  ASSERT_TRUE(tiles.configure(sizes));
  EXPECT_TRUE(tiles.dot_bytes(0, 1, 2));
  EXPECT_FALSE(tiles.dot_bytes(0, 0, 2)) << "the same tile twice";
  EXPECT_FALSE(tiles.dot_bytes(0, 1, 3)) << "a tile of no size";
  sizes[48 + 2] = 3;
  ASSERT_TRUE(tiles.configure(sizes));
  EXPECT_FALSE(tiles.dot_bfloat16(0, 1, 2)) << "more rows of B than columns of A";
  tiles.release();
  EXPECT_FALSE(tiles.is_configured());
}

}  // namespace
}  // namespace riverbank

#endif
