// Greedy and beam search: with kept keys and values as without, and against every target that there is.

#include "lib/transformer/decoding.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/lib/transformer/matrices.h"
#include "tests/lib/transformer/tiny_encoder_decoder.h"
#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using testing::expect_error;
using testing::golden_ids;
using testing::tiny_encoder_decoder;

std::vector<Matrix> encoded_sources() {
  std::vector<Matrix> encoded;
  for (const std::vector<std::int32_t>& source :
       {std::vector<std::int32_t>{3, 8, 1, 1, 5, 0}, {2, 0}, {7, 7, 4, 0}, {6, 5, 4, 3, 2, 1, 0}, {0}, {1, 6, 0}}) {
    encoded.push_back(tiny_encoder_decoder().encode(source));
  }
  return encoded;
}

/// log P(ids | source), all positions at once and nothing kept.
double log_probability_of(const Matrix& M, const std::vector<std::int32_t>& ids) {
  std::vector<std::int32_t> read{tiny_encoder_decoder().config().begin_id};
  read.insert(read.end(), ids.begin(), ids.end() - 1);
  Decoder::State state = tiny_encoder_decoder().decoder().start(M);
  const Matrix logits = tiny_encoder_decoder().decoder().forward(read, state);
  double sum = 0;
  for (Eigen::Index t = 0; t < logits.rows(); ++t) {
    double total = 0;
    for (Eigen::Index v = 0; v < logits.cols(); ++v) total += std::exp(double{logits(t, v)});
    sum += double{logits(t, ids[static_cast<std::size_t>(t)])} - std::log(total);
  }
  return sum;
}

/// Every target of up to max_tokens, the best by its score: no search at all.
void visit_all(const Matrix& M, const BeamOptions& options, std::vector<std::int32_t>& ids,
               std::vector<std::int32_t>& best, double& best_score) {
  const EncoderDecoderConfig& config = tiny_encoder_decoder().config();
  if (!ids.empty() && (ids.back() == config.end_id || std::ssize(ids) == options.max_tokens)) {
    const double score =
        log_probability_of(M, ids) / std::pow((5.0 + static_cast<double>(ids.size())) / 6.0, options.length_penalty);
    if (score > best_score) {
      best_score = score;
      best = ids;
    }
    return;
  }
  for (std::int32_t id = 0; id < config.target_vocabulary_size; ++id) {
    ids.push_back(id);
    visit_all(M, options, ids, best, best_score);
    ids.pop_back();
  }
}

TEST(Decoding, KeptKeysAndValuesGiveTheSameNumbers) {
  const Decoder& decoder = tiny_encoder_decoder().decoder();
  const std::vector<std::int32_t> ids = golden_ids("input.target");
  float worst = 0;
  for (const Matrix& M : encoded_sources()) {
    Decoder::State whole = decoder.start(M);
    const Matrix at_once = decoder.forward(ids, whole);
    for (const std::size_t piece : {1U, 2U, 3U}) {
      Decoder::State kept = decoder.start(M);
      Matrix one_by_one(at_once.rows(), at_once.cols());
      for (std::size_t t = 0; t < ids.size(); t += piece) {
        const Matrix rows = decoder.forward(std::span(ids).subspan(t, std::min(piece, ids.size() - t)), kept);
        one_by_one.middleRows(static_cast<Eigen::Index>(t), rows.rows()) = rows;
      }
      worst = std::max(worst, testing::worst_difference(one_by_one, at_once));
    }
  }
  fmt::print("worst difference of kept keys and values: {:.2g}\n", worst);
  EXPECT_LT(worst, 1e-5F);
}

TEST(Decoding, ACopiedStateGoesItsOwnWay) {
  const Decoder& decoder = tiny_encoder_decoder().decoder();
  Decoder::State one = decoder.start(encoded_sources()[0]);
  decoder.forward(std::vector<std::int32_t>{0, 4}, one);
  Decoder::State other = one;
  decoder.forward(std::vector<std::int32_t>{5, 5}, other);
  Decoder::State untouched = decoder.start(encoded_sources()[0]);
  decoder.forward(std::vector<std::int32_t>{0, 4}, untouched);
  EXPECT_EQ(decoder.forward(std::vector<std::int32_t>{2}, one),
            decoder.forward(std::vector<std::int32_t>{2}, untouched));
  EXPECT_EQ(other.length, 4);
}

