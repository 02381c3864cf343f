#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/cli/fixture.h"

namespace riverbank::cli {
namespace {

class Rerank : public ProgramTest {};

TEST_F(Rerank, OrdersLinesOfStandardInput) {
  const Outcome outcome =
      program.run({"rerank", "the river bank"}, "She took a loan.\n\nthe river bank\r\nmoney of the tree\n");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 3);
  EXPECT_EQ(outcome.out.substr(outcome.out.find('\t') + 1, 15), "the river bank\n");
  EXPECT_EQ(program.run({"rerank", "the river bank", "-", "-k", "1"}, "She.\nthe river bank\n").out.find("She"),
            std::string::npos);
}

TEST_F(Rerank, GivesJsonLinesBack) {
  write("hits.jsonl", "{\"id\": 7, \"text\": \"She sat. The river bank.\"}\n{\"id\": 8, \"text\": \"\"}\n");
  const Outcome outcome = program.run({"rerank", "the river bank", path("hits.jsonl"), "--json"});
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json.at("method"), "late interaction");
  ASSERT_EQ(json.at("passages").size(), 2U);
  const auto& first = json.at("passages").at(0);
  EXPECT_EQ(first.at("given").at("id"), 7);
  EXPECT_EQ(first.at("place"), 0);
  EXPECT_EQ(first.at("best_sentence").at("text"), "The river bank.");
  EXPECT_TRUE(json.at("passages").at(1).at("best_sentence").is_null());
}

TEST_F(Rerank, AsksACrossEncoder) {
  const std::string model = RIVERBANK_SOURCE_DIR "/tests/golden/tiny_cross_encoder";
  const Outcome outcome = program.run({"rerank", "river bank", "--cross-encoder", model, "--json"},
                                      "The boat sat on the bank of the river.\nShe loaned the money.\n");
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json.at("method"), "cross-encoder");
  EXPECT_NEAR(json.at("passages").at(0).at("score").get<double>(), 1 / (1 + std::exp(-0.66581)), 1e-4);
}

TEST_F(Rerank, SaysWhatIsWrong) {
  const Outcome broken = program.run({"rerank", "river"}, "{\"text\": \"a\"}\nplain\n");
  EXPECT_EQ(broken.exit_code, 2);
  EXPECT_THAT(broken.err, HasSubstr("standard input:2"));
  EXPECT_EQ(program.run({"rerank", "river", path("nowhere")}).exit_code, 2);
  const Outcome hostile = program.run({"rerank", "river"}, "\x1b[31mred\xff\n");
  EXPECT_EQ(hostile.exit_code, 0);
  EXPECT_THAT(hostile.out, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace riverbank::cli
