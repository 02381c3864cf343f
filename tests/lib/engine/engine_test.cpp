#include "lib/engine/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "lib/base/parallel.h"
#include "lib/math/cpu.h"
#include "lib/math/kernels.h"
#include "lib/transformer/encoder.h"
#include "tests/lib/engine/reference.h"
#include "tests/support/environment.h"
#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using testing::EnvironmentVariable;
using testing::expect_error;
using testing::RandomBatch;
using testing::RandomModel;

EncoderConfig config_of(std::int64_t layers, std::int64_t d_model, std::int64_t heads, std::int64_t d_ff,
                        Activation activation = Activation::kGelu) {
  return {.model_type = "bert",
          .num_layers = layers,
          .d_model = d_model,
          .num_heads = heads,
          .d_ff = d_ff,
          .vocabulary_size = 97,
          .max_positions = 640,
          .num_token_types = 3,
          .activation = activation,
          .layer_norm_epsilon = 1e-12F};
}

struct Form {
  std::string instruction_set;
  Precision precision;
};

std::vector<Form> all_forms() {
  std::vector<Form> forms;
  for (const InstructionSet set : supported_instruction_sets()) {
    for (const Precision precision : supported_precisions(set))
      forms.push_back({std::string(to_string(set)), precision});
  }
  return forms;
}

std::ostream& operator<<(std::ostream& out, const Form& form) {
  return out << form.instruction_set << '_' << to_string(form.precision);
}

class EngineOn : public ::testing::TestWithParam<Form> {
 protected:
  EngineOptions options(int threads) const {
    return {.instruction_set = GetParam().instruction_set, .precision = GetParam().precision, .threads = threads};
  }

  Engine engine(const RandomModel& model, int threads = 1) const {
    Engine made(model.config(), model.weights(), options(threads));
    EXPECT_EQ(made.instruction_set(), GetParam().instruction_set);
    EXPECT_EQ(made.precision(), GetParam().precision);
    EXPECT_EQ(made.threads(), threads);
    return made;
  }

  /// The most that a hidden state may be off. They are of size 1 (layer norm): float32 keeps 6e-8 of that, bfloat16
  /// 2e-3, int8 a 255th of a row's range, and errors grow with the layers.
  double tolerance() const {
    switch (GetParam().precision) {
      case Precision::kFloat32:
        return 5e-6;
      case Precision::kBFloat16:
        return 0.04;
      case Precision::kInt8:
        return GetParam().instruction_set == "avx2" ? 0.3 : 0.15;
    }
    return 0;
  }

  /// The largest difference between the engine's hidden states and the plain encoder's.
  double worst_difference(const RandomModel& model, const std::vector<std::size_t>& lengths) const {
    const RandomBatch batch(model.config(), lengths, 11);
    const Matrix hidden = engine(model).forward(batch.view());
    double worst = 0;
    for (std::size_t i = 0; i < batch.texts(); ++i) {
      const RandomBatch one = batch.alone(i);
      if (one.ids.empty()) continue;
      const auto expected = testing::reference_forward(model, one.ids, one.types);
      const auto rows = hidden.middleRows(static_cast<Eigen::Index>(batch.starts[i]), expected.rows());
      worst = std::max(worst, (rows.cast<double>() - expected).cwiseAbs().maxCoeff());
      EXPECT_TRUE(rows.allFinite());
    }
    return worst;
  }
};

INSTANTIATE_TEST_SUITE_P(All, EngineOn, ::testing::ValuesIn(all_forms()),
                         [](const auto& form) { return (std::ostringstream() << form.param).str(); });

TEST_P(EngineOn, ComputesWhatThePlainEncoderDoes) {
  const std::vector<std::size_t> lengths{1, 2, 5, 16, 33, 0, 70, 17};
  double worst = 0;
  for (const Activation activation : {Activation::kGelu, Activation::kGeluTanh, Activation::kRelu}) {
    worst = std::max(worst, worst_difference(RandomModel(config_of(3, 64, 2, 128, activation), 1), lengths));
  }
  std::cout << GetParam() << ": worst difference " << worst << '\n';
  EXPECT_LT(worst, tolerance());
}

TEST_P(EngineOn, ComputesWhatTheReadableEncoderDoes) {
  EncoderConfig config = config_of(4, 128, 4, 512);
  const EncoderWeights weights = random_encoder_weights(config, 21);
  const Encoder encoder(config, weights);
  Engine made(config, weights, options(2));
  const RandomBatch batch(config, {1, 9, 128, 30, 300}, 22);
  const Matrix hidden = made.forward(batch.view());
  float worst = 0;
  for (std::size_t i = 0; i < batch.texts(); ++i) {
    const RandomBatch one = batch.alone(i);
    const Matrix expected = encoder.forward(one.ids, one.types);
    const auto rows = hidden.middleRows(static_cast<Eigen::Index>(batch.starts[i]), expected.rows());
    worst = std::max(worst, (rows - expected).cwiseAbs().maxCoeff());
  }
  std::cout << GetParam() << ": worst difference to lib/transformer " << worst << '\n';
  EXPECT_LT(worst, 2 * tolerance());
}