TEST(Decoding, GreedyWritesWhatTorchWrites) {
  const Matrix M = tiny_encoder_decoder().encode(golden_ids("input.source"));
  const std::vector<std::int32_t> expected = golden_ids("expected.greedy");
  EXPECT_EQ(greedy_search(tiny_encoder_decoder(), M, std::ssize(expected)).ids, expected);
}

TEST(Decoding, ABeamOfOneIsGreedy) {
  for (const Matrix& M : encoded_sources()) {
    for (const Eigen::Index max_tokens : {1, 2, 9, 16}) {
      const Decoded greedy = greedy_search(tiny_encoder_decoder(), M, max_tokens);
      const Decoded beam = beam_search(tiny_encoder_decoder(), M, {.width = 1, .max_tokens = max_tokens});
      EXPECT_EQ(beam.ids, greedy.ids);
      EXPECT_EQ(beam.log_probability, greedy.log_probability);
      EXPECT_EQ(beam.finished, greedy.finished);
      EXPECT_NEAR(greedy.log_probability, log_probability_of(M, greedy.ids), 1e-4);
    }
  }
}

TEST(Decoding, ABeamWideEnoughFindsTheBestOfAll) {
  int better_than_greedy = 0;
  for (const Matrix& M : encoded_sources()) {
    for (const double length_penalty : {0.0, 0.6, 2.0}) {
      const BeamOptions options{.width = 1296, .length_penalty = length_penalty, .max_tokens = 4};
      std::vector<std::int32_t> ids;
      std::vector<std::int32_t> best;
      double best_score = -std::numeric_limits<double>::infinity();
      visit_all(M, options, ids, best, best_score);
      const Decoded found = beam_search(tiny_encoder_decoder(), M, options);
      EXPECT_EQ(found.ids, best) << "length penalty " << length_penalty;
      EXPECT_NEAR(length_normalised(found.log_probability, found.ids.size(), length_penalty), best_score, 1e-5);
      better_than_greedy += found.ids != greedy_search(tiny_encoder_decoder(), M, 4).ids ? 1 : 0;
    }
  }
  EXPECT_GT(better_than_greedy, 0) << "greedy was never wrong, so this shows nothing";
}

/// Without a penalty the shortest is the most probable; the penalty makes up for it.
TEST(Decoding, TheLengthPenaltyIsWuAndOthers) {
  EXPECT_DOUBLE_EQ(length_normalised(-3, 1, 0.6), -3);
  EXPECT_DOUBLE_EQ(length_normalised(-3, 7, 1), -1.5);
  EXPECT_DOUBLE_EQ(length_normalised(-3, 7, 0), -3);
  EXPECT_NEAR(length_normalised(-3, 19, 0.5), -1.5, 1e-12);
}

TEST(Decoding, LogSoftmaxIsADistributionHoweverLargeTheLogits) {
  RowVector logits(3);
  logits << 1000, 999, -1000;
  const RowVector got = log_softmax(logits);
  EXPECT_NEAR(got[0], -std::log1p(std::exp(-1.0)), 1e-6);
  EXPECT_NEAR(got[1] - got[0], -1, 1e-6);
  EXPECT_NEAR(got[2], -2000 + got[0], 1e-2);
}

TEST(Decoding, RefusesWhatMakesNoSense) {
  const EncoderDecoder& model = tiny_encoder_decoder();
  const Matrix M = encoded_sources()[0];
  expect_error(ErrorKind::kInvalidArgument, "max_tokens is 0; it must be from 1 to the model's 16 positions",
               [&] { greedy_search(model, M, 0); });
  expect_error(ErrorKind::kInvalidArgument, "max_tokens is 17", [&] { beam_search(model, M, {.max_tokens = 17}); });
  expect_error(ErrorKind::kInvalidArgument, "the width is 0",
               [&] { beam_search(model, M, {.width = 0, .max_tokens = 4}); });
  expect_error(ErrorKind::kInvalidArgument, "the length penalty -1",
               [&] { beam_search(model, M, {.length_penalty = -1, .max_tokens = 4}); });
  const Matrix damaged = Matrix::Constant(3, 16, std::numeric_limits<float>::quiet_NaN());
  expect_error(ErrorKind::kCorrupt, "its weights are damaged", [&] { greedy_search(model, damaged, 4); });
  expect_error(ErrorKind::kCorrupt, "its weights are damaged", [&] { beam_search(model, damaged, {.max_tokens = 4}); });
}

}  // namespace
}  // namespace riverbank
