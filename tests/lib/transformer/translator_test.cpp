// The translation model of samples/translate_numbers through the library alone: how often it is right on numbers that
// it was not trained on, what its words look at, and what it refuses.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "riverbank/translation.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace riverbank {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using testing::expect_error;

const fs::path kSample = fs::path(RIVERBANK_SOURCE_DIR) / "samples/translate_numbers";

const Translator& translator() {
  static const Translator loaded = Translator::load(kSample / "model");
  return loaded;
}

struct HeldBack {
  std::string number, english, french;
};

/// What train.py kept from the model: 500 numbers each of 3, 4, 5 and 6 digits that are not round, as num2words says
/// them.
std::vector<HeldBack> held_back() {
  std::ifstream file(kSample / "held_back.tsv");
  std::vector<HeldBack> pairs;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    HeldBack pair;
    std::getline(std::getline(std::getline(fields, pair.number, '\t'), pair.english, '\t'), pair.french);
    pairs.push_back(pair);
  }
  return pairs;
}

TEST(Translator, IsRightOnNumbersThatItNeverSaw) {
  const std::vector<HeldBack> pairs = held_back();
  ASSERT_EQ(pairs.size(), 2000U);
  for (const TranslatorOptions& options : {TranslatorOptions{.beam_width = 1}, TranslatorOptions{}}) {
    int right = 0;
    for (const HeldBack& pair : pairs) {
      const std::string french = translator().translate(pair.english, options).text;
      right += french == pair.french ? 1 : 0;
      if (french != pair.french) fmt::print("{}: \"{}\", not \"{}\"\n", pair.number, french, pair.french);
    }
    fmt::print("beam of {}: {} of {} exact\n", options.beam_width, right, pairs.size());
    EXPECT_GE(right, 1980) << "of 2,000, beam of " << options.beam_width;
  }
}

/// French numbers by rule, 0 to 999,999, and held to what num2words says.
std::string below_hundred(int n) {
  static const std::vector<std::string> names = {"zéro",  "un",     "deux",     "trois",  "quatre", "cinq",
                                                 "six",   "sept",   "huit",     "neuf",   "dix",    "onze",
                                                 "douze", "treize", "quatorze", "quinze", "seize"};
  static const std::vector<std::string> tens = {"", "", "vingt", "trente", "quarante", "cinquante", "soixante"};
  if (n < 17) return names[static_cast<std::size_t>(n)];
  if (n < 20) return "dix-" + below_hundred(n - 10);
  if (n == 80) return "quatre-vingts";
  if (n > 80) return "quatre-vingt-" + below_hundred(n - 80);
  const int ten = std::min(n / 10, 6);  // soixante et onze
  const int rest = n - 10 * ten;
  const std::string& name = tens[static_cast<std::size_t>(ten)];
  if (rest == 0) return name;
  return name + (rest == 1 || rest == 11 ? " et " : "-") + below_hundred(rest);
}

std::string below_thousand(int n, bool before_thousand = false) {
  const int rest = n % 100;
  const bool is_plural = !before_thousand;
  std::string said;
  if (n >= 100)
    said = (n >= 200 ? below_hundred(n / 100) + " " : "") + "cent" + (n >= 200 && rest == 0 && is_plural ? "s" : "");
  if (rest > 0 || n == 0)
    said += (said.empty() ? "" : " ") + (rest == 80 && !is_plural ? "quatre-vingt" : below_hundred(rest));
  return said;
}

std::string french(int n) {
  if (n < 1000) return below_thousand(n);
  const std::string thousands = n < 2000 ? "mille" : below_thousand(n / 1000, true) + " mille";
  return n % 1000 == 0 ? thousands : thousands + " " + below_thousand(n % 1000);
}

/// English ones, with "and" before what is less than a hundred or without.
std::string english(int n, bool has_and) {
  static const std::vector<std::string> names = {
      "zero",   "one",    "two",    "three",    "four",     "five",    "six",     "seven",     "eight",    "nine",
      "ten",    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
      "twenty", "thirty", "forty",  "fifty",    "sixty",    "seventy", "eighty",  "ninety"};
  if (n < 20) return names[static_cast<std::size_t>(n)];
  if (n < 100) return names[18 + static_cast<std::size_t>(n / 10)] + (n % 10 > 0 ? "-" + english(n % 10, false) : "");
  const int unit = n < 1000 ? 100 : 1000;
  const int rest = n % unit;
  std::string said = english(n / unit, has_and) + (unit == 100 ? " hundred" : " thousand");
  if (rest > 0) said += (has_and && rest < 100 ? " and " : " ") + english(rest, has_and);
  return said;
}

