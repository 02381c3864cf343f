#include "riverbank/transformer.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "lib/transformer/encoder.h"
#include "tests/support/expect_error.h"
#include "tests/support/tiny_model.h"

namespace riverbank {
namespace {

using testing::expect_error;
using testing::share;
using testing::tiny_model;

TEST(Transformer, TracesTokensStatesAndAttention) {
  const auto model = share(tiny_model());
  const Trace trace = Transformer(model).trace("The  boats.");
  EXPECT_EQ(trace.layers, 2U);
  EXPECT_EQ(trace.heads, 3U);
  EXPECT_EQ(trace.dimensions, 24U);
  ASSERT_EQ(trace.tokens.size(), 6U);
  EXPECT_EQ(trace.tokens[0].piece, "[CLS]");
  EXPECT_EQ(trace.tokens[3].piece, "##s");
  EXPECT_EQ(trace.tokens[3].begin, 9U);
  EXPECT_EQ(trace.tokens[3].end, 10U);
  EXPECT_EQ(trace.hidden_states.size(), 3U * 6 * 24);
  EXPECT_EQ(trace.attention.size(), 2U * 3 * 6 * 6);

  const Encoding encoding = model->tokenizer.encode("The  boats.", 32);
  const Matrix hidden = Encoder(model->config, model->weights).forward(encoding.ids, encoding.type_ids);
  for (std::size_t token = 0; token < 6; ++token) {
    const std::span<const float> last = trace.hidden_state(2, token);
    EXPECT_TRUE(std::equal(last.begin(), last.end(), hidden.row(static_cast<Eigen::Index>(token)).begin()));
    for (std::size_t layer = 0; layer < 2; ++layer) {
      for (std::size_t head = 0; head < 3; ++head) {
        const std::span<const float> row = trace.attention_of(layer, head, token);
        EXPECT_EQ(row.size(), 6U);
        EXPECT_NEAR(std::accumulate(row.begin(), row.end(), 0.0F), 1.0F, 1e-5);
      }
    }
  }
}

TEST(Transformer, TracesTheTablesRowsThatNoContextChanges) {
  const auto model = share(tiny_model());
  const Transformer transformer(model);
  const Trace one = transformer.trace("the bank");
  const Trace other = transformer.trace("she sat on the bank");
  const auto copy = [](std::span<const float> row) { return std::vector<float>(row.begin(), row.end()); };
  EXPECT_EQ(copy(one.word_row(2)), copy(other.word_row(5)));
  EXPECT_NE(copy(one.word_row(2)), copy(one.word_row(1)));
  const auto row = model->weights.embeddings.word.row(model->tokenizer.encode("bank", 3).ids[1]);
  EXPECT_TRUE(std::equal(row.begin(), row.end(), one.word_row(2).begin()));
  EXPECT_NE(copy(one.hidden_state(0, 2)), copy(other.hidden_state(0, 5)));  // another place
}

TEST(Transformer, TracesAPair) {
  const auto model = share(tiny_model());
  const Trace trace = Transformer(model).trace_pair("the bank", "of money");
  ASSERT_EQ(trace.tokens.size(), 7U);  // [CLS] the bank [SEP] of money [SEP]
  EXPECT_TRUE(trace.tokens[3].special);
  EXPECT_EQ(trace.tokens[3].text, 0U);
  EXPECT_EQ(trace.tokens[4].text, 1U);
  EXPECT_FALSE(trace.tokens[4].special);
  EXPECT_EQ(trace.tokens[4].begin, 0U);  // bytes of its own text
  EXPECT_FALSE(trace.truncated);
  const Encoding encoding = model->tokenizer.encode_pair("the bank", "of money", 32);
  const Matrix hidden = Encoder(model->config, model->weights).forward(encoding.ids, encoding.type_ids);
  const std::span<const float> last = trace.hidden_state(2, 6);
  EXPECT_TRUE(std::equal(last.begin(), last.end(), hidden.row(6).begin()));
  EXPECT_TRUE(Transformer(model).trace_pair(std::string(100, '?'), "of money").truncated);
}

TEST(Transformer, LayersAndHeadsAreKeptApart) {
  const Trace trace = Transformer(share(tiny_model())).trace("she sat on the bank");
  const auto copy = [](std::span<const float> row) { return std::vector<float>(row.begin(), row.end()); };
  EXPECT_NE(copy(trace.attention_of(0, 0, 1)), copy(trace.attention_of(0, 1, 1)));
  EXPECT_NE(copy(trace.attention_of(0, 0, 1)), copy(trace.attention_of(1, 0, 1)));
  EXPECT_NE(copy(trace.hidden_state(0, 1)), copy(trace.hidden_state(1, 1)));
}

TEST(Transformer, PromptAndLimitAreTheEmbedders) {
  Model model = tiny_model();
  model.embedding.query_prompt = "query: ";
  const Transformer transformer(share(std::move(model)));
  const Trace asked = transformer.trace("the bank", TextKind::kQuery);
  ASSERT_EQ(asked.tokens.size(), 6U);
  EXPECT_EQ(asked.tokens[1].piece, "query");
  EXPECT_EQ(asked.tokens[1].begin, asked.tokens[1].end);
  EXPECT_EQ(asked.tokens[4].begin, 4U);
  EXPECT_EQ(asked.tokens[4].end, 8U);
  EXPECT_EQ(transformer.trace(std::string(1000, '?')).tokens.size(), 32U);
}

TEST(Transformer, AnyBytesAreAText) {
  const Transformer transformer(share(tiny_model()));
  EXPECT_EQ(transformer.trace("").tokens.size(), 2U);
  const Trace trace = transformer.trace("bank \xff\xfe\xe2\x82");
  for (const TracedToken& token : trace.tokens) EXPECT_LE(token.end, 9U);
}

TEST(Transformer, WhatTheTraceDoesNotHaveIsRefused) {
  const Trace trace = Transformer(share(tiny_model())).trace("the bank");
  expect_error(ErrorKind::kInvalidArgument, "no layer 2: it has 2", [&] { trace.attention_of(2, 0, 0); });
  expect_error(ErrorKind::kInvalidArgument, "no head 3: it has 3", [&] { trace.attention_of(0, 3, 0); });
  expect_error(ErrorKind::kInvalidArgument, "no token 4: it has 4", [&] { trace.attention_of(0, 0, 4); });
  expect_error(ErrorKind::kInvalidArgument, "no token 4: it has 4", [&] { trace.hidden_state(0, 4); });
  expect_error(ErrorKind::kInvalidArgument, "no token 4: it has 4", [&] { trace.word_row(4); });
  expect_error(ErrorKind::kInvalidArgument, "no layer 3: it has 3", [&] { trace.hidden_state(3, 0); });
}

}  // namespace
}  // namespace riverbank
