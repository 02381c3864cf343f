#include "lib/insight/frozen_layers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "lib/model/safetensors.h"
#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

constexpr Eigen::Index kWidth = 32;

EncoderConfig tiny_bert(Activation activation) {
  EncoderConfig config;
  config.num_layers = 2;
  config.d_model = kWidth;
  config.num_heads = 4;
  config.d_ff = 64;
  config.vocabulary_size = 40;
  config.max_positions = 24;
  config.num_token_types = 2;
  config.activation = activation;
  return config;
}

std::shared_ptr<const SafetensorsFile> weights_file() {
  return SafetensorsFile::open(RIVERBANK_SOURCE_DIR "/tests/golden/tiny_bert.safetensors");
}

/// What torch computed of a text after so many layers -> (T, d_model).
Matrix hidden_states(const SafetensorsFile& file, const std::string& activation, const std::string& text, int layer) {
  const TensorView* tensor = file.find("expected." + activation + "." + text + ".hidden_states");
  if (tensor == nullptr) throw std::runtime_error("no such tensor");
  const auto T = static_cast<Eigen::Index>(tensor->bytes.size() / sizeof(float)) / kWidth / 3;
  Matrix states(T, kWidth);
  const auto bytes = static_cast<std::size_t>(states.size()) * sizeof(float);
  std::memcpy(states.data(), tensor->bytes.data() + static_cast<std::size_t>(layer) * bytes, bytes);
  return states;
}

RowVector direction() {
  RowVector direction(kWidth);
  for (Eigen::Index i = 0; i < kWidth; ++i) direction[i] = static_cast<float>(std::sin(static_cast<double>(i + 1)));
  return direction.normalized();
}

/// tests/golden/make_token_shares_golden.py: torch's automatic differentiation, in double precision.
TEST(FrozenLayers, GiveTheSharesThatTorchDifferentiates) {
  std::ifstream golden(RIVERBANK_SOURCE_DIR "/tests/golden/token_shares.json");
  const auto file = weights_file();
  double worst = 0;
  int cases = 0;
  for (const auto& expected : nlohmann::json::parse(golden)) {
    const std::string name = expected.at("activation");
    const Activation activation = name == "relu"   ? Activation::kRelu
                                  : name == "gelu" ? Activation::kGelu
                                                   : Activation::kGeluTanh;
    const EncoderConfig config = tiny_bert(activation);
    const EncoderWeights weights = load_encoder_weights(file, config);
    const int first = expected.at("first");
    const FrozenLayers layers(config, weights, static_cast<std::size_t>(first));
    const auto pass = layers.run(hidden_states(*file, name, expected.at("text"), first));
    const auto shares = layers.shares(pass, direction());

    const std::vector<double> tokens = expected.at("tokens");
    ASSERT_EQ(shares.tokens.size(), tokens.size());
    for (std::size_t t = 0; t < tokens.size(); ++t) worst = std::max(worst, std::abs(shares.tokens[t] - tokens[t]));
    worst = std::max(worst, std::abs(shares.constant - expected.at("constant").get<double>()));
    worst = std::max(worst, std::abs(direction().dot(pass.vector) - expected.at("cosine").get<double>()));
    ++cases;
  }
  EXPECT_EQ(cases, 12);
  std::cout << "  worst difference from torch: " << worst << '\n';
  EXPECT_LT(worst, 2e-6);
}

TEST(FrozenLayers, SharesAndConstantAddUpToTheCosine) {
  const EncoderConfig config = tiny_bert(Activation::kGelu);
  const auto file = weights_file();
  const EncoderWeights weights = load_encoder_weights(file, config);
  const FrozenLayers layers(config, weights, 0);
  for (int i = 0; i < 20; ++i) {
    const Matrix X = Matrix::Random(1 + i, kWidth);
    const auto pass = layers.run(X);
    const auto shares = layers.shares(pass, direction());
    const double sum = std::accumulate(shares.tokens.begin(), shares.tokens.end(), shares.constant);
    EXPECT_NEAR(sum, direction().cast<double>().dot(pass.vector.cast<double>()), 1e-6);
  }
  testing::expect_error(ErrorKind::kInvalidArgument, "none from 2 on", [&] { FrozenLayers(config, weights, 2); });
}

}  // namespace
}  // namespace riverbank
