#include "lib/transformer/encoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

#include "lib/transformer/attention.h"
#include "lib/transformer/multi_head_attention.h"
#include "tests/support/expect_error.h"
#include "tests/support/tiny_model.h"

namespace riverbank {
namespace {

using testing::expect_error;
using testing::tiny_config;

/// Counts and keeps what a pass shows.
struct StatesAndWeights : Observer {
  std::vector<Matrix> states;
  std::vector<Matrix> weights;
  void hidden_states(const MatrixView& H) override { states.emplace_back(H); }
  void head(const MatrixView& shown) override { weights.emplace_back(shown); }
};

std::vector<std::int32_t> some_ids(std::size_t T) {
  std::mt19937 generator(static_cast<unsigned>(T));
  std::uniform_int_distribution<std::int32_t> any(0, static_cast<std::int32_t>(tiny_config().vocabulary_size) - 1);
  std::vector<std::int32_t> ids(T);
  std::generate(ids.begin(), ids.end(), [&] { return any(generator); });
  return ids;
}

const EncoderWeights& weights() {
  static const EncoderWeights made = random_encoder_weights(tiny_config(), 3);
  return made;
}

TEST(Encoder, ShowsEveryLayerAndHead) {
  const Encoder encoder(tiny_config(), weights());
  const std::vector<std::int32_t> ids = some_ids(9);
  const std::vector<std::int32_t> types(9, 0);
  StatesAndWeights witness;
  const Matrix hidden = encoder.forward(ids, types, witness);
  ASSERT_EQ(witness.states.size(), 3U);   // embeddings and 2 layers
  ASSERT_EQ(witness.weights.size(), 6U);  // 2 layers of 3 heads
  EXPECT_EQ(witness.states.back(), hidden);
  for (const Matrix& state : witness.states) EXPECT_EQ(std::pair(state.rows(), state.cols()), std::pair(9L, 24L));
  for (const Matrix& head : witness.weights) {
    EXPECT_EQ(std::pair(head.rows(), head.cols()), std::pair(9L, 9L));
    EXPECT_TRUE(head.rowwise().sum().isApproxToConstant(1.0F, 1e-5F));
  }
}

TEST(Encoder, WatchingChangesNothing) {
  const Encoder encoder(tiny_config(), weights());
  const std::vector<std::int32_t> ids = some_ids(12);
  const std::vector<std::int32_t> types(12, 0);
  StatesAndWeights witness;
  EXPECT_EQ(encoder.forward(ids, types), encoder.forward(ids, types, witness));
}

TEST(Encoder, EveryTokenSeesEveryOther) {
  const Encoder encoder(tiny_config(), weights());
  std::vector<std::int32_t> ids = some_ids(8);
  const std::vector<std::int32_t> types(8, 0);
  const Matrix before = encoder.forward(ids, types);
  ids[7] = (ids[7] + 1) % 20;
  const Matrix after = encoder.forward(ids, types);
  for (Eigen::Index t = 0; t < 8; ++t) EXPECT_NE(before.row(t), after.row(t)) << "token " << t;
}

TEST(Encoder, TypesAndPositionsCount) {
  const Encoder encoder(tiny_config(), weights());
  const std::vector<std::int32_t> ids(6, 5);  // the same token six times
  const Matrix first = encoder.forward(ids, std::vector<std::int32_t>(6, 0));
  const Matrix second = encoder.forward(ids, std::vector<std::int32_t>(6, 1));
  EXPECT_GT((first - second).cwiseAbs().maxCoeff(), 1e-3F);
  EXPECT_GT((first.row(0) - first.row(1)).cwiseAbs().maxCoeff(), 1e-3F);
}

/// Attention has no order: without positions a permuted text gives permuted vectors; with them it does not.
TEST(Encoder, OnlyPositionsKnowTheOrder) {
  const std::vector<std::int32_t> ids = some_ids(10);
  const std::vector<std::int32_t> types(10, 0);
  std::vector<std::size_t> order(10);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937(1));
  std::vector<std::int32_t> permuted_ids(10);
  for (std::size_t t = 0; t < 10; ++t) permuted_ids[t] = ids[order[t]];

  const auto worst_difference = [&](const Encoder& encoder) {
    const Matrix plain = encoder.forward(ids, types);
    const Matrix permuted = encoder.forward(permuted_ids, types);
    float worst = 0;
    for (std::size_t t = 0; t < order.size(); ++t) {
      const auto here = static_cast<Eigen::Index>(t);
      const auto there = static_cast<Eigen::Index>(order[t]);
      worst = std::max(worst, (permuted.row(here) - plain.row(there)).cwiseAbs().maxCoeff());
    }
    return worst;
  };

