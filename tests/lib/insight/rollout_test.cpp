#include "lib/insight/rollout.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "riverbank/transformer.h"
#include "tests/support/expect_error.h"
#include "tests/support/tiny_model.h"

namespace riverbank {
namespace {

using testing::expect_error;

/// What numpy made of random attention: tests/golden/make_rollout_golden.py.
class Rollout : public ::testing::Test {
 protected:
  Rollout() {
    std::ifstream file(RIVERBANK_SOURCE_DIR "/tests/golden/rollout.json");
    golden_ = nlohmann::json::parse(file);
    trace_.layers = golden_.at("layers");
    trace_.heads = golden_.at("heads");
    trace_.tokens.resize(golden_.at("tokens").get<std::size_t>());
    trace_.attention = golden_.at("attention").get<std::vector<float>>();
  }

  void expect_golden(const Matrix& got, const char* name, std::size_t block = 0) const {
    const auto all = golden_.at(name).get<std::vector<float>>();
    const auto size = static_cast<std::size_t>(got.size());
    ASSERT_LE((block + 1) * size, all.size());
    for (std::size_t i = 0; i < size; ++i) EXPECT_NEAR(got.data()[i], all[block * size + i], 2e-6) << name << " " << i;
  }

  nlohmann::json golden_;
  Trace trace_;
};

TEST_F(Rollout, IsNumpysAfterEveryLayer) {
  for (std::size_t layer = 0; layer < trace_.layers; ++layer) {
    expect_golden(attention_rollout(trace_, layer), "rollout", layer);
  }
}

TEST_F(Rollout, MeansAndJoinedWordsAreNumpys) {
  expect_golden(mean_of_layers(trace_), "mean_of_layers");
  const auto words = golden_.at("words").get<std::vector<std::size_t>>();
  expect_golden(join_words(head_map(trace_, 1, 1), words, words), "joined");
}

TEST_F(Rollout, RowsStillSumToOne) {
  const auto words = golden_.at("words").get<std::vector<std::size_t>>();
  for (const Matrix& map : {attention_rollout(trace_, 2), mean_of_layers(trace_), mean_of_heads(trace_, 1),
                            join_words(mean_of_heads(trace_, 0), words, words)}) {
    for (Eigen::Index row = 0; row < map.rows(); ++row) EXPECT_NEAR(map.row(row).sum(), 1.0F, 1e-5F);
  }
}

TEST_F(Rollout, JoinsTheTwoSidesOnTheirOwn) {
  Matrix weights(2, 3);
  weights << 0.2F, 0.3F, 0.5F, 0.6F, 0.4F, 0.0F;
  const std::vector<std::size_t> one_word{0, 0};
  const std::vector<std::size_t> two_words{0, 1, 1};
  const Matrix joined = join_words(weights, one_word, two_words);
  ASSERT_EQ(joined.rows(), 1);
  ASSERT_EQ(joined.cols(), 2);
  EXPECT_FLOAT_EQ(joined(0, 0), 0.4F);
  EXPECT_FLOAT_EQ(joined(0, 1), 0.6F);
}

TEST_F(Rollout, WhatThereIsNotIsRefusedWithTheRange) {
  expect_error(ErrorKind::kInvalidArgument, "no layer 3: they count from 0 to 2", [&] { mean_of_heads(trace_, 3); });
  expect_error(ErrorKind::kInvalidArgument, "no head 2: they count from 0 to 1", [&] { head_map(trace_, 0, 2); });
  expect_error(ErrorKind::kInvalidArgument, "0 to 2", [&] { attention_rollout(trace_, 9); });
  const std::vector<std::size_t> too_few{0, 1};
  const std::vector<std::size_t> gap{0, 1, 1, 1, 3};
  const Matrix map = head_map(trace_, 0, 0);
  expect_error(ErrorKind::kInvalidArgument, "5 tokens", [&] { join_words(map, too_few, too_few); });
  expect_error(ErrorKind::kInvalidArgument, "without a gap", [&] { join_words(map, gap, gap); });
}

}  // namespace
}  // namespace riverbank
