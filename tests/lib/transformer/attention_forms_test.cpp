// The forms of attention that do less than N x N, each held to torch, to the dense form or to its own definition.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "lib/transformer/attention.h"
#include "lib/transformer/linear_attention.h"
#include "lib/transformer/sliding_window_attention.h"
#include "lib/transformer/sparse_attention.h"
#include "lib/transformer/streaming_attention.h"
#include "tests/lib/transformer/matrices.h"
#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using testing::expect_error;
using testing::expect_golden;
using testing::golden;
using testing::random_matrix;
using testing::worst_difference;

constexpr float kTolerance = 1e-5F;

/// The pattern that the golden file was computed with, a (blocks, blocks) matrix of 1 and 0.
BlockPattern golden_pattern() {
  const Matrix reads = golden("sparse.reads");
  BlockPattern pattern{22, 4, {}};
  for (Eigen::Index query = 0; query < reads.rows(); ++query) {
    std::vector<Eigen::Index> keys;
    for (Eigen::Index key = 0; key < reads.cols(); ++key) {
      if (reads(query, key) > 0) keys.push_back(key);
    }
    pattern.reads.push_back(keys);
  }
  return pattern;
}

Mask golden_padding() {
  std::vector<bool> is_token(22, true);
  for (const std::size_t padded : {0, 9, 20, 21}) is_token[padded] = false;
  return Mask::padding(is_token);
}

TEST(AttentionForms, AreTorchs) {
  const Matrix Q = golden("Q");
  const Matrix K = golden("K");
  const Matrix V = golden("V");
  const Mask all_three = golden_padding() & Mask::causal() & Mask::sliding_window(6);
  expect_golden("mask.padding", attention(Q, K, V, golden_padding()), "attention");
  expect_golden("mask.causal", attention(Q, K, V, Mask::causal()), "attention");
  expect_golden("mask.sliding_window", attention(Q, K, V, Mask::sliding_window(6)), "attention");
  expect_golden("mask.all_three", attention(Q, K, V, all_three), "attention");
  expect_golden("mask.sliding_window", sliding_window_attention(Q, K, V, 6), "sliding_window_attention");
  expect_golden("mask.all_three", sliding_window_attention(Q, K, V, 6, golden_padding() & Mask::causal()),
                "sliding_window_attention");
  expect_golden("mask.causal", streaming_attention(Q, K, V, 5, Mask::causal()), "streaming_attention");
  expect_golden("mask.all_three", streaming_attention(Q, K, V, 4, all_three), "streaming_attention");
  expect_golden("sparse.attention", sparse_attention(Q, K, V, golden_pattern()), "sparse_attention");
  expect_golden("sparse.padded_attention", sparse_attention(Q, K, V, golden_pattern(), golden_padding()),
                "sparse_attention");
  expect_golden("linear.attention", linear_attention(Q, K, V), "linear_attention");
  expect_golden("linear.causal_attention", causal_linear_attention(Q, K, V), "causal_linear_attention");
}

TEST(StreamingAttention, IsTheDenseForm) {
  for (const auto& [n, m] : {std::pair{1, 1}, {3, 50}, {64, 64}, {130, 257}}) {
    const Matrix Q = random_matrix(n, 16, 1) * 3;
    const Matrix K = random_matrix(m, 16, 2);
    const Matrix V = random_matrix(m, 7, 3);
    for (const Eigen::Index block : {1, 16, 100, 100000}) {
      EXPECT_LT(worst_difference(streaming_attention(Q, K, V, block), attention(Q, K, V)), kTolerance)
          << n << " queries, " << m << " keys, blocks of " << block;
      EXPECT_LT(
          worst_difference(streaming_attention(Q, K, V, block, Mask::causal()), attention(Q, K, V, Mask::causal())),
          kTolerance);
    }
  }
}

TEST(StreamingAttention, SurvivesScoresPastTheRangeOfExp) {
  // The largest score comes first, last and in between; a plain sum of exponentials would be infinite.
  Matrix K = Matrix::Zero(12, 1);
  K.col(0) << -900, 10, 900, 3, 1, 2000, 0, -5, 1999, 5, 2, 3;
  const Matrix Q = (Matrix(3, 1) << 1, -1, 0.001F).finished();
  const Matrix V = random_matrix(12, 4, 4);
  for (const Eigen::Index block : {1, 2, 5}) {
    EXPECT_LT(worst_difference(streaming_attention(Q, K, V, block), attention(Q, K, V)), kTolerance);
  }
}