TEST_P(EngineOn, ShowsEveryLayerOfTheReadableEncoder) {
  struct Layers : Observer {
    void hidden_states(const MatrixView& H) override { seen.emplace_back(H); }
    std::vector<Matrix> seen;
  };
  const EncoderConfig config = config_of(4, 96, 3, 128);
  const EncoderWeights weights = random_encoder_weights(config, 23);
  const Encoder encoder(config, weights);
  Engine made(config, weights, options(2));
  const RandomBatch batch(config, {1, 40, 0, 90}, 24);
  std::vector<Matrix> shown;
  made.forward_layers(batch.view(), [&](std::size_t after_layers, const MatrixView& hidden) {
    EXPECT_EQ(after_layers, shown.size());
    shown.emplace_back(hidden);
  });
  ASSERT_EQ(shown.size(), 5U);
  EXPECT_EQ(shown.back(), made.forward(batch.view()));
  for (const std::size_t i : {0U, 1U, 3U}) {
    const RandomBatch one = batch.alone(i);
    Layers layers;
    encoder.forward(one.ids, one.types, layers);
    for (std::size_t layer = 0; layer < shown.size(); ++layer) {
      const auto rows = shown[layer].middleRows(static_cast<Eigen::Index>(batch.starts[i]), layers.seen[layer].rows());
      EXPECT_LT((rows - layers.seen[layer]).cwiseAbs().maxCoeff(), 2 * tolerance())
          << "text " << i << " layer " << layer;
    }
  }
  made.forward_layers(RandomBatch(config, {}, 1).view(), [](std::size_t, const MatrixView&) { FAIL(); });
  for (const std::size_t layers : {0U, 1U, 3U, 4U, 9U}) {  // no further than it was told
    std::size_t seen = 0;
    const auto same = [&](std::size_t after_layers, const MatrixView& hidden) {
      EXPECT_EQ(after_layers, seen);
      EXPECT_EQ(Matrix(hidden), shown[seen++]);
    };
    made.forward_layers(batch.view(), same, layers);
    EXPECT_EQ(seen, std::min<std::size_t>(layers, 4) + 1);
  }
}

TEST_P(EngineOn, ComputesModelsOfOddSizes) {
  struct Sizes {
    std::int64_t d_model, heads, d_ff;
  };
  for (const auto [d_model, heads, d_ff] :
       {Sizes{24, 3, 37}, Sizes{40, 5, 1}, Sizes{80, 1, 33}, Sizes{64, 1, 255}, Sizes{160, 2, 100}, Sizes{7, 1, 5},
        Sizes{1, 1, 1}, Sizes{36, 12, 63}, Sizes{96, 3, 129}, Sizes{90, 2, 64}}) {
    const double worst = worst_difference(RandomModel(config_of(2, d_model, heads, d_ff), 2), {3, 1, 40, 29});
    std::cout << GetParam() << ": d_model " << d_model << ", worst difference " << worst << '\n';
    EXPECT_LT(worst, tolerance()) << d_model;
  }
}

TEST_P(EngineOn, ComputesTextsOfAnyLength) {
  const RandomModel model(config_of(2, 48, 3, 80), 3);
  const double worst = worst_difference(model, {600, 1, 255, 256, 257, 31, 32, 33, 512, 15, 640, 13, 14, 127});
  std::cout << GetParam() << ": worst difference " << worst << '\n';
  EXPECT_LT(worst, tolerance());
  for (std::size_t length = 1; length < 70; ++length) {
    EXPECT_LT(worst_difference(model, {length}), tolerance()) << length;
  }
}

TEST_P(EngineOn, GivesATextTheSameBitsAloneInAnyBatchAndWithAnyThreads) {
  const RandomModel model(config_of(2, 96, 3, 100), 4);
  std::vector<std::size_t> lengths{300, 0, 7, 1, 64, 65, 20, 0, 530};
  for (std::size_t i = 0; i < 60; ++i) lengths.push_back(1 + i * 7 % 31);
  const RandomBatch batch(model.config(), lengths, 12);
  Engine alone = engine(model);
  Matrix expected(static_cast<Eigen::Index>(batch.ids.size()), 96);
  for (std::size_t i = 0; i < batch.texts(); ++i) {
    expected.middleRows(static_cast<Eigen::Index>(batch.starts[i]), static_cast<Eigen::Index>(lengths[i])) =
        alone.forward(batch.alone(i).view());
  }
  for (const int threads : {1, 2, 3, 7}) {
    Engine together = engine(model, threads);
    EXPECT_EQ(together.forward(batch.view()), expected) << threads;
    EXPECT_EQ(together.forward(batch.view()), expected) << threads << ", again";
  }
}

