#include "lib/insight/mean_attention.h"

#include <gtest/gtest.h>

#include <cmath>

#include "riverbank/transformer.h"
#include "tests/support/expect_error.h"
#include "tests/support/tiny_model.h"

namespace riverbank {
namespace {

/// lib/transformer, which computes every head in the plain way, is the oracle.
TEST(MeanAttention, IsTheMeanOfTheReadableEncodersHeads) {
  const auto model = testing::share(testing::tiny_model());
  const Transformer transformer(model);
  const std::vector<std::string_view> texts{"She sat on the bank of the river.", "", "loan"};
  const Embedder embedder(model);
  const std::vector<TextStates> states = embedder.hidden_states(texts, {.after_layers = {1}, .attention = true});
  const std::vector<const TextStates*> places{&states[0], &states[1], &states[2]};
  const std::vector<Trace> means = mean_attention(*model, texts, places);
  EXPECT_TRUE(mean_attention(*model, {}, {}).empty());
  const std::vector<TextStates> without = embedder.hidden_states(std::span(texts).first(1), {{1}});
  const TextStates* const place = &without[0];
  testing::expect_error(ErrorKind::kInvalidArgument, "without their attention",
                        [&] { mean_attention(*model, std::span(texts).first(1), std::span(&place, 1)); });
  ASSERT_EQ(means.size(), texts.size());
  float worst = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Trace full = transformer.trace(texts[i]);
    ASSERT_EQ(means[i].tokens.size(), full.tokens.size());
    ASSERT_EQ(means[i].layers, full.layers);
    for (std::size_t layer = 0; layer < full.layers; ++layer) {
      for (std::size_t t = 0; t < full.tokens.size(); ++t) {
        EXPECT_EQ(means[i].tokens[t].piece, full.tokens[t].piece);
        EXPECT_EQ(means[i].tokens[t].begin, full.tokens[t].begin);
        for (std::size_t j = 0; j < full.tokens.size(); ++j) {
          float mean = 0;
          for (std::size_t head = 0; head < full.heads; ++head) mean += full.attention_of(layer, head, t)[j];
          mean /= static_cast<float>(full.heads);
          worst = std::max(worst, std::abs(mean - means[i].attention_of(layer, 0, t)[j]));
        }
      }
    }
  }
  EXPECT_LT(worst, 1e-5F);
}

}  // namespace
}  // namespace riverbank