TEST(StreamingAttention, AQueryWithoutAnyKeyGetsZeros) {
  const Matrix X = random_matrix(6, 3, 5);
  const Mask mask = Mask::causal() & Mask::padding({false, false, false, true, true, true});
  const Matrix result = streaming_attention(X, X, X, 2, mask);
  EXPECT_EQ(result.topRows(3), Matrix::Zero(3, 3));
  EXPECT_LT(worst_difference(result, attention(X, X, X, mask)), kTolerance);
}

TEST(SlidingWindowAttention, IsTheDenseFormBehindAMask) {
  for (const Eigen::Index T : {1, 2, 9, 70}) {
    const Matrix Q = random_matrix(T, 8, 6);
    const Matrix K = random_matrix(T, 8, 7);
    const Matrix V = random_matrix(T, 5, 8);
    for (const Eigen::Index window : {2, 6, 64, 1000}) {
      const Matrix result = sliding_window_attention(Q, K, V, window);
      EXPECT_LT(worst_difference(result, attention(Q, K, V, Mask::sliding_window(window))), kTolerance);
      if (window >= 2 * (T - 1)) {
        EXPECT_LT(worst_difference(result, attention(Q, K, V)), kTolerance);
      }
      EXPECT_LT(worst_difference(sliding_window_attention(Q, K, V, window, Mask::causal()),
                                 attention(Q, K, V, Mask::sliding_window(window) & Mask::causal())),
                kTolerance);
    }
  }
}

TEST(SlidingWindowAttention, WhatStandsFurtherAwayChangesNothing) {
  const Matrix X = random_matrix(40, 8, 9);
  Matrix Y = X;
  Y.bottomRows(10).setConstant(1e6F);
  EXPECT_EQ(sliding_window_attention(X, X, X, 8).topRows(26), sliding_window_attention(Y, Y, Y, 8).topRows(26));
}

TEST(SparseAttention, WithAllBlocksIsTheDenseForm) {
  for (const Eigen::Index T : {1, 30, 64, 65}) {
    const Matrix Q = random_matrix(T, 8, 10);
    const Matrix K = random_matrix(T, 8, 11);
    const Matrix V = random_matrix(T, 5, 12);
    for (const Eigen::Index block : {1, 16, 100}) {
      const BlockPattern all =
          big_bird_pattern(T, {.block_size = block, .global_blocks = 0, .window_blocks = 1, .random_blocks = T});
      EXPECT_LT(worst_difference(sparse_attention(Q, K, V, all), attention(Q, K, V)), kTolerance);
      EXPECT_LT(worst_difference(sparse_attention(Q, K, V, all, Mask::causal()), attention(Q, K, V, Mask::causal())),
                kTolerance);
    }
  }
}

TEST(SparseAttention, ABlockThatReadsNothingGetsZeros) {
  const Matrix X = random_matrix(4, 3, 13);
  const Matrix result = sparse_attention(X, X, X, {4, 2, {{}, {0, 1}}});
  EXPECT_EQ(result.topRows(2), Matrix::Zero(2, 3));
  EXPECT_LT(worst_difference(result.bottomRows(2), attention(X.bottomRows(2), X, X)), kTolerance);
}

TEST(BigBirdPattern, HasGlobalNearAndRandomBlocks) {
  const BigBirdSizes sizes{.block_size = 4, .global_blocks = 2, .window_blocks = 3, .random_blocks = 2, .seed = 5};
  const BlockPattern pattern = big_bird_pattern(4 * 20 - 3, sizes);
  ASSERT_EQ(pattern.reads.size(), 20U);
  for (Eigen::Index query = 0; query < 20; ++query) {
    const auto& list = pattern.reads[static_cast<std::size_t>(query)];
    const std::set<Eigen::Index> reads(list.begin(), list.end());
    EXPECT_TRUE(std::is_sorted(list.begin(), list.end()));
    EXPECT_EQ(reads.size(), list.size());
    std::set<Eigen::Index> fixed{0, 1, query};
    if (query > 0) fixed.insert(query - 1);
    if (query < 19) fixed.insert(query + 1);
    EXPECT_TRUE(std::includes(reads.begin(), reads.end(), fixed.begin(), fixed.end())) << "block " << query;
    EXPECT_EQ(reads.size(), query < 2 ? 20 : fixed.size() + 2) << "block " << query;
  }
  EXPECT_EQ(big_bird_pattern(77, sizes).reads, pattern.reads);
  BigBirdSizes other = sizes;
  other.seed = 6;
  EXPECT_NE(big_bird_pattern(77, other).reads, pattern.reads);
  // The same pattern on every machine.
  EXPECT_THAT(pattern.reads[10], ::testing::ElementsAre(0, 1, 3, 9, 10, 11, 14));
}