TEST_P(EngineOn, AnswersAFirstQuestionWithTheSameBitsAsLaterOnes) {
  const RandomModel model(config_of(3, 64, 2, 128), 5);
  const RandomBatch question(model.config(), {20}, 13);
  for (const int threads : {1, 4}) {
    Engine cold = engine(model, threads);
    const Matrix first = cold.forward(question.view());
    EXPECT_EQ(cold.forward(question.view()), first);
    EXPECT_EQ(cold.forward(RandomBatch(model.config(), {200, 300}, 14).view()).rows(), 500);
    EXPECT_EQ(cold.forward(question.view()), first);
  }
}

TEST_P(EngineOn, GivesFirstTokensTheSameBitsAsAll) {
  for (const std::int64_t layers : {1, 3}) {
    for (const std::int64_t d_model : {96, 40}) {
      const RandomModel model(config_of(layers, d_model, 4, 70), 6);
      for (const auto& lengths :
           {std::vector<std::size_t>{1}, {9, 1, 30}, {300, 2, 5, 600, 1, 44}, {256, 250, 7, 300, 280, 1, 256, 255}}) {
        const RandomBatch batch(model.config(), lengths, 15);
        for (const int threads : {1, 3}) {
          Engine made = engine(model, threads);
          const Matrix first = made.forward_cls(batch.view()), all = made.forward(batch.view());
          ASSERT_EQ(first.rows(), static_cast<Eigen::Index>(lengths.size()));
          for (std::size_t i = 0; i < lengths.size(); ++i) {
            EXPECT_EQ(first.row(static_cast<Eigen::Index>(i)), all.row(static_cast<Eigen::Index>(batch.starts[i])));
          }
        }
      }
    }
  }
}

// Equal vectors would mean that a name was taken and something else was run.
TEST(EngineForms, AreProgramsOfTheirOwn) {
  const RandomModel model(config_of(2, 64, 2, 128), 10);
  const RandomBatch batch(model.config(), {30, 5}, 18);
  for (const InstructionSet set : supported_instruction_sets()) {
    const std::string name(to_string(set));
    const Matrix exact = Engine(model.config(), model.weights(), {.instruction_set = name}).forward(batch.view());
    for (const Precision precision : supported_precisions(set)) {
      if (precision == Precision::kFloat32) continue;
      Engine coarse(model.config(), model.weights(), {.instruction_set = name, .precision = precision});
      const float difference = (coarse.forward(batch.view()) - exact).cwiseAbs().maxCoeff();
      EXPECT_GT(difference, 1e-3F) << name << ' ' << to_string(precision);
    }
  }
}

TEST(EngineForms, RunTheKernelsThatWereForced) {
  const std::map<std::string, std::string> others{{"avx2_vnni_f32", "avx2_f32"}, {"amx_f32", "avx512_f32"}};
  std::map<void (*)(const Product&), std::string> programs;
  const RandomModel model(config_of(1, 64, 2, 128), 10);
  for (const InstructionSet set : supported_instruction_sets()) {
    for (const Precision precision : supported_precisions(set)) {
      const std::string name(to_string(set)), form = name + "_" + std::string(to_string(precision));
      const Engine forced(model.config(), model.weights(), {.instruction_set = name, .precision = precision});
      EXPECT_EQ(forced.kernels(), others.contains(form) ? others.at(form) : form);
      const EnvironmentVariable variable("RIVERBANK_ISA", name);
      const Engine by_environment(model.config(), model.weights(), {.precision = precision});
      EXPECT_STREQ(by_environment.kernels(), forced.kernels());
      const auto [product, is_new] = programs.emplace(kernels_of(set, precision).product, forced.kernels());
      EXPECT_EQ(product->second, forced.kernels()) << "two tables, one program";
    }
  }
}

TEST(EngineForms, RefusesAPrecisionThatThereAreNoKernelsFor) {
  const RandomModel model(config_of(1, 16, 2, 32), 10);
  expect_error(
      ErrorKind::kUnsupported, "the precision \"int8\", which the instruction set portable has no kernels for",
      [&] { Engine(model.config(), model.weights(), {.instruction_set = "portable", .precision = Precision::kInt8}); });
}

TEST_P(EngineOn, TakesNoTypesAsTypeZero) {
  const RandomModel model(config_of(1, 32, 2, 64), 7);
  RandomBatch batch(model.config(), {12, 5}, 16);
  std::fill(batch.types.begin(), batch.types.end(), 0);
  Engine made = engine(model);
  const Matrix with_types = made.forward(batch.view());
  EXPECT_EQ(made.forward({batch.ids, {}, batch.starts}), with_types);
}

