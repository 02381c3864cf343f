// The whole encoder with AMX's tiles, which are emulated where the processor has none. Where it has them, engine_test
// runs on them as on every other instruction set.
#if defined(__x86_64__)

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "lib/engine/forward_pass.h"
#include "lib/math/kernels.h"
#include "tests/lib/engine/reference.h"
#include "tests/support/tile_emulator.h"

namespace riverbank {
namespace {

using testing::RandomBatch;
using testing::RandomModel;
using testing::TileEmulator;

const EncoderConfig kShapes{.model_type = "bert",
                            .num_layers = 2,
                            .d_model = 96,
                            .num_heads = 3,
                            .d_ff = 192,
                            .vocabulary_size = 97,
                            .max_positions = 640,
                            .num_token_types = 3,
                            .activation = Activation::kGelu,
                            .layer_norm_epsilon = 1e-12F};

class EngineOnTiles : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!TileEmulator::is_of_use()) GTEST_SKIP() << "this processor has AMX, or no AVX-512 with VNNI and BF16";
    emulator_.emplace();
  }

  Matrix forward(InstructionSet set, Precision precision, const RandomBatch& batch, int threads) const {
    ThreadPool pool(threads);
    const PackedEncoder encoder(model_.config(), model_.weights(), kernels_of(set, precision), {}, {}, pool);
    ForwardPass pass(encoder, pool);
    const float* rows = pass.all_rows(batch.view(), static_cast<std::size_t>(kShapes.num_layers));
    return Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>(
        rows, static_cast<Eigen::Index>(batch.ids.size()), kShapes.d_model,
        Eigen::OuterStride<>(static_cast<Eigen::Index>(pass.stride())));
  }

  RandomModel model_{kShapes, 31};
  std::optional<TileEmulator> emulator_;
};

/// Few rows are split by columns, many by rows; both on one thread and on two.
TEST_F(EngineOnTiles, Int8IsTheSameBitsAsByVectors) {
  for (const std::vector<std::size_t>& lengths : {std::vector<std::size_t>{9}, {1, 60, 33, 128, 90, 7}}) {
    const RandomBatch batch(kShapes, lengths, 32);
    const Matrix expected = forward(InstructionSet::kAvx512, Precision::kInt8, batch, 1);
    for (const int threads : {1, 2}) {
      const std::uint64_t before = TileEmulator::products();
      EXPECT_EQ(forward(InstructionSet::kAmx, Precision::kInt8, batch, threads), expected) << threads << " threads";
      EXPECT_GT(TileEmulator::products(), before) << "no tile was multiplied";
    }
  }
}

TEST_F(EngineOnTiles, BFloat16IsWhatThePlainEncoderComputes) {
  const RandomBatch batch(kShapes, {70}, 33);
  const auto expected = testing::reference_forward(model_, batch.ids, batch.types);
  const std::uint64_t before = TileEmulator::products();
  const Matrix hidden = forward(InstructionSet::kAmx, Precision::kBFloat16, batch, 2);
  EXPECT_GT(TileEmulator::products(), before) << "no tile was multiplied";
  EXPECT_LT((hidden.cast<double>() - expected).cwiseAbs().maxCoeff(), 0.04);  // engine_test.cpp's, of bf16
}

}  // namespace
}  // namespace riverbank

#endif
