#include "index/search/late_interaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "index/search/best_sentence.h"
#include "tests/support/tiny_model.h"

namespace riverbank {
namespace {

using ::testing::Each;
using ::testing::SizeIs;

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double product = 0;
  double squares_a = 0;
  double squares_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    squares_a += static_cast<double>(a[i]) * static_cast<double>(a[i]);
    squares_b += static_cast<double>(b[i]) * static_cast<double>(b[i]);
  }
  return product / std::sqrt(squares_a * squares_b);
}

Model model_of_layers(int layers) {
  Model model = testing::tiny_model(Pooling::kMean, layers);
  model.embedding.query_prompt = "query: ";
  return model;
}

class LateInteractionTest : public ::testing::Test {
 protected:
  const Embedder embedder_{testing::share(model_of_layers(2))};
};

/// The formula once more, token by token, from the readable list of token vectors.
TEST_F(LateInteractionTest, IsTheWeightedMeanOfTheBestSimilarities) {
  const std::string question = "boats of the bank";
  const std::vector<WordWeight> words{{0, 5, 4}, {6, 8, 0}, {9, 12, 1}, {13, 17, 3}};
  const std::string passage = "She sat on the bank. The river, the boat.";
  const LateInteraction late(embedder_, question, words);
  ASSERT_THAT(late.tokens(), SizeIs(5));  // boat ##s of the bank: neither [CLS], [SEP] nor the prompt
  const std::vector<double> weights{2.0 / 8, 2.0 / 8, 0, 1.0 / 8, 3.0 / 8};
  for (std::size_t i = 0; i < weights.size(); ++i) EXPECT_NEAR(late.tokens()[i].weight, weights[i], 1e-12);

  const std::vector<LateMatch> matches = late.match(std::vector<LatePassage>{{passage, {}}});
  double expected = 0;
  std::size_t token = 0;
  for (const TokenVector& q : embedder_.token_vectors(question, TextKind::kQuery)) {
    if (q.begin == q.end) continue;
    double best = -1;
    TokenPlace place;
    for (const TokenVector& p : embedder_.token_vectors(passage)) {
      if (p.begin == p.end) continue;
      const double similarity = cosine(q.vector, p.vector);
      if (similarity > best) {
        best = similarity;
        place = {p.begin, p.end};
      }
    }
    EXPECT_NEAR(matches[0].tokens.at(token).similarity, best, 1e-5);
    EXPECT_EQ(matches[0].tokens[token].place.begin, place.begin);
    EXPECT_EQ(matches[0].tokens[token].place.end, place.end);
    expected += weights.at(token++) * best;
  }
  EXPECT_NEAR(matches[0].score, expected, 1e-5);
}

TEST_F(LateInteractionTest, GivesTheQuestionsOwnVector) {
  for (const int layers : {2, 6}) {
    const Embedder embedder{testing::share(model_of_layers(layers))};
    const LateInteraction late(embedder, "the river bank", {});
    const std::vector<float> alone = embedder.embed("the river bank", TextKind::kQuery);
    EXPECT_TRUE(std::ranges::equal(late.question_vector(), alone)) << layers;  // bit for bit
  }
}

TEST(LateInteraction, ComparesTheTokensOfADeepModelTwoLayersBeforeItsEnd) {
  const Embedder embedder{testing::share(model_of_layers(6))};
  const std::string_view question = "boat", passage = "the river boat";
  const auto after = [&](std::string_view text, TextKind kind, std::size_t token) {
    const TextStates states = embedder.hidden_states(std::span(&text, 1), {{4}}, kind).front();
    const auto row = states.after.at(4).begin() + static_cast<std::ptrdiff_t>(token * embedder.info().dimensions);
    return std::vector<float>(row, row + static_cast<std::ptrdiff_t>(embedder.info().dimensions));
  };
  const LateInteraction late(embedder, question, {});
  const LateMatch match = late.match(std::vector<LatePassage>{{passage, {}}})[0];
  const std::vector<float> asked = after(question, TextKind::kQuery, 3);  // behind [CLS] query :
  double best = -1;
  for (const std::size_t token : {1, 2, 3})
    best = std::max(best, cosine(asked, after(passage, TextKind::kPassage, token)));
  EXPECT_NEAR(match.score, best, 1e-6);
}