TEST_P(EngineOn, LetsNotANumberShow) {
  RandomModel model(config_of(1, 32, 2, 64), 8);
  const_cast<float*>(model.weights().layers[0].feed_forward.inner.weight.data())[5] = NAN;
  const RandomBatch batch(model.config(), {4}, 17);
  EXPECT_TRUE(engine(model).forward(batch.view()).array().isNaN().all());
}

class EngineRefuses : public ::testing::Test {
 protected:
  RandomModel model_{config_of(1, 16, 2, 32), 9};
  Engine engine_{model_.config(), model_.weights(), {.instruction_set = {}, .threads = 1}};

  void expect_refusal(const std::string& part, const RaggedBatch& batch) {
    expect_error(ErrorKind::kInvalidArgument, part, [&] { engine_.forward(batch); });
    expect_error(ErrorKind::kInvalidArgument, part, [&] { engine_.forward_cls(batch); });
  }
};

TEST_F(EngineRefuses, IdsAndTypesThatTheModelDoesNotHave) {
  const std::vector<std::size_t> starts{0, 3};
  expect_refusal("token 1 of the batch has the id 97, but the model's go from 0 to 96",
                 {std::vector<std::int32_t>{1, 97, 2}, {}, starts});
  expect_refusal("token 0 of the batch has the id -1", {std::vector<std::int32_t>{-1, 0, 2}, {}, starts});
  expect_refusal("token 2 of the batch has the id -2147483648",
                 {std::vector<std::int32_t>{0, 0, INT32_MIN}, {}, starts});
  const std::vector<std::int32_t> ids{1, 2, 3};
  expect_refusal("token 2 of the batch has the token type 3, but the model's go from 0 to 2",
                 {ids, std::vector<std::int32_t>{0, 1, 3}, starts});
  expect_refusal("the batch has 3 ids but 2 token types", {ids, std::vector<std::int32_t>{0, 1}, starts});
}

TEST_F(EngineRefuses, TextsThatDoNotFit) {
  const std::vector<std::int32_t> ids(700, 1);
  expect_refusal("text 1 of the batch has 641 tokens, but the model has 640 positions",
                 {ids, {}, std::vector<std::size_t>{0, 59, 700}});
  expect_refusal("must begin at token 0 and end with its last token, number 700",
                 {ids, {}, std::vector<std::size_t>{0, 60}});
  expect_refusal("must begin at token 0", {ids, {}, std::vector<std::size_t>{1, 700}});
  expect_refusal("must begin at token 0", {ids, {}, {}});
  expect_refusal("text 1 of the batch ends before it begins", {ids, {}, std::vector<std::size_t>{0, 400, 300, 700}});
  const std::size_t far = SIZE_MAX;
  expect_refusal("text 0 of the batch has 18446744073709551615 tokens",
                 {ids, {}, std::vector<std::size_t>{0, far, 700}});
}

TEST_F(EngineRefuses, TheFirstTokenOfNothing) {
  const std::vector<std::int32_t> ids{1, 2};
  expect_error(ErrorKind::kInvalidArgument, "text 1 of the batch has no tokens", [&] {
    engine_.forward_cls({ids, {}, std::vector<std::size_t>{0, 1, 1, 2}});
  });
}

TEST_F(EngineRefuses, NothingInAnEmptyBatch) {
  for (const auto& starts : {std::vector<std::size_t>{0}, {0, 0, 0}}) {
    const Matrix hidden = engine_.forward({{}, {}, starts});
    EXPECT_EQ(hidden.rows(), 0);
    EXPECT_EQ(hidden.cols(), 16);
  }
  EXPECT_EQ(engine_.forward_cls({{}, {}, std::vector<std::size_t>{0}}).rows(), 0);
}

TEST_F(EngineRefuses, ThreadsAndInstructionSetsThatThereAreNot) {
  const auto make = [&](const std::string& set, int threads) {
    return Engine(model_.config(), model_.weights(), {.instruction_set = set, .threads = threads});
  };
  expect_error(ErrorKind::kInvalidArgument, "between 1 and 1024", [&] { make("portable", -1); });
  expect_error(ErrorKind::kInvalidArgument, "not 10000", [&] { make("portable", 10000); });
  EXPECT_EQ(make("portable", 0).threads(), thread_count(0));
  expect_error(ErrorKind::kUnsupported, "\"sse9\", which riverbank does not know; this machine has: portable",
               [&] { make("sse9", 1); });
  EXPECT_EQ(make("", 1).instruction_set(), to_string(choose_instruction_set()));
}

}  // namespace
}  // namespace riverbank
