#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

#include "lib/transformer/alibi.h"
#include "lib/transformer/attention.h"
#include "lib/transformer/positional.h"
#include "lib/transformer/rotary_positions.h"
#include "tests/lib/transformer/matrices.h"
#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using testing::expect_error;
using testing::expect_golden;
using testing::golden;
using testing::random_matrix;
using testing::worst_difference;

TEST(Positions, AreTorchs) {
  expect_golden("sinusoidal.40x16", sinusoidal_positions(40, 16), "sinusoidal_positions");
  expect_golden("sinusoidal.5x384_from_4000", sinusoidal_positions(5, 384, 4000), "sinusoidal_positions");
  const Matrix Q = golden("Q");
  const Matrix K = golden("K");
  const Matrix V = golden("V");
  expect_golden("rotary.Q_from_0", rotary_positions(Q), "rotary_positions");
  expect_golden("rotary.K_from_1000", rotary_positions(K, 1000), "rotary_positions");
  expect_golden("rotary.attention", attention(rotary_positions(Q), rotary_positions(K), V), "attention");
  for (const Eigen::Index heads : {1, 4, 8, 12}) {
    expect_golden("alibi.slopes." + std::to_string(heads), alibi_slopes(heads), "alibi_slopes");
  }
  expect_golden("alibi.attention", alibi_attention(Q, K, V, 0.25F), "alibi_attention");
  expect_golden("alibi.causal_attention", alibi_attention(Q, K, V, 0.25F, Mask::causal()), "alibi_attention");
}

/// The vector k places on is one and the same linear function of the vector here, wherever that is: each pair of
/// columns turned by k frequencies.
TEST(SinusoidalPositions, AShiftIsARotation) {
  constexpr Eigen::Index kWidth = 32;
  const Matrix PE = sinusoidal_positions(300, kWidth);
  for (const Eigen::Index k : {1, 7, 100}) {
    Matrix R = Matrix::Zero(kWidth, kWidth);  // PE[p + k] = PE[p] R
    for (Eigen::Index i = 0; i < kWidth; i += 2) {
      const double angle = static_cast<double>(k) * std::pow(10000.0, -static_cast<double>(i) / kWidth);
      R(i, i) = R(i + 1, i + 1) = static_cast<float>(std::cos(angle));
      R(i, i + 1) = static_cast<float>(-std::sin(angle));
      R(i + 1, i) = static_cast<float>(std::sin(angle));
    }
    EXPECT_TRUE((R * R.transpose()).isIdentity(1e-5F));
    const Matrix shifted = PE.topRows(300 - k) * R;
    EXPECT_LT(worst_difference(shifted, PE.bottomRows(300 - k)), 1e-5F) << k << " places";
  }
}

TEST(SinusoidalPositions, StartWhereTheyAreTold) {
  EXPECT_EQ(sinusoidal_positions(5, 8, 20), sinusoidal_positions(25, 8).bottomRows(5));
  EXPECT_EQ(sinusoidal_positions(0, 8).rows(), 0);
  EXPECT_EQ(sinusoidal_positions(1, 4), (Matrix(1, 4) << 0, 1, 0, 1).finished());
}

TEST(RotaryPositions, AShiftIsARotation) {
  const Matrix X = random_matrix(9, 16, 1);
  EXPECT_EQ(rotary_positions(X).row(0), X.row(0));
  for (const Eigen::Index places : {1, 50, 4000}) {
    const Matrix turned = rotary_positions(X, places);
    EXPECT_TRUE(turned.rowwise().norm().isApprox(X.rowwise().norm(), 1e-6F));
    EXPECT_GT(worst_difference(turned, X), 0.1F);
  }
  // Turning by 30 and then by 12 is turning by 42.
  const Matrix one = X.topRows(1);
  EXPECT_LT(worst_difference(rotary_positions(rotary_positions(one, 30), 12), rotary_positions(one, 42)), 1e-5F);
}

TEST(RotaryPositions, ScoresDependOnTheDistanceAlone) {
  const Matrix q = random_matrix(1, 32, 2);
  const Matrix k = random_matrix(1, 32, 3);
  const auto score = [&](Eigen::Index query, Eigen::Index key) {
    return rotary_positions(q, query).row(0).dot(rotary_positions(k, key).row(0));
  };
  for (const Eigen::Index distance : {0, 1, 5, 64}) {
    for (const Eigen::Index place : {1, 10, 1000}) {
      EXPECT_NEAR(score(0, distance), score(place, place + distance), 1e-4F) << distance << " from " << place;
    }
  }
  EXPECT_GT(std::abs(score(0, 1) - score(0, 5)), 1e-2F);
  EXPECT_GT(std::abs(score(0, 5) - score(5, 0)), 1e-2F);  // before is not after
}

TEST(RotaryPositions, TheWholeTextMayStandAnywhere) {
  const Matrix Q = random_matrix(12, 16, 4);
  const Matrix K = random_matrix(12, 16, 5);
  EXPECT_LT(worst_difference(attention_weights(rotary_positions(Q), rotary_positions(K)),
                             attention_weights(rotary_positions(Q, 500), rotary_positions(K, 500))),
            1e-5F);
}

