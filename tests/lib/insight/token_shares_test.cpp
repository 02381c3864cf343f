#include "lib/insight/token_shares.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <numeric>
#include <sstream>

#include "riverbank/model.h"
#include "tests/support/needs_model.h"
#include "tests/support/tiny_model.h"

namespace riverbank {
namespace {

double sum_of(const TextShares& shares) {
  return std::accumulate(shares.shares.begin(), shares.shares.end(), shares.constant);
}

double dot(std::span<const float> a, std::span<const float> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// Asks every question of `at_once` passages; returns the worst difference of sums and of the cosine from the vectors'.
std::pair<double, double> worst_of(const Embedder& embedder, const std::vector<std::string>& questions,
                                   const std::vector<std::string>& passages, std::size_t at_once) {
  double sums = 0;
  double cosines = 0;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    std::vector<std::string_view> some;
    for (std::size_t j = 0; j < at_once; ++j) some.emplace_back(passages[(i + 5 * j) % passages.size()]);
    const auto question = embedder.embed(questions[i], TextKind::kQuery);
    const Embeddings vectors = embedder.embed(some);
    const auto all = TokenShares(embedder, questions[i]).of(some);
    for (std::size_t j = 0; j < some.size(); ++j) {
      EXPECT_EQ(all[j].question.places.size(), all[j].question.shares.size());
      EXPECT_EQ(all[j].passage.places.size(), all[j].passage.shares.size());
      for (const TextShares* text : {&all[j].question, &all[j].passage}) {
        sums = std::max(sums, std::abs(sum_of(*text) - all[j].cosine));
      }
      cosines = std::max(cosines, std::abs(all[j].cosine - dot(question, vectors.row(j))));
    }
  }
  return {sums, cosines};
}

class TokenSharesOf : public ::testing::TestWithParam<Pooling> {};

TEST_P(TokenSharesOf, AnyTextAddUpToTheCosine) {
  const Embedder embedder(testing::share(testing::tiny_model(GetParam())));
  const std::vector<std::string> texts{"",           "river",         "She sat on the bank of the river.",
                                       "\xff\xfe\n", "money, money?", std::string(2000, 'a') + " river bank"};
  const auto [sums, cosines] = worst_of(embedder, texts, texts, 2);
  EXPECT_LT(sums, 1e-5);
  EXPECT_LT(cosines, 1e-5);
  EXPECT_TRUE(TokenShares(embedder, "river").of(std::span<const std::string_view>()).empty());
}

TEST_P(TokenSharesOf, AreTheSameForAPassageAloneAndAmongOthers) {
  const Embedder embedder(testing::share(testing::tiny_model(GetParam())));
  const TokenShares shares(embedder, "the river");
  const std::vector<std::string_view> texts{"A boat.", "She sat on the bank of the river.", "loan"};
  EXPECT_EQ(shares.of(texts)[1].passage.shares, shares.of(std::span(texts).subspan(1, 1))[0].passage.shares);
}

INSTANTIATE_TEST_SUITE_P(Poolings, TokenSharesOf, ::testing::Values(Pooling::kMean, Pooling::kCls),
                         [](const auto& suite) { return suite.param == Pooling::kCls ? "Cls" : "Mean"; });

TEST(TokenShares, OfAMeanAreTheTextbookOnes) {
  const Embedder embedder(testing::share(testing::tiny_model(Pooling::kMean)));
  const std::string_view passage = "The boat.";
  const auto question = embedder.embed("river", TextKind::kQuery);
  const auto tokens = embedder.token_vectors(passage);
  std::vector<double> sum(question.size());
  for (const TokenVector& token : tokens) {
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += static_cast<double>(token.vector[i]);
  }
  const double length = std::sqrt(std::inner_product(sum.begin(), sum.end(), sum.begin(), 0.0));
  const auto found = TokenShares(embedder, "river").of(std::span(&passage, 1)).at(0).passage;
  ASSERT_EQ(found.shares.size(), tokens.size());
  EXPECT_EQ(found.constant, 0);
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    EXPECT_NEAR(found.shares[t], dot(question, tokens[t].vector) / length, 1e-6);
  }
}

class TokenSharesOfRealModels : public ::testing::TestWithParam<const char*> {};

/// 50 questions, the shipped ones and their words turned round, each of the beginning of a shipped document.
TEST_P(TokenSharesOfRealModels, AddUpOnFiftyQuestions) {
  RIVERBANK_NEEDS_MODEL(GetParam());
  std::vector<std::string> questions, passages;
  std::ifstream file(RIVERBANK_SOURCE_DIR "/samples/questions.tsv");
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    questions.push_back(line.substr(0, line.find('\t')));
    std::istringstream words(questions.back());
    std::string turned;
    for (std::string word; words >> word;) turned = word + " " + turned;
    questions.push_back(turned);
  }
  questions.insert(questions.end(), {"bank", "The animal didn't cross the street because it was too tired"});
  ASSERT_EQ(questions.size(), 50U);
  for (const auto& entry : std::filesystem::directory_iterator(RIVERBANK_SOURCE_DIR "/samples/documents")) {
    std::ifstream document(entry.path());
    std::string text(200, ' ');
    document.read(text.data(), static_cast<std::streamsize>(text.size()));
    passages.push_back(text);
  }
  std::sort(passages.begin(), passages.end());
  // The layers that FrozenLayers makes linear are computed in float32, whatever runs below them.
  for (const auto& [precision, least_cosines] : {std::pair("f32", 1e-3), std::pair("", 1e-2)}) {
    const Embedder embedder = Embedder::load(GetParam(), {.precision = precision});
    const auto [sums, cosines] = worst_of(embedder, questions, passages, 1);
    std::cout << "  " << GetParam() << " in " << embedder.info().precision << ": shares add up within " << sums
              << "; the cosine is the vectors' within " << cosines << '\n';
    EXPECT_LT(sums, 1e-5);
    EXPECT_LT(cosines, least_cosines);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, TokenSharesOfRealModels, ::testing::Values("bge-small-en-v1.5", "all-MiniLM-L6-v2"),
                         [](const auto& suite) { return std::string(suite.param).substr(0, 3); });

}  // namespace
}  // namespace riverbank
