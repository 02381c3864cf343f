// The verbs of `riverbank bench` that measure riverbank itself: that they run, agree with themselves and refuse.
#include "cli/bench/speed.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/bench/neighbours.h"
#include "cli/bench/texts.h"
#include "tests/cli/fixture.h"
#include "tests/support/expect_error.h"

namespace riverbank::cli {
namespace {

class Speed : public ProgramTest {
 protected:
  nlohmann::json results(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "bench");
    arguments.emplace_back("--json");
    const Outcome outcome = program.run(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out).at("results");
  }
  void expect_refusal(std::vector<std::string> arguments, const std::string& part) const {
    arguments.insert(arguments.begin(), "bench");
    const Outcome outcome = program.run(arguments);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr(part));
  }
};

TEST_F(Speed, OfEncodingIsMeasuredInTheFormThatIsForced) {
  program.set("RIVERBANK_ISA", "portable");
  write("texts", "She sat on the bank.\n\n{\"title\": \"The river\", \"text\": \"of reed\"}\nnever read\n");
  const auto rows = results({"encode", "--texts", path("texts"), "--limit", "2"});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].at("isa"), "portable");
  EXPECT_EQ(rows[0].at("precision"), "f32");
  EXPECT_EQ(rows[0].at("threads"), 1);
  EXPECT_EQ(rows[0].at("tokens"), 8 + 6);  // with [CLS] and [SEP]
  EXPECT_GT(rows[0].at("tokens_per_second"), 0);
  EXPECT_GT(rows[0].at("share_of_peak"), 0);
  EXPECT_LT(rows[0].at("share_of_peak"), 1);
}

TEST_F(Speed, OfTokenizingCountsEveryToken) {
  write("texts", "She sat on the bank.\nriver\n");
  const auto rows = results({"tokenize", "--texts", path("texts")});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].at("tokens"), 8 + 3);
  EXPECT_EQ(rows[0].at("bytes"), 20 + 5);
  EXPECT_THAT(program.run({"bench", "tokenize", "--limit", "3"}).out, HasSubstr("\nquestions "));
}

TEST_F(Speed, OfAnswersSetsANewProcessBesideThisOne) {
  const auto rows = results({"query", path("book"), "--limit", "2"});
  ASSERT_EQ(rows.size(), 6U);
  for (const auto& row : rows) {
    EXPECT_EQ(row.at("questions"), 2);
    EXPECT_GT(row.at("least_seconds"), 0);
    EXPECT_LE(row.at("least_seconds"), row.at("median_seconds"));
    EXPECT_LE(row.at("median_seconds"), row.at("most_seconds"));
  }
  EXPECT_EQ(rows.back().at("what"), "a new process");
  EXPECT_GT(rows.back().at("least_seconds"), rows.front().at("least_seconds"));
}

TEST_F(Speed, OfAnIndexLeavesNothingBehind) {
  const auto rows = results({"index", path("book")});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].at("files"), 3);
  EXPECT_EQ(rows[0].at("chunks"), 3);
  EXPECT_GT(rows[0].at("tokens_per_second"), 0);
  EXPECT_GE(rows[0].at("seconds_neither"), 0);
  EXPECT_EQ(program.run({"status"}).out, "Nothing is indexed yet. Start with: riverbank index FOLDER\n");
}

TEST_F(Speed, OfVectorsFindsTheNearest) {
  const auto rows = results({"vectors", "--limit", "500", "--dimensions", "32"});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].at("count"), 450);
  EXPECT_EQ(rows[0].at("questions"), 50);
  EXPECT_GE(rows[0].at("searches").back().at("recall_at_10"), 0.99);
  EXPECT_GT(rows[0].at("graph_bytes"), 450 * 32);
  EXPECT_GE(rows[0].at("vector_bytes"), 450 * 32 * sizeof(float));
  EXPECT_THAT(program.run({"bench", "vectors", "--limit", "200", "--dimensions", "8"}).out, HasSubstr("recall@10"));
}

TEST_F(Speed, RefusesWhatItCannotMeasure) {
  write("empty", "\n\n");
  write("broken", "{\"words\": 1}\n");
  write("short.f32", "123");
  expect_refusal({"encode", "--texts", path("empty")}, "has no text in it");
  expect_refusal({"encode", "--texts", path("broken")}, "broken:1: expected a JSON object");
  expect_refusal({"encode", "--texts", path("nowhere")}, "nowhere");
  expect_refusal({"tokenize", "--threads", "10000"}, "10000");
  expect_refusal({"vectors", "--limit", "5"}, "5 vectors are too few");
  expect_refusal({"vectors", "--dimensions", "0"}, "name 1 dimension or more");
  expect_refusal({"vectors", "--limit", "999999999999"}, "fewer vectors");
  expect_refusal({"vectors", "--vectors", path("short.f32")}, "has 3 bytes, which are no vectors of 384 floats");
  expect_refusal({"index", path("nowhere")}, "riverbank: no folder \"");
}

TEST(BenchTexts, AreTheSameEveryTime) {
  const auto first = bench_texts("", 0), again = bench_texts("", 5);
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].texts.size(), 300U);
  EXPECT_EQ(again[1].texts.size(), 5U);
  EXPECT_EQ(again[1].texts[4], first[1].texts[4]);
}

/// 21.3 million operations a token in the layers of all-MiniLM-L6-v2, by its sizes: 2 x 6 x (4 x 384² + 2 x 384 x
/// 1536).
TEST(OperationsOf, CountTheProductsOfEveryLayer) {
  Model model = testing::tiny_model(Pooling::kMean);
  model.config.num_layers = 6;
  model.config.d_model = 384;
  model.config.d_ff = 1536;
  const double attention = 6.0 * 4 * 100 * 100 * 384;
  EXPECT_NEAR(operations_of(model, 100), 100 * 21.23e6 + attention, 100 * 0.01e6);
  model.embedding.pooling = Pooling::kCls;
  EXPECT_LT(operations_of(model, 100), 0.9 * (100 * 21.23e6 + attention));
}

TEST(BenchVectors, AreUnitVectors) {
  const BenchVectors vectors = made_up_vectors(120, 16);
  for (std::size_t i = 0; i < vectors.count; ++i) {
    double square = 0;
    for (std::size_t d = 0; d < 16; ++d) square += std::pow(vectors.values[i * 16 + d], 2);
    EXPECT_NEAR(square, 1, 1e-5);
  }
}

}  // namespace
}  // namespace riverbank::cli
