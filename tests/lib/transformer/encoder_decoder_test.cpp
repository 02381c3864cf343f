// Cross-attention, the decoder and the whole of figure 1, held to torch.nn's own.

#include "lib/transformer/encoder_decoder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "lib/transformer/decoder_layer.h"
#include "lib/transformer/multi_head_attention.h"
#include "tests/lib/transformer/matrices.h"
#include "tests/lib/transformer/tiny_encoder_decoder.h"
#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using testing::expect_error;
using testing::golden_ids;
using testing::golden_rows;
using testing::tiny_encoder_decoder;
using testing::tiny_encoder_decoder_config;
using testing::tiny_encoder_decoder_weights;

constexpr Eigen::Index kHeads = 4;

/// All heads' weights, one under the other.
struct StatesAndRows : Observer {
  Matrix rows;
  std::vector<Matrix> states;
  void hidden_states(const MatrixView& H) override { states.emplace_back(H); }
  void head(const MatrixView& weights) override {
    const Eigen::Index before = rows.rows();
    rows.conservativeResize(before + weights.rows(), weights.cols());
    rows.bottomRows(weights.rows()) = weights;
  }
};

void expect_torch(const Matrix& got, const std::string& name) {
  const float worst = testing::worst_difference(got, golden_rows(name));
  fmt::print("worst difference from torch: {} {:.2g}\n", name, worst);
  EXPECT_LT(worst, 1e-5F) << name;
}

TEST(CrossAttention, AsTorchComputesIt) {
  const MultiHeadAttention attention(tiny_encoder_decoder_weights().decoder[0].cross_attention, kHeads);
  StatesAndRows witness;
  expect_torch(attention.forward(golden_rows("input.X"), golden_rows("input.Y"), {}, witness),
               "expected.cross_attention");
  expect_torch(witness.rows, "expected.cross_attention.weights");
}

/// Where the keys and values come from is all that makes it self-attention.
TEST(CrossAttention, OfATextWithItselfIsSelfAttention) {
  const MultiHeadAttention attention(tiny_encoder_decoder_weights().decoder[1].cross_attention, kHeads);
  const Matrix X = golden_rows("input.X");
  Observer nobody;
  EXPECT_EQ(attention.forward(X, X, {}, nobody), attention.forward(X, nobody));
}

TEST(CrossAttention, NamesTheShapesThatDoNotFit) {
  const MultiHeadAttention attention(tiny_encoder_decoder_weights().decoder[0].cross_attention, kHeads);
  Observer nobody;
  expect_error(ErrorKind::kInvalidArgument, "MultiHeadAttention: X is (3, 7) and W_Q is (16, 16)",
               [&] { attention.forward(Matrix::Zero(3, 7), Matrix::Zero(5, 16), {}, nobody); });
  expect_error(ErrorKind::kInvalidArgument, "MultiHeadAttention: Y is (5, 7) and W_K is (16, 16)",
               [&] { attention.forward(Matrix::Zero(3, 16), Matrix::Zero(5, 7), {}, nobody); });
  expect_error(ErrorKind::kInvalidArgument, "d_model = 16 cannot be shared out among 3 heads",
               [] { MultiHeadAttention(tiny_encoder_decoder_weights().decoder[0].cross_attention, 3); });
  expect_error(ErrorKind::kInvalidArgument, "MultiHeadAttention: X is (3, 16), K is (5, 16) and V is (4, 16)", [&] {
    attention.attend(Matrix::Zero(3, 16), {Matrix::Zero(5, 16), Matrix::Zero(4, 16)}, {}, nobody);
  });
  expect_error(ErrorKind::kInvalidArgument, "MultiHeadAttention: X is (3, 16), K is (5, 7) and V is (5, 7)", [&] {
    attention.attend(Matrix::Zero(3, 16), {Matrix::Zero(5, 7), Matrix::Zero(5, 7)}, {}, nobody);
  });
  KeysAndValues kept = attention.keys_and_values(Matrix::Zero(2, 16));
  expect_error(ErrorKind::kInvalidArgument, "K is (2, 16) and the further keys are (1, 3)", [&] {
    kept.append({Matrix::Zero(1, 3), Matrix::Zero(1, 3)});
  });
}

TEST(DecoderLayer, AsTorchComputesIt) {
  const DecoderLayer layer(tiny_encoder_decoder_weights().decoder[1], tiny_encoder_decoder_config().layer());
  DecoderLayer::Cache cache = layer.start(golden_rows("input.Y"));
  Observer nobody;
  expect_torch(layer.forward(golden_rows("input.X"), cache, {nobody, nobody}), "expected.decoder_layer");
}

TEST(DecoderLayer, NamesTheShapesThatDoNotFit) {
  const DecoderLayer layer(tiny_encoder_decoder_weights().decoder[0], tiny_encoder_decoder_config().layer());
  Observer nobody;
  expect_error(ErrorKind::kInvalidArgument, "DecoderLayer: M is (5, 7) and gamma is (16)",
               [&] { layer.start(Matrix::Zero(5, 7)); });
  DecoderLayer::Cache cache = layer.start(Matrix::Zero(5, 16));
  expect_error(ErrorKind::kInvalidArgument, "DecoderLayer: Y is (2, 7) and the source's keys are (5, 16)", [&] {
    layer.forward(Matrix::Zero(2, 7), cache, {nobody, nobody});
  });
  EXPECT_EQ(cache.target.K.rows(), 0);
  DecoderLayer::Cache empty;
  expect_error(ErrorKind::kInvalidArgument, "the source's keys are missing", [&] {
    layer.forward(Matrix::Zero(2, 16), empty, {nobody, nobody});
  });
}

