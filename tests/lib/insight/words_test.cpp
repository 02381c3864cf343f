#include "lib/insight/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "riverbank/transformer.h"
#include "tests/support/expect_error.h"
#include "tests/support/tiny_model.h"

namespace riverbank {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::HasSubstr;
using testing::share;
using testing::tiny_model;

class Words : public ::testing::Test {
 protected:
  Trace trace(std::string_view text) const { return transformer_.trace(text); }
  WordPlace place(std::string_view text, std::string_view name) const {
    return place_of_word(text, trace(text).tokens, parse_word_name(name));
  }
  std::vector<std::size_t> words(std::string_view text) const { return words_of_tokens(text, trace(text).tokens); }

  Transformer transformer_{share(tiny_model())};
};

TEST_F(Words, AreFoundByTheirTokens) {
  const std::string_view text = "She sat on the bank.";
  const WordPlace bank = place(text, "bank");
  EXPECT_EQ(bank.span.of(text), "bank");
  EXPECT_EQ(bank.first_token, 5U);  // [CLS] she sat on the bank
  EXPECT_EQ(bank.pieces(), 1U);
  EXPECT_EQ(place(text, "SHE").first_token, 1U);
}

TEST_F(Words, OfSeveralPiecesAndOfSeveralWordsAreOnePlace) {
  const std::string_view text = "The boats didn't  sail on.";
  EXPECT_EQ(place(text, "boats").pieces(), 2U);  // boat ##s
  EXPECT_EQ(place(text, "didn't").span.of(text), "didn't");
  EXPECT_EQ(place(text, "sail on").span.of(text), "sail on");
  EXPECT_EQ(place(text, "didn't sail").span.of(text), "didn't  sail");
  EXPECT_EQ(place("The bank's boat.", "bank").span.begin, 4U);
  EXPECT_EQ(place("a river-bank", "bank").span.begin, 8U);
}

TEST_F(Words, AreWholeWordsOfAnyCaseAndAccent) {
  const std::string_view text = "banks BANK b\xc3\xa1nk bank";
  const auto all = find_word(text, trace(text).tokens, "bank");
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].span.of(text), "BANK");
  EXPECT_EQ(place(text, "bank#3").span.begin, 17U);
}

TEST_F(Words, ThatAreMissingAreSaidWithWhatIsThere) {
  expect_error(ErrorKind::kInvalidArgument, "\"The boats.\" does not have the word \"boat\"; it has boats",
               [&] { place("The boats.", "boat"); });
  expect_error(ErrorKind::kInvalidArgument, "it has The, boats", [&] { place("The boats.", "money"); });
  expect_error(ErrorKind::kInvalidArgument, "has the word \"bank\" once, so there is no \"bank#2\"",
               [&] { place("The bank.", "bank#2"); });
  expect_error(ErrorKind::kInvalidArgument, "no word at all", [&] { place("", "bank"); });
  expect_error(ErrorKind::kInvalidArgument, "count from 1", [&] { place("bank", "bank#0"); });
  expect_error(ErrorKind::kInvalidArgument, "is empty", [&] { place("bank", " "); });
  expect_error(ErrorKind::kInvalidArgument, "in the first 32 tokens of it, which is what the model reads",
               [&] { place(std::string(60, '?') + " bank", "bank"); });
  expect_error(ErrorKind::kInvalidArgument, "\\u202e", [&] { place("bank \xe2\x80\xae", "river"); });
}

TEST_F(Words, NamesWithANumberSignAreWordsUnlessANumberFollows) {
  EXPECT_EQ(parse_word_name("c#").word, "c#");
  EXPECT_EQ(parse_word_name("c#2").occurrence, 2U);
  EXPECT_EQ(parse_word_name("#2").word, "#2");
  EXPECT_EQ(parse_word_name(" New \n York#12").word, "New York");
}

TEST_F(Words, AreFoundAmongTheEmbeddersTokensToo) {
  const std::string_view text = "the boats";
  std::vector<TokenVector> tokens;
  for (const TracedToken& token : trace(text).tokens) tokens.push_back({token.begin, token.end, token.piece, {}});
  const auto found = find_word(text, tokens, "boats");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].first_token, 2U);
}

TEST_F(Words, VectorsAreTheMeanOfThePiecesAtEachLayer) {
  const std::string_view text = "The boats.";
  const Trace whole = trace(text);
  const WordPlace boats = place(text, "boats");
  for (const int layer : {kWordTable, 0, 1, 2}) {
    const std::vector<float> vector = word_vector(whole, boats, layer);
    ASSERT_EQ(vector.size(), 24U);
    for (std::size_t d = 0; d < vector.size(); ++d) {
      const auto of = [&](std::size_t token) {
        return layer == kWordTable ? whole.word_row(token)[d]
                                   : whole.hidden_state(static_cast<std::size_t>(layer), token)[d];
      };
      EXPECT_NEAR(vector[d], (of(2) + of(3)) / 2, 1e-6);
    }
  }
  expect_error(ErrorKind::kInvalidArgument, "1 to 2", [&] { word_vector(whole, boats, 3); });
  expect_error(ErrorKind::kInvalidArgument, "no layer -2", [&] { word_vector(whole, boats, -2); });
}

TEST(Cosine, IsOfDirectionsOnly) {
  const std::vector<float> x{1, 0};
  const std::vector<float> y{3, 3};
  EXPECT_NEAR(cosine(x, y), 0.70710678, 1e-7);
  EXPECT_EQ(cosine(x, x), 1.0);
  EXPECT_EQ(cosine(x, std::vector<float>{0, 0}), 0.0);
  expect_error(ErrorKind::kInvalidArgument, "2 numbers and one of 3", [&] { cosine(x, std::vector<float>(3)); });
}

TEST_F(Words, JoinTheirPiecesAsAReaderDoes) {
  EXPECT_THAT(words("The boats."), ElementsAre(0, 1, 2, 2, 3, 4));  // [CLS] The boat ##s . [SEP]
  EXPECT_THAT(words("she i't on"), ElementsAre(0, 1, 2, 2, 2, 3, 4));
  EXPECT_THAT(words("on,on"), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(words(""), ElementsAre(0, 1));
}

TEST_F(Words, OfHostileTextsKeepToTheirBytes) {
  for (const std::string_view text :
       {"bank \xff\xfe\xe2\x82", "\xe2\x80\xae bank", "</script> bank", "bank\x01 bank"}) {
    const Trace whole = trace(text);
    EXPECT_EQ(words(text).size(), whole.tokens.size());
    const auto found = find_word(text, whole.tokens, "bank");
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].span.of(text), "bank");
    for (const TracedToken& token : whole.tokens) EXPECT_THAT(shown(text, token), Not(HasSubstr("\xe2\x80\xae")));
  }
}

}  // namespace
}  // namespace riverbank