TEST(NumbersByRule, AreWhatNum2wordsSays) {
  std::size_t with_and = 0;
  for (const HeldBack& pair : held_back()) {
    const int number = std::stoi(pair.number);
    EXPECT_EQ(french(number), pair.french);
    std::string plain = pair.english;
    std::erase(plain, ',');
    const bool has_and = plain == english(number, true);
    with_and += has_and ? 1 : 0;
    EXPECT_TRUE(has_and || plain == english(number, false)) << plain;
  }
  EXPECT_GE(with_and, held_back().size() / 2);
}

/// What a person tries first: each number below a thousand, said either way, and each round one.
TEST(Translator, IsRightOnSmallAndOnRoundNumbers) {
  const auto expect_right = [](int number, const std::string& words) {
    EXPECT_EQ(translator().translate(words).text, french(number)) << words;
  };
  for (int n = 0; n < 1000; ++n) {
    expect_right(n, english(n, true));
    if (english(n, false) != english(n, true)) expect_right(n, english(n, false));
    if (n >= 10) expect_right(100 * n, english(100 * n, true));
    if (n >= 100) expect_right(1000 * n, english(1000 * n, true));
  }
  expect_right(100, "a hundred");
  expect_right(101, "a hundred and one");
  expect_right(1000, "a thousand");
  expect_right(100'000, "a hundred thousand");
}

TEST(Translator, WritesWhatTheReaderExpects) {
  const Translation translation = translator().translate("Ninety-seven thousand, two hundred");
  EXPECT_EQ(translation.text, "quatre-vingt-dix-sept mille deux cents");
  EXPECT_THAT(translation.source, ElementsAre("ninety", "seven", "thousand", "two", "hundred", "[EOS]"));
  EXPECT_THAT(translation.target, ElementsAre("quatre", "-vingt", "-dix", "-sept", "mille", "deux", "cents", "[EOS]"));
  EXPECT_TRUE(translation.finished);
  EXPECT_GT(translation.log_probability, -0.1);
  for (const auto& [english, french] : {std::pair{"zero", "zéro"},
                                        {"eighty", "quatre-vingts"},
                                        {"eighty-one", "quatre-vingt-un"},
                                        {"seventy-one", "soixante et onze"},
                                        {"a hundred", "cent"},
                                        {"a thousand and one", "mille un"},
                                        {"two hundred", "deux cents"},
                                        {"two hundred and one", "deux cent un"},
                                        {"two hundred thousand", "deux cent mille"},
                                        {"eighty thousand and eighty", "quatre-vingt mille quatre-vingts"}}) {
    EXPECT_EQ(translator().translate(english).text, french);
  }
}

/// Nobody told it where to look. In one of its heads each French piece looks most at the English word that it comes
/// from, the three of "quatre-vingt-dix" at "ninety".
TEST(Translator, EachWordLooksAtTheOneItComesFrom) {
  const auto most_looked_at = [](const Translation& translation) {
    std::vector<std::string> words;
    for (std::size_t t = 0; t < translation.target.size(); ++t) {
      const std::vector<float> mean = translation.mean_attention(t);
      EXPECT_NEAR(std::accumulate(mean.begin(), mean.end(), 0.0F), 1.0F, 1e-5F);
      const auto weights = translation.attention_of(1, 1, t);
      EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0F), 1.0F, 1e-5F);
      const auto most = std::max_element(weights.begin(), weights.end()) - weights.begin();
      words.push_back(translation.source[static_cast<std::size_t>(most)]);
    }
    return words;
  };
  EXPECT_THAT(most_looked_at(translator().translate("ninety")), ElementsAre("ninety", "ninety", "ninety", "[EOS]"));
  EXPECT_THAT(most_looked_at(translator().translate("ninety-seven thousand two hundred")),
              ElementsAre("ninety", "ninety", "ninety", "seven", "thousand", "two", "hundred", "[EOS]"));
}

TEST(Translation, RefusesWhatItDoesNotHave) {
  const Translation translation = translator().translate("two");
  EXPECT_EQ(translation.attention_of(1, 1, 1).size(), 2U);
  expect_error(ErrorKind::kInvalidArgument, "no layer 2: it has 2", [&] { translation.attention_of(2, 0, 0); });
  expect_error(ErrorKind::kInvalidArgument, "no head 2: it has 2", [&] { translation.attention_of(0, 2, 0); });
  expect_error(ErrorKind::kInvalidArgument, "no piece 2: it has 2", [&] { translation.attention_of(0, 0, 2); });
  expect_error(ErrorKind::kInvalidArgument, "no piece 9", [&] { translation.mean_attention(9); });
}

