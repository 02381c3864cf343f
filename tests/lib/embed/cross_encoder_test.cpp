#include "riverbank/cross_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/environment.h"
#include "tests/support/expect_error.h"
#include "tests/support/model_folder.h"
#include "tests/support/temporary_folder.h"

namespace riverbank {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;

// Weights, pairs and logits of tests/golden/make_cross_encoder_golden.py: torch's, tokenized and cut by transformers.
const fs::path kGolden = RIVERBANK_SOURCE_DIR "/tests/golden/tiny_cross_encoder";

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

class CrossEncoderTest : public ::testing::Test {
 protected:
  /// A copy of the golden folder with other text in its config.json.
  std::string copy_with(const std::string& from, const std::string& to) {
    const fs::path folder = temporary_.path() / "copy";
    fs::remove_all(folder);
    fs::copy(kGolden, folder);
    std::string config = text_of(folder / "config.json");
    config.replace(config.find(from), from.size(), to);
    std::ofstream(folder / "config.json") << config;
    return folder.string();
  }

  testing::TemporaryFolder temporary_;
  testing::EnvironmentVariable cache_{"XDG_CACHE_HOME", (temporary_.path() / "cache").string()};
};

TEST_F(CrossEncoderTest, GivesTorchsLogits) {
  double worst = 0;
  for (const char* isa : {"portable", ""}) {
    const CrossEncoder model = CrossEncoder::load(kGolden.string(), {.threads = 1, .instruction_set = isa});
    for (const auto& expected : nlohmann::json::parse(text_of(kGolden / "expected.json"))) {
      const std::vector<std::string> passages = expected["passages"];
      const std::vector<std::string_view> views(passages.begin(), passages.end());
      const std::vector<float> logits = model.score(expected["question"].get<std::string>(), views);
      ASSERT_EQ(logits.size(), passages.size());
      for (std::size_t i = 0; i < logits.size(); ++i) {
        const double difference = std::abs(static_cast<double>(logits[i]) - expected["logits"][i].get<double>());
        EXPECT_LT(difference, 1e-4) << passages[i];
        worst = std::max(worst, difference);
      }
    }
  }
  RecordProperty("worst_difference", std::to_string(worst));
}

TEST_F(CrossEncoderTest, APassageAloneScoresAsInAnyBatch) {
  const CrossEncoder model = CrossEncoder::load(kGolden.string(), {.threads = 2});
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) texts.push_back("the boat " + std::string(static_cast<std::size_t>(i % 90), 'b'));
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const std::vector<float> all = model.score("river", views);
  ASSERT_EQ(all.size(), texts.size());
  for (std::size_t i = 0; i < views.size(); i += 37) {
    EXPECT_EQ(model.score("river", std::span(views).subspan(i, 1))[0], all[i]);
  }
  EXPECT_TRUE(model.score("river", {}).empty());
  std::stop_source stop;
  stop.request_stop();
  expect_error(ErrorKind::kCancelled, "Stopped", [&] { model.score("river", views, stop.get_token()); });
}

TEST_F(CrossEncoderTest, RefusesWhatIsNone) {
  expect_error(ErrorKind::kUnsupported, "2 labels",
               [&] { CrossEncoder::load(copy_with("\"0\": \"LABEL_0\"", "\"0\": \"no\", \"1\": \"yes\"")); });
  expect_error(ErrorKind::kUnsupported, "names no BertForSequenceClassification",
               [&] { CrossEncoder::load(copy_with("BertForSequenceClassification", "BertModel")); });
  expect_error(ErrorKind::kCorrupt, "id2label",
               [&] { CrossEncoder::load(copy_with("{\n    \"0\": \"LABEL_0\"\n  }", "7")); });
  const fs::path encoder = testing::write_tiny_model(temporary_.path() / "encoder");
  expect_error(ErrorKind::kUnsupported, "cross-encoder is needed", [&] { CrossEncoder::load(encoder.string()); });

  // The architecture promises a classifier; the weights have none.
  const std::string folder = copy_with("\"vocab_size\": 73", "\"vocab_size\": 73");
  const auto tensors = SafetensorsFile::open(kGolden / "model.safetensors");
  auto without = tensors->tensors();
  without.erase("classifier.weight");
  write_safetensors(folder + "/model.safetensors", without);
  expect_error(ErrorKind::kCorrupt, "classifier.weight", [&] { CrossEncoder::load(folder); });
}

}  // namespace
}  // namespace riverbank