TEST(Alibi, DistanceDecides) {
  const Matrix nothing_to_choose = Matrix::Zero(20, 4);
  for (const float slope : {0.5F, 1.0F / 256}) {
    const Matrix weights = alibi_attention_weights(nothing_to_choose, nothing_to_choose, slope);
    for (Eigen::Index i = 0; i < 20; ++i) {
      EXPECT_NEAR(weights.row(i).sum(), 1.0F, 1e-5);
      for (Eigen::Index j = 0; j + 1 < 20; ++j) {
        const float nearer = j < i ? weights(i, j + 1) : weights(i, j);
        const float further = j < i ? weights(i, j) : weights(i, j + 1);
        EXPECT_NEAR(further / nearer, std::exp(-slope), 1e-5) << i << ", " << j;
      }
    }
  }
  const Matrix Q = random_matrix(6, 4, 6);
  EXPECT_EQ(alibi_attention_weights(Q, Q, 0), attention_weights(Q, Q));
}

TEST(Alibi, TheNewestQueryAloneGetsTheLastRow) {
  const Matrix Q = random_matrix(8, 4, 7);
  const Matrix K = random_matrix(8, 4, 8);
  const Matrix all = alibi_attention_weights(Q, K, 0.5F, Mask::causal());
  EXPECT_LT(worst_difference(alibi_attention_weights(Q.bottomRows(1), K, 0.5F, Mask::causal()), all.bottomRows(1)),
            1e-6F);
}

/// Attention alone has no order: a permuted text gives permuted vectors. Every kind of position ends that.
TEST(Positions, TellWhereATokenStands) {
  constexpr Eigen::Index kTokens = 11;
  const Matrix X = random_matrix(kTokens, 8, 9);
  std::vector<int> order(kTokens);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937(1));
  const Matrix table = random_matrix(kTokens, 8, 10);
  const LearnedPositions learned(MatrixMap(table.data(), table.rows(), table.cols()));

  const auto difference = [&](const std::function<Matrix(const Matrix&)>& attend) {
    return worst_difference(attend(X(order, Eigen::all)), attend(X)(order, Eigen::all));
  };
  EXPECT_LT(difference([](const Matrix& H) { return attention(H, H, H); }), 1e-5F);
  EXPECT_GT(difference([&](const Matrix& H) {
              const Matrix E = H + learned.forward(kTokens);
              return attention(E, E, E);
            }),
            1e-2F);
  EXPECT_GT(difference([](const Matrix& H) {
              const Matrix E = H + sinusoidal_positions(kTokens, 8);
              return attention(E, E, E);
            }),
            1e-2F);
  EXPECT_GT(difference([](const Matrix& H) { return attention(rotary_positions(H), rotary_positions(H), H); }), 1e-2F);
  EXPECT_GT(difference([](const Matrix& H) { return alibi_attention(H, H, H, 0.5F); }), 1e-2F);
}

TEST(Positions, RefuseWhatMakesNoSense) {
  expect_error(ErrorKind::kInvalidArgument, "sinusoidal_positions: (4, 7) from place 0; d_model must be even",
               [] { sinusoidal_positions(4, 7); });
  expect_error(ErrorKind::kInvalidArgument, "from place -1", [] { sinusoidal_positions(4, 8, -1); });
  expect_error(ErrorKind::kInvalidArgument, "rotary_positions: X is (2, 3)",
               [] { rotary_positions(Matrix::Zero(2, 3)); });
  expect_error(ErrorKind::kInvalidArgument, "with base 0", [] { rotary_positions(Matrix::Zero(2, 4), 0, 0); });
  expect_error(ErrorKind::kInvalidArgument, "alibi_slopes: there are 0 heads", [] { alibi_slopes(0); });
  const Matrix two = Matrix::Zero(2, 3);
  const Matrix five = Matrix::Zero(5, 3);
  expect_error(ErrorKind::kInvalidArgument, "alibi_attention: Q is (5, 3), K is (2, 3) and the slope is 0.5",
               [&] { alibi_attention(five, two, two, 0.5F); });
  expect_error(ErrorKind::kInvalidArgument, "the slope is -1", [&] { alibi_attention_weights(two, two, -1); });
  expect_error(ErrorKind::kInvalidArgument, "alibi_attention: Q is (2, 3) and K is (5, 4)",
               [&] { alibi_attention(two, Matrix::Zero(5, 4), five, 1); });
  expect_error(ErrorKind::kInvalidArgument, "alibi_attention: K is (5, 3) and V is (2, 3)",
               [&] { alibi_attention(two, five, two, 1); });
  expect_error(ErrorKind::kInvalidArgument, "alibi_attention_weights: Q is (2, 3) and K is (5, 4)",
               [&] { alibi_attention_weights(two, Matrix::Zero(5, 4), 1); });
}

}  // namespace
}  // namespace riverbank