TEST_F(LateInteractionTest, ManyPassagesAreEachAlone) {
  const LateInteraction late(embedder_, "money in the bank", {});
  const std::vector<LatePassage> passages{
      {"The money.", {{0, 10}}}, {"", {}}, {"A boat. The bank of the river.", {{0, 7}, {8, 30}}}, {" \n", {}}};
  const std::vector<LateMatch> all = late.match(passages);
  ASSERT_THAT(all, SizeIs(4));
  for (std::size_t i = 0; i < passages.size(); ++i) {
    const LateMatch alone = late.match(std::span(passages).subspan(i, 1))[0];
    EXPECT_EQ(all[i].score, alone.score);
    EXPECT_EQ(all[i].sentences, alone.sentences);
    EXPECT_THAT(all[i].sentences, SizeIs(passages[i].sentences.size()));
  }
  EXPECT_EQ(all[1].score, 0);
  EXPECT_TRUE(all[1].tokens.empty());
  EXPECT_TRUE(late.match({}).empty());
}

TEST_F(LateInteractionTest, WhatTheCacheHoldsIsMatchedAlike) {
  const std::vector<LatePassage> passages{{"The money.", {{0, 10}}}, {"A boat. The bank.", {{0, 7}, {8, 17}}}};
  TokenCache cache(1U << 20U);
  const LateInteraction plain(embedder_, "money in the bank", {});
  const LateInteraction caching(embedder_, "money in the bank", {}, &cache);
  caching.match(std::span(passages).last(1));
  EXPECT_NE(cache.find(embedder_.info().fingerprint, passages[1].encoded), nullptr);
  for (int times = 0; times < 2; ++times) {  // one out of the cache, then both
    const std::vector<LateMatch> expected = plain.match(passages);
    const std::vector<LateMatch> matches = caching.match(passages);
    for (std::size_t i = 0; i < passages.size(); ++i) {
      EXPECT_EQ(matches[i].score, expected[i].score);
      EXPECT_EQ(matches[i].sentences, expected[i].sentences);
    }
  }
  EXPECT_FALSE(caching.match(passages, {.after_layers = {1}})[0].states.after.at(1).empty());
}

TEST_F(LateInteractionTest, WithoutWeightsAllTokensWeighTheSame) {
  for (const std::vector<WordWeight>& words : {std::vector<WordWeight>{}, {{0, 3, 0}, {4, 8, 0}}}) {
    const LateInteraction late(embedder_, "the bank", words);
    ASSERT_THAT(late.tokens(), SizeIs(2));
    EXPECT_NEAR(late.tokens()[0].weight, 0.5, 1e-12);
    EXPECT_NEAR(late.tokens()[1].weight, 0.5, 1e-12);
  }
  const LateInteraction nothing(embedder_, "", {});
  EXPECT_TRUE(nothing.tokens().empty());
  EXPECT_EQ(nothing.match(std::vector<LatePassage>{{"The bank.", {{0, 9}}}})[0].score, 0);
}

/// What the title or the sentence before says need not be said again: the same sentence scores more behind it.
TEST_F(LateInteractionTest, SentencesHaveTheirContext) {
  const LateInteraction late(embedder_, "money river", {});
  const auto second_of = [&](const std::string& first, const std::string& second) {
    const std::string passage = first + " " + second;
    const LateMatch match =
        late.match(std::vector<LatePassage>{{passage, {{0, first.size()}, {first.size() + 1, passage.size()}}}})[0];
    return match.sentences.at(1);
  };
  const auto lone = [&](const std::string& sentence, const std::string& title) {
    const std::string passage = title + sentence;
    return late.match(std::vector<LatePassage>{{passage, {{title.size(), passage.size()}}}})[0].sentences.at(0);
  };
  EXPECT_GT(second_of("Money river money.", "She sat."), second_of("He sat on.", "She sat."));
  EXPECT_GT(lone("She sat.", "money river\n"), lone("She sat.", "on\n"));
}

TEST_F(LateInteractionTest, SentencesBehindTheModelsLimitAreWorthTheirContextOnly) {
  std::string passage;
  std::vector<TextRange> sentences;
  for (int i = 0; i < 40; ++i) {
    sentences.push_back({passage.size(), passage.size() + 4});
    passage += "She. ";
  }
  const LateInteraction late(embedder_, "she", {});
  const LateMatch match = late.match(std::vector<LatePassage>{{passage, sentences}})[0];
  ASSERT_THAT(match.sentences, SizeIs(40));
  EXPECT_THAT(match.sentences, Each(::testing::Truly([](double score) { return std::isfinite(score); })));
  EXPECT_LT(match.sentences.back(), match.sentences.front());
}

}  // namespace
}  // namespace riverbank