  const Matrix no_positions = Matrix::Zero(tiny_config().max_positions, tiny_config().d_model);
  const EmbeddingWeights& with = weights().embeddings;
  const EncoderWeights without{
      {with.word, MatrixMap(no_positions.data(), no_positions.rows(), no_positions.cols()), with.token_type, with.norm},
      weights().layers,
      weights().storage};
  EXPECT_LT(worst_difference(Encoder(tiny_config(), without)), 1e-5F);
  EXPECT_GT(worst_difference(Encoder(tiny_config(), weights())), 1e-2F);
}

TEST(Encoder, RefusesWhatTheTablesDoNotHave) {
  const Encoder encoder(tiny_config(), weights());
  const std::vector<std::int32_t> types(3, 0);
  const std::string vocabulary = std::to_string(tiny_config().vocabulary_size);
  expect_error(ErrorKind::kInvalidArgument, "Token 1 has id 9999, but the model's table is (" + vocabulary + ", 24)",
               [&] {
                 encoder.forward(std::vector<std::int32_t>{2, 9999, 3}, types);
               });
  expect_error(ErrorKind::kInvalidArgument, "Token 2 has id -1", [&] {
    encoder.forward(std::vector<std::int32_t>{2, 4, -1}, types);
  });
  expect_error(ErrorKind::kInvalidArgument, "Token 0 has type 2", [&] {
    encoder.forward(some_ids(3), std::vector<std::int32_t>{2, 0, 0});
  });
  expect_error(ErrorKind::kInvalidArgument, "ids is (4) and type_ids is (3)",
               [&] { encoder.forward(some_ids(4), types); });
  expect_error(ErrorKind::kInvalidArgument, "ids is (0) and type_ids is (0)", [&] { encoder.forward({}, {}); });
  expect_error(ErrorKind::kInvalidArgument, "A text of 41 tokens is too long: the model has learned 40 positions",
               [&] { encoder.forward(some_ids(41), std::vector<std::int32_t>(41, 0)); });
}

TEST(Encoder, RefusesWeightsThatDoNotFit) {
  EncoderConfig config = tiny_config();
  config.num_layers = 5;
  expect_error(ErrorKind::kInvalidArgument, "the config says 5 layers, the weights have 2",
               [&] { Encoder(config, weights()); });
  config = tiny_config();
  config.num_heads = 5;
  expect_error(ErrorKind::kInvalidArgument, "d_model = 24 cannot be shared out among 5 heads",
               [&] { Encoder(config, weights()); });
  config.num_heads = 0;
  expect_error(ErrorKind::kInvalidArgument, "among 0 heads", [&] { Encoder(config, weights()); });
}

TEST(Encoder, LayersNameTheShapesThatDoNotFit) {
  const EncoderLayerWeights& layer = weights().layers[0];
  Observer nobody;
  expect_error(ErrorKind::kInvalidArgument, "MultiHeadAttention: X is (4, 7) and W_Q is (24, 24)",
               [&] { MultiHeadAttention(layer.attention, 3).forward(Matrix::Zero(4, 7), nobody); });
  expect_error(ErrorKind::kInvalidArgument, "EncoderLayer: X is (4, 7) and gamma is (24)",
               [&] { EncoderLayer(layer, tiny_config().layer()).forward(Matrix::Zero(4, 7), nobody); });
  expect_error(ErrorKind::kInvalidArgument, "FeedForward: X is (4, 7) and W_1 is (40, 24)",
               [&] { FeedForward(layer.feed_forward, Activation::kGelu).forward(Matrix::Zero(4, 7)); });

  const AttentionWeights mixed{layer.attention.query, layer.feed_forward.inner, layer.attention.value,
                               layer.attention.output};
  expect_error(ErrorKind::kInvalidArgument, "W_K is (40, 24)", [&] { MultiHeadAttention(mixed, 3); });
  const FeedForwardWeights unequal{layer.feed_forward.inner, layer.attention.query};
  expect_error(ErrorKind::kInvalidArgument, "W_1 is (40, 24) and W_2 is (24, 24)",
               [&] { FeedForward(unequal, Activation::kGelu); });
}

/// One head of d_k = d_model is plain attention between two linear maps; h heads are h of them side by side.
TEST(MultiHeadAttention, IsTheHeadsSideBySide) {
  const AttentionWeights& layer = weights().layers[1].attention;
  const Matrix X = Matrix::Random(5, 24);
  const auto map = [](const LinearWeights& linear, const Matrix& input) -> Matrix {
    return (input * linear.weight.transpose()).rowwise() + RowVector(linear.bias);
  };
  const Matrix Q = map(layer.query, X);
  const Matrix K = map(layer.key, X);
  const Matrix V = map(layer.value, X);
  Observer nobody;
  for (const Eigen::Index num_heads : {1, 2, 3, 24}) {
    const Eigen::Index d_k = 24 / num_heads;
    Matrix concatenated(5, 24);
    for (Eigen::Index head = 0; head < num_heads; ++head) {
      const Eigen::Index first = head * d_k;
      concatenated.middleCols(first, d_k) =
          attention(Q.middleCols(first, d_k), K.middleCols(first, d_k), V.middleCols(first, d_k));
    }
    const Matrix result = MultiHeadAttention(layer, num_heads).forward(X, nobody);
    EXPECT_TRUE(result.isApprox(map(layer.output, concatenated), 1e-5F)) << num_heads << " heads";
  }
}

}  // namespace
}  // namespace riverbank