TEST(BigBirdPattern, GrowsAsTheTextDoes) {
  const auto pairs = [](Eigen::Index T) {
    std::size_t count = 0;
    for (const auto& reads : big_bird_pattern(T).reads) count += reads.size();
    return static_cast<double>(count);
  };
  EXPECT_NEAR(pairs(65536) / pairs(32768), 2.0, 0.02);
}

/// The definition (eq. 4 with the features' product for the similarity), computed as N x N.
Matrix linear_by_definition(const Matrix& Q, const Matrix& K, const Matrix& V, bool causal) {
  Matrix similarity = elu_features(Q) * elu_features(K).transpose();  // (n, m)
  if (causal) similarity = similarity.triangularView<Eigen::Lower>();
  const Eigen::VectorXf sums = similarity.rowwise().sum();
  return sums.cwiseInverse().asDiagonal() * (similarity * V);
}

TEST(LinearAttention, IsItsOwnDefinition) {
  for (const auto& [n, m] : {std::pair{1, 1}, {5, 60}, {200, 200}}) {
    const Matrix Q = random_matrix(n, 16, 14);
    const Matrix K = random_matrix(m, 16, 15);
    const Matrix V = random_matrix(m, 6, 16);
    EXPECT_LT(worst_difference(linear_attention(Q, K, V), linear_by_definition(Q, K, V, false)), kTolerance);
    if (n == m) {
      EXPECT_LT(worst_difference(causal_linear_attention(Q, K, V), linear_by_definition(Q, K, V, true)), kTolerance);
    }
  }
}

TEST(LinearAttention, FeaturesAreEluPlusOne) {
  const Matrix X = (Matrix(1, 5) << -200, -1, 0, 0.5F, 7).finished();
  const Matrix expected = (Matrix(1, 5) << 0, std::exp(-1.0F), 1, 1.5F, 8).finished();
  EXPECT_LT(worst_difference(elu_features(X), expected), 1e-7F);
}

TEST(LinearAttention, CausalNeverLooksAhead) {
  const Matrix X = random_matrix(30, 8, 17);
  Matrix Y = X;
  Y.bottomRows(5) = random_matrix(5, 8, 18) * 100;
  EXPECT_EQ(causal_linear_attention(X, X, X).topRows(25), causal_linear_attention(Y, Y, Y).topRows(25));
}

TEST(LinearAttention, FeaturesOfNothingButZerosGiveZeros) {
  const Matrix low = Matrix::Constant(3, 2, -500);
  EXPECT_EQ(linear_attention(low, low, Matrix::Ones(3, 2)), Matrix::Zero(3, 2));
  EXPECT_EQ(causal_linear_attention(low, low, Matrix::Ones(3, 2)), Matrix::Zero(3, 2));
}

