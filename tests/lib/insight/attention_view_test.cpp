#include "lib/insight/attention_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "lib/insight/head_roles.h"
#include "lib/insight/head_steps.h"
#include "lib/insight/rollout.h"
#include "tests/support/expect_error.h"
#include "tests/support/tiny_model.h"

namespace riverbank {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;

class AttentionViews : public ::testing::Test {
 protected:
  AttentionReading read(const AttentionRequest& request) const { return read_attention(model_, request); }
  AttentionView view(const AttentionRequest& request) const { return attention_view(read(request), request); }

  std::shared_ptr<const Model> model_ = testing::share(testing::tiny_model());
};

TEST_F(AttentionViews, JoinPiecesAndLeaveOutSpecialTokensAsAsked) {
  const AttentionView joined = view({.text = "The boats."});
  EXPECT_THAT(joined.labels, ElementsAre("[CLS]", "The", "boats", ".", "[SEP]"));
  for (Eigen::Index row = 0; row < 5; ++row) EXPECT_NEAR(joined.weights.row(row).sum(), 1, 1e-5);
  EXPECT_EQ(joined.entry_of_token[3], 2U);

  const AttentionView pieces = view({.text = "The boats.", .layer = 1, .head = 2, .pieces = true, .no_special = true});
  EXPECT_THAT(pieces.labels, ElementsAre("the", "boat", "##s", "."));
  EXPECT_EQ(pieces.entry_of_token[0], std::nullopt);
  const Trace trace = read({.text = "The boats."}).trace;
  EXPECT_EQ(pieces.weights(1, 2), trace.attention_of(1, 2, 2)[3]);
}

TEST_F(AttentionViews, RankWhatAWordAttendsTo) {
  const AttentionRequest request{.text = "The boats sat.", .word = "boats", .layer = 0, .no_special = true};
  const AttentionReading reading = read(request);
  EXPECT_EQ(reading.word_shown(), "boats");
  const AttentionView ranked = attention_view(reading, request);
  ASSERT_EQ(ranked.ranked.size(), 4U);
  const Matrix mean = mean_of_heads(reading.trace, 0);
  double sum = ranked.left_out;
  for (const RankedEntry& entry : ranked.ranked) sum += entry.weight;
  EXPECT_NEAR(sum, 1, 1e-5);
  EXPECT_NEAR(ranked.left_out, (mean(2, 0) + mean(3, 0) + mean(2, 6) + mean(3, 6)) / 2, 1e-5);
  EXPECT_GE(ranked.ranked[0].weight, ranked.ranked[3].weight);
}

TEST_F(AttentionViews, CountAWordThroughBothTextsOfAPair) {
  const AttentionReading second = read({.text = "the bank", .pair = "a bank", .word = "bank#2"});
  EXPECT_EQ(second.word->first_token, 5U);  // [CLS] the bank [SEP] a bank [SEP]
  EXPECT_EQ(read({.text = "the bank", .pair = "a boat", .word = "boat"}).word_shown(), "boat");
  expect_error(ErrorKind::kInvalidArgument, "does not have the word",
               [&] { read({.text = "the bank", .pair = "a boat", .word = "tree"}); });
}

TEST_F(AttentionViews, ReadAPartOfALongTextAndSayWhich) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "the river ";
  text += "bank";
  const AttentionReading around = read({.text = text, .word = "bank"});
  EXPECT_TRUE(around.is_around_word);
  EXPECT_EQ(around.whole_tokens, 83U);
  EXPECT_EQ(around.trace.tokens.size(), 32U);
  EXPECT_EQ(around.word_shown(), "bank");
  EXPECT_EQ(read({.text = text, .max_tokens = 10}).trace.tokens.size(), 10U);
  expect_error(ErrorKind::kInvalidArgument, "in the first 32 tokens",
               [&] { read({.text = text, .word = "bank", .keep_start = true}); });
}

