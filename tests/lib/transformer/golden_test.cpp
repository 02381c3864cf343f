#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "lib/model/safetensors.h"
#include "lib/model/weights.h"
#include "lib/transformer/encoder.h"
#include "lib/transformer/trace_recorder.h"

namespace riverbank {
namespace {

// The weights, inputs and expected values of tests/golden/make_tiny_bert_golden.py: torch's, not ours.

struct Variant {
  const char* name;
  Activation activation;
};

void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.name; }

class TinyBert : public ::testing::TestWithParam<std::tuple<Variant, const char*>> {
 protected:
  static std::shared_ptr<const SafetensorsFile> file() {
    return SafetensorsFile::open(RIVERBANK_SOURCE_DIR "/tests/golden/tiny_bert.safetensors");
  }

  template <typename T>
  static std::vector<T> values(const SafetensorsFile& golden, const std::string& name) {
    const TensorView* tensor = golden.find(name);
    if (tensor == nullptr) throw std::runtime_error("no tensor " + name);
    std::vector<T> result(tensor->bytes.size() / sizeof(T));
    std::memcpy(result.data(), tensor->bytes.data(), tensor->bytes.size());
    return result;
  }

  static float worst_difference(const std::vector<float>& got, const std::vector<float>& expected) {
    EXPECT_EQ(got.size(), expected.size());
    float worst = 0;
    for (std::size_t i = 0; i < std::min(got.size(), expected.size()); ++i) {
      worst = std::max(worst, std::abs(got[i] - expected[i]));
    }
    return worst;
  }
};

TEST_P(TinyBert, EveryLayerAndHeadAsTorchComputesThem) {
  const auto& [variant, input] = GetParam();
  EncoderConfig config;
  config.num_layers = 2;
  config.d_model = 32;
  config.num_heads = 4;
  config.d_ff = 64;
  config.vocabulary_size = 40;
  config.max_positions = 24;
  config.num_token_types = 2;
  config.activation = variant.activation;
  const auto golden = file();
  const Encoder encoder(config, load_encoder_weights(golden, config));

  Trace trace;
  TraceRecorder recorder(trace);
  const std::string name = fmt::format("input.{}", input);
  encoder.forward(values<std::int32_t>(*golden, name + ".ids"), values<std::int32_t>(*golden, name + ".type_ids"),
                  recorder);

  const std::string expected = fmt::format("expected.{}.{}", variant.name, input);
  const float states = worst_difference(trace.hidden_states, values<float>(*golden, expected + ".hidden_states"));
  const float attention = worst_difference(trace.attention, values<float>(*golden, expected + ".attention"));
  fmt::print("worst difference: hidden states {:.2g}, attention {:.2g}\n", states, attention);
  EXPECT_LT(states, 1e-5F);
  EXPECT_LT(attention, 1e-5F);
}

/// The three activations differ by more than the tolerance, so that none can stand in for another.
TEST_F(TinyBert, TheGoldenTellsTheActivationsApart) {
  const auto golden = file();
  const auto of = [&](const char* activation) {
    return values<float>(*golden, fmt::format("expected.{}.pair.hidden_states", activation));
  };
  EXPECT_GT(worst_difference(of("gelu"), of("gelu_new")), 1e-4F);
  EXPECT_GT(worst_difference(of("gelu"), of("relu")), 1e-2F);
}

INSTANTIATE_TEST_SUITE_P(
    All, TinyBert,
    ::testing::Combine(::testing::Values(Variant{"gelu", Activation::kGelu}, Variant{"gelu_new", Activation::kGeluTanh},
                                         Variant{"relu", Activation::kRelu}),
                       ::testing::Values("single", "pair")),
    [](const auto& test) { return fmt::format("{}_{}", std::get<0>(test.param).name, std::get<1>(test.param)); });

}  // namespace
}  // namespace riverbank
