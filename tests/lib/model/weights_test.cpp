#include "lib/model/weights.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "lib/model/safetensors.h"
#include "tests/support/expect_error.h"
#include "tests/support/model_folder.h"
#include "tests/support/temporary_folder.h"

namespace riverbank {
namespace {

using testing::checkpoint_tensors;
using testing::expect_error;
using testing::tiny_config;
using Tensors = std::map<std::string, TensorView, std::less<>>;

void expect_equal(const EncoderWeights& a, const EncoderWeights& b) {
  const Tensors left = checkpoint_tensors(a);
  const Tensors right = checkpoint_tensors(b);
  ASSERT_EQ(left.size(), right.size());
  for (const auto& [name, view] : left) {
    EXPECT_EQ(view.shape, right.at(name).shape) << name;
    EXPECT_TRUE(std::ranges::equal(view.bytes, right.at(name).bytes)) << name;
  }
}

/// A checkpoint of random weights that a test may spoil before it is written.
class WeightsTest : public ::testing::Test {
 protected:
  WeightsTest() : config_(tiny_config()), weights_(random_encoder_weights(config_, 5)) {
    tensors_ = checkpoint_tensors(weights_);
  }

  EncoderWeights load() const {
    const auto path = folder_.path() / "model.safetensors";
    write_safetensors(path, tensors_);
    return load_encoder_weights(SafetensorsFile::open(path), config_);
  }
  void rename(const std::string& from, const std::string& to) {
    auto node = tensors_.extract(from);
    ASSERT_FALSE(node.empty()) << from;
    node.key() = to;
    tensors_.insert(std::move(node));
  }

  testing::TemporaryFolder folder_;
  EncoderConfig config_;
  EncoderWeights weights_;
  Tensors tensors_;
};

TEST_F(WeightsTest, ComeBackBitForBit) { expect_equal(load(), weights_); }

TEST_F(WeightsTest, StayInTheMappedFile) {
  const auto path = folder_.path() / "model.safetensors";
  write_safetensors(path, tensors_);
  const auto file = SafetensorsFile::open(path);
  const EncoderWeights loaded = load_encoder_weights(file, config_);
  const auto* mapped = file->find("encoder.layer.1.output.dense.weight")->bytes.data();
  EXPECT_EQ(static_cast<const void*>(loaded.layers[1].feed_forward.outer.weight.data()),
            static_cast<const void*>(mapped));
}

TEST_F(WeightsTest, MayHaveBertInFrontAndAHeadBehind) {
  tensors_ = checkpoint_tensors(weights_, "bert.");
  tensors_["cls.predictions.bias"] = tensors_["bert.embeddings.LayerNorm.bias"];
  tensors_["bert.pooler.dense.bias"] = tensors_["bert.embeddings.LayerNorm.bias"];
  expect_equal(load(), weights_);
}

TEST_F(WeightsTest, MayHaveTheOldNamesOfLayerNorms) {
  rename("embeddings.LayerNorm.weight", "embeddings.LayerNorm.gamma");
  rename("embeddings.LayerNorm.bias", "embeddings.LayerNorm.beta");
  rename("encoder.layer.1.output.LayerNorm.weight", "encoder.layer.1.output.LayerNorm.gamma");
  rename("encoder.layer.1.output.LayerNorm.bias", "encoder.layer.1.output.LayerNorm.beta");
  expect_equal(load(), weights_);
}

TEST_F(WeightsTest, AreCopiedWhenTheyLieAskew) {
  const std::string path = (folder_.path() / "model.safetensors").string();
  write_safetensors(path, tensors_);
  // One byte more in the header moves every tensor off its alignment.
  std::string bytes = read_file(path, 1U << 20U);
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), sizeof header);
  ++header;
  std::memcpy(bytes.data(), &header, sizeof header);
  bytes.insert(sizeof header + header - 1, " ");
  folder_.write("model.safetensors", bytes);
  expect_equal(load_encoder_weights(SafetensorsFile::open(path), config_), weights_);
}

TEST_F(WeightsTest, RefuseAMissingTensorByName) {
  for (const char* name : {"embeddings.token_type_embeddings.weight", "encoder.layer.0.attention.self.key.bias",
                           "encoder.layer.1.output.LayerNorm.weight"}) {
    auto node = tensors_.extract(name);
    expect_error(ErrorKind::kCorrupt, "tensor \"" + std::string(name) + "\" of shape (", [&] { load(); });
    tensors_.insert(std::move(node));
  }
}