TEST_F(AttentionViews, SayWhatCannotBeShown) {
  const auto refused = [&](const AttentionRequest& request, const char* why) {
    expect_error(ErrorKind::kInvalidArgument, why, [&] { read(request); });
  };
  refused({.text = " \n"}, "text is empty");
  refused({.text = "\x01"}, "nothing that the model reads");
  refused({.text = "bank", .layer = 2}, "no layer 2: the model's layers count from 0 to 1");
  refused({.text = "bank", .layer = 0, .head = 3}, "heads count from 0 to 2");
  refused({.text = "bank", .head = 1}, "name the layer");
  refused({.text = "bank", .layer = 0, .head = 1, .rollout = true}, "all heads");
  refused({.text = "bank", .max_tokens = 33}, "from 3 to the model's 32");
}

TEST_F(AttentionViews, HeadStepsEndInTheModelsOwnWeights) {
  const Trace trace = read({.text = "She sat on the bank."}).trace;
  for (const std::size_t head : {0U, 2U}) {
    const HeadSteps steps = head_steps(*model_, trace, 1, head, 5);
    EXPECT_EQ(steps.d_k, 8U);
    const auto weights = trace.attention_of(1, head, 5);
    double sum = 0;
    for (std::size_t t = 0; t < weights.size(); ++t) {
      EXPECT_NEAR(steps.weights[t], weights[t], 1e-6);
      sum += std::exp(steps.scores[t]);
    }
    EXPECT_NEAR(steps.unscaled[0], std::exp(steps.scores[0]) / sum, 1e-6);
    EXPECT_GT(steps.lengths[0], 0);
  }
  expect_error(ErrorKind::kInvalidArgument, "no token 8", [&] { head_steps(*model_, trace, 0, 0, 8); });
  expect_error(ErrorKind::kInvalidArgument, "count from 0 to 2", [&] { head_steps(*model_, trace, 0, 3, 0); });
}

TEST_F(AttentionViews, WithoutTheScalingASoftmaxIsSharper) {
  EXPECT_DOUBLE_EQ(sharpness_of({.25F, .25F, .25F, .25F}).entropy, 2);
  EXPECT_DOUBLE_EQ(sharpness_of({1, 0, 0}).slope, 0);
  const ScalingEffect effect = scaling_effect(*model_, read({.text = "She sat on the bank."}).trace);
  EXPECT_EQ(effect.rows, 2U * 3 * 8);
  EXPECT_LT(effect.unscaled.entropy, effect.scaled.entropy);
  EXPECT_GT(effect.unscaled.largest, effect.scaled.largest);
  EXPECT_GT(effect.score_deviation, 0);
}

/// A trace of one layer and two heads over [CLS] bank . bank [SEP]: head 0 looks back, head 1 at [SEP].
TEST_F(AttentionViews, RolesAreCountedOverTheTokensThatHaveSuchAPlace) {
  Trace trace = read({.text = "bank.bank"}).trace;
  trace.layers = 1;
  trace.heads = 2;
  trace.attention.assign(2U * 25, 0);
  for (std::size_t t = 0; t < 5; ++t) {
    trace.attention[t * 5 + (t == 0 ? 0 : t - 1)] = 1;
    trace.attention[25 + t * 5 + 4] = 1;
  }
  const std::vector<HeadRole> roles = head_roles(trace, 1);
  const auto of = [&](std::string_view name) {
    return *std::find_if(roles.begin(), roles.end(), [&](const HeadRole& role) { return role.name == name; });
  };
  EXPECT_EQ(of("the token before").heads[0].head, 0U);
  EXPECT_EQ(of("the token before").heads[0].share, 1);
  EXPECT_DOUBLE_EQ(of("the token before").by_chance, 1.0 / 5);
  EXPECT_EQ(of("[CLS] and [SEP]").heads[0].head, 1U);
  EXPECT_DOUBLE_EQ(of("[CLS] and [SEP]").by_chance, 2.0 / 5);
  EXPECT_NEAR(of("the token after").heads[0].share, 1.0 / 3, 1e-9);  // head 1: of bank . bank only the last
  EXPECT_EQ(of("the same piece elsewhere").heads[0].share, 0);
  EXPECT_NEAR(of("punctuation").heads[0].share, 1.0 / 2, 1e-9);  // head 0: the second bank
}

}  // namespace
}  // namespace riverbank