/// Every form names itself and both shapes.
TEST(AttentionForms, ShapesThatDoNotFitAreBothNamed) {
  const Matrix Q = Matrix::Zero(2, 3);
  const Matrix wide = Matrix::Zero(2, 4);
  const Matrix more = Matrix::Zero(5, 3);
  const BlockPattern pattern{2, 1, {{0}, {1}}};
  using Form = std::function<void(const Matrix& Q, const Matrix& K, const Matrix& V)>;
  const std::vector<std::pair<std::string, Form>> forms = {
      {"attention", [](auto& q, auto& k, auto& v) { attention(q, k, v); }},
      {"streaming_attention", [](auto& q, auto& k, auto& v) { streaming_attention(q, k, v); }},
      {"sliding_window_attention", [](auto& q, auto& k, auto& v) { sliding_window_attention(q, k, v, 2); }},
      {"sparse_attention", [&](auto& q, auto& k, auto& v) { sparse_attention(q, k, v, pattern); }},
      {"linear_attention", [](auto& q, auto& k, auto& v) { linear_attention(q, k, v); }},
      {"causal_linear_attention", [](auto& q, auto& k, auto& v) { causal_linear_attention(q, k, v); }},
  };
  for (const auto& [name, form] : forms) {
    expect_error(ErrorKind::kInvalidArgument, name + ": Q is (2, 3) and K is (2, 4)", [&] { form(Q, wide, Q); });
    expect_error(ErrorKind::kInvalidArgument, name + ": K is (2, 3) and V is (5, 3)", [&] { form(Q, Q, more); });
    expect_error(ErrorKind::kInvalidArgument, "at least one key", [&] { form(Q, Q.topRows(0), Q.topRows(0)); });
    const bool of_one_text = name != "attention" && name != "streaming_attention" && name != "linear_attention";
    if (of_one_text) {
      expect_error(ErrorKind::kInvalidArgument, name + ": Q is (2, 3) and K is (5, 3); both must be of the same tokens",
                   [&] { form(Q, more, more); });
    } else {
      EXPECT_NO_THROW(form(Q, more, more));
    }
  }
}

TEST(AttentionForms, RefuseSizesThatMakeNoSense) {
  const Matrix X = Matrix::Zero(4, 2);
  expect_error(ErrorKind::kInvalidArgument, "sliding_window_attention: the window is 0; it must be an even number",
               [&] { sliding_window_attention(X, X, X, 0); });
  expect_error(ErrorKind::kInvalidArgument, "the window is 3", [&] { sliding_window_attention(X, X, X, 3); });
  expect_error(ErrorKind::kInvalidArgument, "streaming_attention: the block size is 0; it must be at least 1",
               [&] { streaming_attention(X, X, X, 0); });
  expect_error(ErrorKind::kInvalidArgument, "big_bird_pattern: 9 tokens in blocks of 0",
               [] { big_bird_pattern(9, {.block_size = 0}); });
  expect_error(ErrorKind::kInvalidArgument, "2 in the window", [] { big_bird_pattern(9, {.window_blocks = 2}); });
  expect_error(ErrorKind::kInvalidArgument, "0 in the window", [] { big_bird_pattern(9, {.window_blocks = 0}); });
  expect_error(ErrorKind::kInvalidArgument, "-1 global", [] { big_bird_pattern(9, {.global_blocks = -1}); });
  expect_error(ErrorKind::kInvalidArgument, "-1 random", [] { big_bird_pattern(9, {.random_blocks = -1}); });
  expect_error(ErrorKind::kInvalidArgument, "big_bird_pattern: 0 tokens", [] { big_bird_pattern(0); });
  expect_error(ErrorKind::kInvalidArgument, "the pattern has 1 blocks of 64 for 9 tokens, but Q has 4 rows",
               [&] { sparse_attention(X, X, X, big_bird_pattern(9)); });
  expect_error(ErrorKind::kInvalidArgument, "blocks of 0 for 4 tokens", [&] { sparse_attention(X, X, X, {4, 0, {}}); });
  expect_error(ErrorKind::kInvalidArgument, "the pattern reads block 2; each block's list must ascend", [&] {
    sparse_attention(X, X, X, {4, 2, {{0}, {2}}});
  });
  expect_error(ErrorKind::kInvalidArgument, "reads block -1", [&] { sparse_attention(X, X, X, {4, 2, {{-1}, {0}}}); });
  expect_error(ErrorKind::kInvalidArgument, "reads block 1;", [&] {
    sparse_attention(X, X, X, {4, 2, {{0}, {1, 1}}});
  });
  const Mask mask = Mask::padding({true});
  expect_error(ErrorKind::kInvalidArgument,
               "streaming_attention: the scores are (4, 4) and the padding mask is for (1)",
               [&] { streaming_attention(X, X, X, 2, mask); });
  expect_error(ErrorKind::kInvalidArgument, "sliding_window_attention: the scores are (4, 4)",
               [&] { sliding_window_attention(X, X, X, 2, mask); });
  expect_error(ErrorKind::kInvalidArgument, "sparse_attention: the scores are (4, 4)", [&] {
    sparse_attention(X, X, X, {4, 4, {{0}}}, mask);
  });
}

}  // namespace
}  // namespace riverbank