TEST(EncoderDecoder, AsTorchComputesIt) {
  const Matrix M = tiny_encoder_decoder().encode(golden_ids("input.source"));
  expect_torch(M, "expected.memory");
  Decoder::State state = tiny_encoder_decoder().decoder().start(M);
  StatesAndRows self;
  StatesAndRows cross;
  const Matrix logits = tiny_encoder_decoder().decoder().forward(golden_ids("input.target"), state, {self, cross});
  expect_torch(logits, "expected.logits");
  expect_torch(cross.rows, "expected.cross");
  ASSERT_EQ(self.states.size(), 3U);  // embeddings and 2 layers
  const MatrixMap& table = tiny_encoder_decoder_weights().target_embedding;
  EXPECT_TRUE(logits.isApprox(self.states.back() * table.transpose(), 1e-5F));
  EXPECT_EQ(self.rows.rows(), 2 * kHeads * logits.rows());
}

/// What stands later in the target changes nothing earlier, bit for bit.
TEST(EncoderDecoder, NeverLooksAhead) {
  const Decoder& decoder = tiny_encoder_decoder().decoder();
  const Matrix M = tiny_encoder_decoder().encode(golden_ids("input.source"));
  std::vector<std::int32_t> ids = golden_ids("input.target");
  Decoder::State state = decoder.start(M);
  const Matrix before = decoder.forward(ids, state);
  const auto last = static_cast<Eigen::Index>(ids.size()) - 1;
  ids.back() = (ids.back() + 1) % 6;
  state = decoder.start(M);
  const Matrix after = decoder.forward(ids, state);
  EXPECT_EQ(before.topRows(last), after.topRows(last));
  EXPECT_NE(before.row(last), after.row(last));
}

/// Every word of the source counts, and so does its place.
TEST(EncoderDecoder, EveryTargetTokenSeesTheWholeSource) {
  const auto logits_of = [](const std::vector<std::int32_t>& source) {
    Decoder::State state = tiny_encoder_decoder().decoder().start(tiny_encoder_decoder().encode(source));
    return tiny_encoder_decoder().decoder().forward(golden_ids("input.target"), state);
  };
  const Matrix plain = logits_of({3, 8, 5, 0});
  for (const std::vector<std::int32_t>& other : {std::vector<std::int32_t>{3, 8, 5, 1}, {8, 3, 5, 0}}) {
    const Matrix changed = logits_of(other);
    for (Eigen::Index t = 0; t < plain.rows(); ++t) EXPECT_NE(plain.row(t), changed.row(t)) << "token " << t;
  }
}

TEST(EncoderDecoder, RefusesWhatItDoesNotHave) {
  const EncoderDecoder& model = tiny_encoder_decoder();
  expect_error(ErrorKind::kInvalidArgument, "A text of 17 tokens is too long: the model has 16 positions",
               [&] { model.encode(std::vector<std::int32_t>(17, 1)); });
  expect_error(ErrorKind::kInvalidArgument, "Token 1 has id 9, but the model's table is (9, 16)", [&] {
    model.encode(std::vector<std::int32_t>{2, 9});
  });
  expect_error(ErrorKind::kInvalidArgument, "ids is (0)", [&] { model.encode({}); });
  expect_error(ErrorKind::kInvalidArgument, "the encoded source is (4, 7) and the target's embedding table is (6, 16)",
               [&] { model.decoder().start(Matrix::Zero(4, 7)); });
  expect_error(ErrorKind::kInvalidArgument, "the encoded source is (0, 16)",
               [&] { model.decoder().start(Matrix(0, 16)); });

  Decoder::State state = model.decoder().start(Matrix::Zero(3, 16));
  model.decoder().forward(std::vector<std::int32_t>(15, 2), state);
  expect_error(ErrorKind::kInvalidArgument, "A text of 17 tokens is too long",
               [&] { model.decoder().forward(std::vector<std::int32_t>(2, 2), state); });
  EXPECT_EQ(model.decoder().forward(std::vector<std::int32_t>{2}, state).rows(), 1);  // a refusal changed nothing
  Decoder::State other;
  expect_error(ErrorKind::kInvalidArgument, "the state has 0 layers and the decoder 2",
               [&] { model.decoder().forward(std::vector<std::int32_t>{2}, other); });
}

TEST(EncoderDecoder, RefusesWeightsOfAnotherModel) {
  EncoderDecoderConfig config = tiny_encoder_decoder_config();
  config.num_decoder_layers = 1;
  expect_error(ErrorKind::kInvalidArgument, "the config says 2 + 1 layers, the weights have 2 + 2",
               [&] { EncoderDecoder(config, tiny_encoder_decoder_weights()); });
  const auto load = [&] { load_encoder_decoder_weights(testing::encoder_decoder_golden(), config); };
  expect_error(ErrorKind::kCorrupt, "but config.json says num_decoder_layers 1", load);
  config.num_decoder_layers = 3;
  expect_error(ErrorKind::kCorrupt, "tensor \"decoder.2.self_attention.query.weight\" of shape (16, 16) is missing",
               load);
  config = tiny_encoder_decoder_config();
  config.d_ff = 32;
  expect_error(ErrorKind::kCorrupt,
               "\"encoder.0.feed_forward.inner.weight\" has the shape (24, 16), but config.json asks for (32, 16)",
               load);
  const auto bert = SafetensorsFile::open(RIVERBANK_SOURCE_DIR "/tests/golden/tiny_bert.safetensors");
  expect_error(ErrorKind::kCorrupt, "tensor \"source_embedding.weight\" of shape (9, 16) is missing",
               [&] { load_encoder_decoder_weights(bert, tiny_encoder_decoder_config()); });
}

}  // namespace
}  // namespace riverbank