TEST(Translator, NamesTheWordThatItDoesNotKnow) {
  expect_error(ErrorKind::kInvalidArgument, "\"million\" is not one of the 32 words that this model knows",
               [] { translator().translate("two million"); });
  expect_error(ErrorKind::kInvalidArgument, "\"97\" is not one", [] { translator().translate("97"); });
  expect_error(ErrorKind::kInvalidArgument, "\"\\xff\" is not one", [] { translator().translate("two \xff"); });
  expect_error(ErrorKind::kInvalidArgument, "no word to translate", [] { translator().translate(" - , "); });
  std::string long_text;
  for (int i = 0; i < 40; ++i) long_text += "two ";
  expect_error(ErrorKind::kInvalidArgument, "A text of 41 tokens is too long: the model has 32 positions",
               [&] { translator().translate(long_text); });
  expect_error(ErrorKind::kInvalidArgument, "the width is 0", [] { translator().translate("two", {.beam_width = 0}); });
}

/// A copy of the sample's model, one of whose files says something else.
class DamagedTranslator : public ::testing::Test {
 protected:
  DamagedTranslator() { fs::copy(kSample / "model", folder_.path() / "model"); }

  fs::path model() const { return folder_.path() / "model"; }
  void replace(const char* file, const std::string& what, const std::string& by) const {
    std::ifstream in(model() / file);
    std::string text(std::istreambuf_iterator<char>(in), {});
    const std::size_t place = text.find(what);
    ASSERT_NE(place, std::string::npos);
    std::ofstream(model() / file) << text.replace(place, what.size(), by);
  }
  void expect_refusal(ErrorKind kind, const std::string& part) const {
    expect_error(kind, part, [&] { Translator::load(model()); });
  }

  testing::TemporaryFolder folder_;
};

TEST_F(DamagedTranslator, OtherSizesAreNamed) {
  replace("config.json", "\"d_model\": 64", "\"d_model\": 32");
  expect_refusal(ErrorKind::kCorrupt,
                 "tensor \"source_embedding.weight\" has the shape (33, 64), but config.json asks for (33, 32)");
  replace("config.json", "\"d_model\": 32", "\"d_model\": 63");
  expect_refusal(ErrorKind::kCorrupt, "config.json: d_model must be even");
  replace("config.json", "\"d_model\": 63", "\"d_model\": 64");
  replace("config.json", "\"num_heads\": 2", "\"num_heads\": 3");
  expect_refusal(ErrorKind::kCorrupt, "config.json: num_heads must be a divisor of d_model");
  replace("config.json", "\"num_heads\": 3", "\"num_heads\": 2");
  replace("config.json", "\"relu\"", "\"gelu\"");
  expect_refusal(ErrorKind::kCorrupt, "config.json: activation must be \"relu\"");
}

TEST_F(DamagedTranslator, AnotherKindOfModelIsNamed) {
  replace("config.json", "encoder-decoder", "bert");
  expect_refusal(ErrorKind::kUnsupported, "a model of type \"bert\" cannot translate");
}

TEST_F(DamagedTranslator, OtherWordsAreNamed) {
  replace("vocabulary.json", "\"ninety\"", "\"nine\"");
  expect_refusal(ErrorKind::kCorrupt, "vocabulary.json: the word \"nine\" is there twice");
  replace("vocabulary.json", "\"nine\"", "\"neun\"");
  replace("vocabulary.json", "\"[EOS]\"", "\"[END]\"");
  expect_refusal(ErrorKind::kCorrupt, "vocabulary.json: the token [EOS] is missing");
  replace("vocabulary.json", "\"[END]\"", "7");
  expect_refusal(ErrorKind::kCorrupt, "vocabulary.json: source must be a list of up to 65536 words");
}

TEST_F(DamagedTranslator, AMissingOrCutFileIsNamed) {
  fs::resize_file(model() / "model.safetensors", 1000);
  expect_refusal(ErrorKind::kCorrupt, "model.safetensors");
  fs::remove(model() / "model.safetensors");
  expect_refusal(ErrorKind::kNotFound, "model.safetensors");
  fs::remove(model() / "config.json");
  expect_refusal(ErrorKind::kNotFound, "config.json");
}

}  // namespace
}  // namespace riverbank