TEST_F(WeightsTest, RefuseAnotherShapeByNameAndShapes) {
  config_.d_ff = 48;
  expect_error(ErrorKind::kCorrupt,
               "tensor \"encoder.layer.0.intermediate.dense.weight\" has the shape (40, 24), but config.json asks for "
               "(48, 24)",
               [&] { load(); });
  config_ = tiny_config();
  config_.num_layers = 3;
  expect_error(ErrorKind::kCorrupt, "\"encoder.layer.2.attention.self.query.weight\" of shape (24, 24) is missing",
               [&] { load(); });
  config_.num_layers = 1;
  expect_error(ErrorKind::kCorrupt, "but config.json says num_hidden_layers 1", [&] { load(); });
  config_ = tiny_config();
  tensors_["embeddings.word_embeddings.weight"].shape = {config_.d_model, config_.vocabulary_size};
  expect_error(ErrorKind::kCorrupt, "\"embeddings.word_embeddings.weight\" has the shape (24, ", [&] { load(); });
}

TEST_F(WeightsTest, RefuseOtherTypesByName) {
  const std::vector<std::byte> bytes(24);
  tensors_["embeddings.LayerNorm.bias"] = {DataType::kInt8, {24}, bytes};
  expect_error(ErrorKind::kUnsupported, "tensor \"embeddings.LayerNorm.bias\" has the dtype I8", [&] { load(); });
}

/// The values of IEEE 754 binary16 and of bfloat16 by their definitions, not by any conversion of ours.
float value_of(std::uint16_t bits, int exponent_bits) {
  const int mantissa_bits = 15 - exponent_bits;
  const int exponent = (bits >> mantissa_bits) & ((1 << exponent_bits) - 1);
  const int mantissa = bits & ((1 << mantissa_bits) - 1);
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const double sign = (bits & 0x8000U) != 0 ? -1.0 : 1.0;
  const double scale = std::ldexp(1.0, -mantissa_bits);
  if (exponent == (1 << exponent_bits) - 1) {
    return mantissa == 0 ? static_cast<float>(sign) * std::numeric_limits<float>::infinity() : std::nanf("");
  }
  const double magnitude =
      exponent == 0 ? std::ldexp(mantissa * scale, 1 - bias) : std::ldexp(1.0 + mantissa * scale, exponent - bias);
  return static_cast<float>(sign * magnitude);
}

TEST_F(WeightsTest, ReadEveryFloat16AndBfloat16) {
  config_.vocabulary_size = 65'536 / 16;
  config_.d_model = 16;
  config_.num_heads = 2;
  config_.num_layers = 0;
  const EncoderWeights others = random_encoder_weights(config_, 1);
  std::vector<std::uint16_t> all(65'536);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
  for (const auto& [type, exponent_bits] : {std::pair(DataType::kFloat16, 5), std::pair(DataType::kBFloat16, 8)}) {
    tensors_ = checkpoint_tensors(others);
    tensors_["embeddings.word_embeddings.weight"] = {type, {4096, 16}, std::as_bytes(std::span(all))};
    const EncoderWeights loaded = load();
    for (std::size_t i = 0; i < all.size(); ++i) {
      const float read = loaded.embeddings.word.data()[i];
      const float expected = value_of(all[i], exponent_bits);
      if (std::isnan(expected)) {
        ASSERT_TRUE(std::isnan(read)) << i;
      } else {
        ASSERT_EQ(read, expected) << i;
      }
    }
  }
}

TEST_F(WeightsTest, AreTheSameForASeedAndOthersForAnother) {
  expect_equal(random_encoder_weights(config_, 5), weights_);
  EXPECT_NE(random_encoder_weights(config_, 6).embeddings.word, weights_.embeddings.word);
  EXPECT_NE(weights_.layers[0].attention.query.weight, weights_.layers[1].attention.query.weight);
  EXPECT_NEAR(weights_.embeddings.norm.gamma.mean(), 1.0F, 0.05F);
  EXPECT_TRUE((weights_.layers[0].feed_forward.outer.bias.array() != 0.0F).all());
}

TEST_F(WeightsTest, LiveAsLongAsACopyOfThem) {
  EncoderWeights kept = [&] { return load(); }();
  const EncoderWeights copy = kept;
  { const EncoderWeights gone = std::move(kept); }
  expect_equal(copy, weights_);
}

}  // namespace
}  // namespace riverbank
