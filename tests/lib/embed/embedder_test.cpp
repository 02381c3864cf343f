#include "riverbank/embedder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "lib/embed/pooling.h"
#include "lib/math/cpu.h"
#include "lib/math/precision.h"
#include "lib/transformer/encoder.h"
#include "tests/support/expect_error.h"
#include "tests/support/tiny_model.h"

namespace riverbank {
namespace {

using testing::expect_error;
using testing::share;
using testing::tiny_model;

std::vector<float> row_of(const Embeddings& embeddings, std::size_t i) {
  const std::span<const float> row = embeddings.row(i);
  return {row.begin(), row.end()};
}

std::vector<std::string_view> views(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

Span place(const TokenVector& token) { return {token.begin, token.end}; }

/// Texts of all lengths from nothing to over the limit, more than are tokenized at a time and more than one batch.
std::vector<std::string> many_texts() {
  const std::vector<std::string> words = {"the",   "river", "bank", "money", "boats",
                                          "water", "she",   "sat",  "on",    "trees"};
  std::mt19937 generator(5);
  std::vector<std::string> texts(700);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    for (std::size_t word = 0; word < i % 40; ++word) texts[i] += words[generator() % words.size()] + " ";
  }
  return texts;
}

TEST(Embedder, IsTheReadableEncoderPooledAndNormalised) {
  for (const Pooling pooling : {Pooling::kCls, Pooling::kMean}) {
    const auto model = share(tiny_model(pooling));
    const Encoding encoding = model->tokenizer.encode("she sat on the bank of the river", 32);
    const Encoder encoder(model->config, model->weights);
    const Matrix hidden = encoder.forward(encoding.ids, encoding.type_ids);
    const RowVector expected =
        pooling == Pooling::kCls ? hidden.row(0).normalized() : hidden.colwise().mean().normalized();

    const std::vector<float> vector = Embedder(model).embed("she sat on the bank of the river");
    ASSERT_EQ(vector.size(), 24U);
    for (Eigen::Index d = 0; d < 24; ++d) EXPECT_NEAR(vector[static_cast<std::size_t>(d)], expected[d], 1e-5);
  }
}

TEST(Embedder, AloneInABatchPermutedAndWithAnyThreadsTheSameBits) {
  const auto model = share(tiny_model());
  const std::vector<std::string> texts = many_texts();
  std::vector<std::string_view> order = views(texts);
  const Embedder one(model, {.threads = 1});
  const Embeddings all = one.embed(order);
  ASSERT_EQ(all.rows, texts.size());
  ASSERT_EQ(all.values.size(), texts.size() * 24);

  for (std::size_t i = 0; i < texts.size(); i += 23) EXPECT_EQ(one.embed(texts[i]), row_of(all, i)) << "text " << i;

  std::vector<std::size_t> places(texts.size());
  std::iota(places.begin(), places.end(), 0);
  std::shuffle(places.begin(), places.end(), std::mt19937(2));
  for (std::size_t i = 0; i < places.size(); ++i) order[i] = texts[places[i]];
  for (const int threads : {1, 2, 3}) {
    const Embeddings permuted = Embedder(model, {.threads = threads}).embed(order);
    for (std::size_t i = 0; i < places.size(); ++i) {
      ASSERT_EQ(row_of(permuted, i), row_of(all, places[i])) << "text " << places[i] << ", " << threads << " threads";
    }
  }
}

TEST(Embedder, EveryVectorHasLengthOne) {
  const std::vector<std::string> texts = many_texts();
  const Embeddings all = Embedder(share(tiny_model())).embed(views(texts));
  for (std::size_t i = 0; i < all.rows; ++i) {
    double squares = 0;
    for (const float value : all.row(i)) squares += static_cast<double>(value) * static_cast<double>(value);
    ASSERT_NEAR(squares, 1.0, 1e-6) << "text " << i;
  }
}

TEST(Embedder, CountsTokensAndWhatWasCut) {
  const Embedder embedder(share(tiny_model()));
  std::string long_text;
  for (int i = 0; i < 31; ++i) long_text += "river ";
  const std::vector<std::string_view> texts = {"", "the boats", long_text};
  const Embeddings result = embedder.embed(texts);
  EXPECT_EQ(result.tokens, 2U + 5U + 32U);
  EXPECT_EQ(result.truncated, 1U);
  EXPECT_EQ(embedder.count_tokens(""), 2U);
  EXPECT_EQ(embedder.count_tokens("the boats"), 5U);  // the, boat, ##s
  EXPECT_EQ(embedder.count_tokens(long_text), 33U);
}

TEST(Embedder, NoTextsGiveNoVectors) {
  const Embeddings none = Embedder(share(tiny_model())).embed(std::span<const std::string_view>());
  EXPECT_EQ(none.rows, 0U);
  EXPECT_EQ(none.dimensions, 24U);
  EXPECT_TRUE(none.values.empty());
}

TEST(Embedder, AnyBytesAreAText) {
  const Embedder embedder(share(tiny_model()));
  std::mt19937 generator(11);
  std::string noise(1000, '\0');
  for (char& byte : noise) byte = static_cast<char>(generator());
  for (const std::string& text : {std::string("\xff\xfe\x80"), std::string("\xe2\x82"), std::string(1, '\0'), noise,
                                  std::string(1 << 20, 'x'), std::string(1 << 20, ' ')}) {
    EXPECT_EQ(embedder.embed(text).size(), 24U);
    EXPECT_EQ(embedder.embed(text, TextKind::kQuery).size(), 24U);
    for (const TokenVector& token : embedder.token_vectors(text)) {
      EXPECT_LE(token.begin, token.end);
      EXPECT_LE(token.end, text.size());
    }
  }
}

TEST(Embedder, AMillionBytesOfWordsAreCut) {
  const Embedder embedder(share(tiny_model()));
  std::string text;
  while (text.size() < (1 << 20)) text += "the river ";
  const std::vector<std::string_view> texts = {text};
  const Embeddings result = embedder.embed(texts);
  EXPECT_EQ(result.tokens, 32U);
  EXPECT_EQ(result.truncated, 1U);
  EXPECT_EQ(embedder.embed(text), embedder.embed(std::string_view(text).substr(0, 300)));
}

TEST(Embedder, TheQueryPromptIsReadBeforeAQuestionAlone) {
  Model with_prompt = tiny_model();
  with_prompt.embedding.query_prompt = "query: ";
  const Embedder embedder(share(std::move(with_prompt)));
  const Embedder plain(share(tiny_model()));
  EXPECT_EQ(embedder.embed("the bank"), plain.embed("the bank"));
  EXPECT_EQ(embedder.embed("the bank", TextKind::kQuery), plain.embed("query: the bank"));
  EXPECT_NE(embedder.embed("the bank", TextKind::kQuery), plain.embed("the bank"));
  EXPECT_EQ(embedder.count_tokens("the bank"), 4U);
  EXPECT_EQ(embedder.count_tokens("the bank", TextKind::kQuery), 6U);
}

TEST(Embedder, TheQueryPromptCountsTowardsTheLimit) {
  Model with_prompt = tiny_model();
  with_prompt.embedding.query_prompt = "query: ";
  const Embedder embedder(share(std::move(with_prompt)));
  std::string text;
  for (int i = 0; i < 30; ++i) text += "river ";
  const std::vector<std::string_view> texts = {text};
  EXPECT_EQ(embedder.embed(texts).truncated, 0U);  // 30 + 2 is the limit
  const Embeddings asked = embedder.embed(texts, TextKind::kQuery);
  EXPECT_EQ(asked.truncated, 1U);
  EXPECT_EQ(asked.tokens, 32U);
}

TEST(Embedder, TokenVectorsSayWhereTheyStand) {
  Model with_prompt = tiny_model();
  with_prompt.embedding.query_prompt = "query: ";
  const Embedder embedder(share(std::move(with_prompt)));

  const std::vector<TokenVector> passage = embedder.token_vectors("The  boats.");
  std::vector<std::string> pieces;
  for (const TokenVector& token : passage) {
    pieces.push_back(token.piece);
    EXPECT_EQ(token.vector.size(), 24U);
  }
  EXPECT_EQ(pieces, (std::vector<std::string>{"[CLS]", "the", "boat", "##s", ".", "[SEP]"}));
  EXPECT_EQ(place(passage[0]), (Span{0, 0}));
  EXPECT_EQ(place(passage[2]), (Span{5, 9}));
  EXPECT_EQ(place(passage[3]), (Span{9, 10}));

  const std::vector<TokenVector> query = embedder.token_vectors("The  boats.", TextKind::kQuery);
  ASSERT_EQ(query.size(), passage.size() + 2);
  EXPECT_EQ(query[1].piece, "query");
  EXPECT_EQ(query[1].begin, query[1].end);
  EXPECT_EQ(query[4].piece, "boat");
  EXPECT_EQ(place(query[4]), (Span{5, 9}));
}

TEST(Embedder, TheMeanOfTheTokenVectorsIsTheTextsVector) {
  const Embedder embedder(share(tiny_model()));
  const std::vector<TokenVector> tokens = embedder.token_vectors("she sat on the bank");
  RowVector sum = RowVector::Zero(24);
  for (const TokenVector& token : tokens) sum += RowVectorMap(token.vector.data(), 24);
  const RowVector expected = normalise(sum);
  const std::vector<float> vector = embedder.embed("she sat on the bank");
  for (Eigen::Index d = 0; d < 24; ++d) EXPECT_NEAR(vector[static_cast<std::size_t>(d)], expected[d], 1e-6);
}

TEST(Embedder, TokensOfManyTextsAreThoseOfEachAlone) {
  for (const Pooling pooling : {Pooling::kMean, Pooling::kCls}) {
    Model with_prompt = tiny_model(pooling);
    with_prompt.embedding.query_prompt = "query: ";
    const Embedder embedder(share(std::move(with_prompt)));
    const std::vector<std::string> texts = many_texts();
    const TokenEmbeddings all = embedder.token_vectors(views(texts), TextKind::kQuery);
    const Embeddings whole = embedder.embed(views(texts), TextKind::kQuery);
    EXPECT_EQ(all.texts.values, whole.values);  // bit for bit
    EXPECT_EQ(all.texts.rows, whole.rows);
    EXPECT_EQ(all.texts.tokens, whole.tokens);
    EXPECT_EQ(all.texts.truncated, whole.truncated);
    ASSERT_EQ(all.starts.size(), texts.size() + 1);
    ASSERT_EQ(all.places.size(), whole.tokens);
    for (std::size_t i = 0; i < texts.size(); i += 7) {
      const std::vector<TokenVector> alone = embedder.token_vectors(texts[i], TextKind::kQuery);
      ASSERT_EQ(all.starts[i + 1] - all.starts[i], alone.size());
      for (std::size_t t = 0; t < alone.size(); ++t) {
        const std::size_t row = all.starts[i] + t;
        EXPECT_EQ(all.places[row].begin, alone[t].begin);
        EXPECT_EQ(all.places[row].end, alone[t].end);
        EXPECT_TRUE(std::ranges::equal(all.row(row), alone[t].vector));
      }
    }
  }
  const TokenEmbeddings none = Embedder(share(tiny_model())).token_vectors(std::span<const std::string_view>());
  EXPECT_EQ(none.starts, std::vector<std::size_t>{0});
  EXPECT_TRUE(none.values.empty());
}

TEST(Embedder, TokensOfAnEarlierLayerComeWithTheTextsOwnVectors) {
  for (const Pooling pooling : {Pooling::kMean, Pooling::kCls}) {
    const Embedder embedder(share(tiny_model(pooling)));
    const std::vector<std::string_view> texts{"She sat on the bank.", "", "boats"};
    const std::vector<TextStates> states = embedder.hidden_states(texts, {{1}});
    const TokenEmbeddings early = embedder.token_vectors(texts, TextKind::kPassage, {}, 1);
    std::vector<float> expected;
    for (const TextStates& text : states) std::ranges::copy(text.after.at(1), std::back_inserter(expected));
    EXPECT_EQ(early.values, expected);
    EXPECT_EQ(early.texts.values, embedder.embed(texts).values);
    expect_error(ErrorKind::kInvalidArgument, "The model has 2 layers",
                 [&] { embedder.token_vectors(texts, TextKind::kPassage, {}, 3); });
  }
}

TEST(Embedder, HiddenStatesAreThoseAfterTheLayersThatWereAskedFor) {
  const Embedder embedder(share(tiny_model()));
  const std::vector<std::string_view> texts{"She sat on the bank.", "", "boats"};
  const StatesAsked layers{{2, 0}};
  const std::vector<TextStates> states = embedder.hidden_states(texts, layers);
  ASSERT_EQ(states.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::vector<TokenVector> tokens = embedder.token_vectors(texts[i]);
    ASSERT_EQ(states[i].places.size(), tokens.size());
    ASSERT_EQ(states[i].after.size(), 2U);
    EXPECT_EQ(states[i].after.at(0).size(), tokens.size() * 24);
    for (std::size_t t = 0; t < tokens.size(); ++t) {
      EXPECT_EQ(states[i].places[t].begin, tokens[t].begin);
      EXPECT_TRUE(std::ranges::equal(std::span(states[i].after.at(2)).subspan(t * 24, 24), tokens[t].vector));
    }
  }
  const std::vector<TextStates> alone = embedder.hidden_states(std::span(texts).subspan(1, 1), layers);
  EXPECT_EQ(alone[0].after, states[1].after);
  EXPECT_TRUE(alone[0].attention.empty());
  EXPECT_TRUE(embedder.hidden_states({}, layers).empty());
  const StatesAsked too_many{{1, 3}};
  expect_error(ErrorKind::kInvalidArgument, "no hidden states after 3",
               [&] { embedder.hidden_states(texts, too_many); });
  expect_error(ErrorKind::kInvalidArgument, "after no layer", [&] { embedder.hidden_states(texts, {}); });
}

TEST(Embedder, StopsBetweenBatches) {
  const Embedder embedder(share(tiny_model()), {.threads = 1});
  const std::vector<std::string> texts = many_texts();
  std::stop_source source;
  source.request_stop();
  expect_error(ErrorKind::kCancelled, "Stopped",
               [&] { embedder.embed(views(texts), TextKind::kPassage, source.get_token()); });

  // Far more than can be done before the stop comes: half a million texts.
  std::vector<std::string_view> endless;
  for (std::size_t i = 0; i < 500'000; ++i) endless.push_back(texts[i % texts.size()]);
  std::stop_source later;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    later.request_stop();
  });
  expect_error(ErrorKind::kCancelled, "Stopped",
               [&] { embedder.embed(endless, TextKind::kPassage, later.get_token()); });
  EXPECT_EQ(embedder.embed("the bank").size(), 24U);  // and goes on afterwards
}

TEST(Embedder, ManyThreadsTakeTurns) {
  const Embedder embedder(share(tiny_model()), {.threads = 2});
  const std::vector<std::string> texts = many_texts();
  const Embeddings expected = embedder.embed(views(texts));
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        if (t == 0 && embedder.embed(views(texts)).values != expected.values) ++wrong;
        for (std::size_t i = t; i < texts.size(); i += 50) {
          if (embedder.embed(texts[i]) != row_of(expected, i)) ++wrong;
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
}

/// A run of half a million texts must not keep a question waiting until it ends.
TEST(Embedder, AQuestionComesInBetween) {
  const Embedder embedder(share(tiny_model()), {.threads = 1});
  const std::vector<std::string> texts = many_texts();
  const std::vector<std::string_view> endless(500'000, texts.back());
  std::atomic<bool> was_stopped = false;
  std::jthread run([&](const std::stop_token& stop) {
    try {
      embedder.embed(endless, TextKind::kPassage, stop);
    } catch (const Error& error) {
      was_stopped = error.kind() == ErrorKind::kCancelled;
    }
  });
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
  while (std::chrono::steady_clock::now() < end) EXPECT_EQ(embedder.embed("the bank").size(), 24U);
  run.request_stop();
  run.join();
  EXPECT_TRUE(was_stopped);  // had the questions waited for the end, there would have been nothing left to stop
}

TEST(Embedder, AModelThatNobodyMeasuredStaysExact) { EXPECT_EQ(Embedder(share(tiny_model())).info().precision, "f32"); }

TEST(Embedder, AModelThatKeepsItsAnswersRunsInTheFastestPrecision) {
  Model model = tiny_model();
  model.keeps_answers_in_int8 = true;
  const auto measured = share(std::move(model));
  for (const InstructionSet set : supported_instruction_sets()) {
    const std::string name(to_string(set));
    EXPECT_EQ(Embedder(measured, {.instruction_set = name}).info().precision,
              to_string(supported_precisions(set).back()));
    EXPECT_EQ(Embedder(measured, {.instruction_set = name, .precision = "f32"}).info().precision, "f32");
  }
}

TEST(Embedder, TellsWhatItIs) {
  Model model = tiny_model(Pooling::kCls);
  model.embedding.query_prompt = "query: ";
  model.calibration = {.unread = {.cosine = 8, .words = 2, .constant = -5}, .read = {.sentence = 3}};
  const Embedder embedder(share(std::move(model)), {.threads = 3, .instruction_set = "portable"});
  const ModelInfo& info = embedder.info();
  EXPECT_EQ(info.name, "tiny");
  EXPECT_EQ(info.folder, "/nowhere/tiny");
  EXPECT_EQ(info.fingerprint, "00000000000000000000000000000000");
  EXPECT_EQ(info.layers, 2U);
  EXPECT_EQ(info.dimensions, 24U);
  EXPECT_EQ(info.heads, 3U);
  EXPECT_EQ(info.max_tokens, 32U);
  EXPECT_EQ(info.vocabulary, static_cast<std::size_t>(testing::tiny_config().vocabulary_size));
  EXPECT_EQ(info.pooling, "cls");
  EXPECT_EQ(info.query_prompt, "query: ");
  ASSERT_TRUE(info.calibration.has_value());
  EXPECT_EQ(info.calibration->unread.words, 2);
  EXPECT_EQ(info.calibration->read.sentence, 3);
  EXPECT_EQ(info.instruction_set, "portable");
  EXPECT_EQ(info.precision, "f32");
  EXPECT_EQ(info.threads, 3);
}

TEST(Embedder, RefusesOptionsAtOnce) {
  const auto model = share(tiny_model());
  expect_error(ErrorKind::kUnsupported, "the option asks for the precision \"fp4\"",
               [&] { Embedder(model, {.precision = "fp4"}); });
  expect_error(ErrorKind::kUnsupported, "sse9", [&] { Embedder(model, {.instruction_set = "sse9"}); });
  expect_error(ErrorKind::kInvalidArgument, "threads", [&] { Embedder(model, {.threads = -1}); });
  expect_error(ErrorKind::kNotFound, "no-such-model", [] { Embedder::load("no-such-model"); });
}

TEST(Embedder, WeightsThatAreNoNumbersAreToldNotReturned) {
  Model broken = tiny_model();
  std::vector<float> gamma(24, std::numeric_limits<float>::quiet_NaN());
  EncoderWeights weights{broken.weights.embeddings, {}, broken.weights.storage};
  for (const EncoderLayerWeights& layer : broken.weights.layers) {
    weights.layers.push_back({layer.attention, layer.attention_norm, layer.feed_forward,
                              LayerNormWeights{RowVectorMap(gamma.data(), 24), layer.output_norm.beta}});
  }
  const Embedder embedder(std::make_shared<const Model>(Model{.name = broken.name,
                                                              .folder = broken.folder,
                                                              .config = broken.config,
                                                              .embedding = broken.embedding,
                                                              .tokenizer = std::move(broken.tokenizer),
                                                              .weights = weights,
                                                              .fingerprint = broken.fingerprint}));
  expect_error(ErrorKind::kCorrupt, "not finite", [&] { embedder.embed("the bank"); });
}

}  // namespace
}  // namespace riverbank
