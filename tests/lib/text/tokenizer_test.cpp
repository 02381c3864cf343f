#include "lib/text/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "lib/base/printable.h"
#include "tests/lib/text/small_tokenizer.h"
#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using testing::pieces_of;
using testing::places_of;
using testing::small_tokenizer;
using testing::small_tokenizer_json;

const std::vector<std::string> kPieces = {
    "river", "##bank", "##s", "bank", "cafe", "un", "##aff", "##able", "a",  "b", "c", ",",    ".",   "-",    "=",
    "水",    "##i",    "i",   "ß",    "œ",    "s",  "##ᅵ",  "##ᆨ",   "ᄀ", "[", "]", "mask", "new", "##가", "$"};

TEST(Tokenizer, TakesTheLongestPieceFirst) {
  const Tokenizer tokenizer = small_tokenizer(kPieces);
  EXPECT_EQ(pieces_of(tokenizer, "Riverbanks"), "river ##bank ##s");
  EXPECT_EQ(places_of(tokenizer, "Riverbanks"), "River|bank|s");
  EXPECT_EQ(pieces_of(tokenizer, "unaffable river"), "un ##aff ##able river");
  const std::vector<Piece> pieces = tokenizer.pieces("riverbank bank");
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_TRUE(pieces[0].starts_word);
  EXPECT_FALSE(pieces[1].starts_word);
  EXPECT_TRUE(pieces[2].starts_word);
}

TEST(Tokenizer, MakesAWholeWordUnknownWhenAnyOfItIs) {
  const Tokenizer tokenizer = small_tokenizer(kPieces);
  EXPECT_EQ(pieces_of(tokenizer, "riverx bank"), "[UNK] bank");
  EXPECT_EQ(places_of(tokenizer, "riverx bank"), "riverx|bank");
  EXPECT_EQ(pieces_of(tokenizer, "!"), "[UNK]");
}

TEST(Tokenizer, MakesAWordOfMoreThan100CharactersUnknown) {
  const Tokenizer tokenizer = small_tokenizer({"a", "##a", "é", "##é", "##e"});
  EXPECT_EQ(tokenizer.pieces(std::string(100, 'a')).size(), 100U);
  const std::vector<Piece> pieces = tokenizer.pieces("a " + std::string(101, 'a') + " a");
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_EQ(pieces[1].id, tokenizer.unknown_id());
  EXPECT_EQ(pieces[1].span, (Span{2, 103}));
  std::string accents = "a";
  for (int i = 0; i < 99; ++i) accents += "é";  // counted as characters, not bytes
  EXPECT_EQ(tokenizer.pieces(accents).size(), 100U);
  EXPECT_EQ(tokenizer.pieces(accents + "é").size(), 1U);
}

TEST(Tokenizer, SplitsAtPunctuationAndIdeographs) {
  const Tokenizer tokenizer = small_tokenizer(kPieces);
  EXPECT_EQ(pieces_of(tokenizer, "a,b.-c$"), "a , b . - c $");
  EXPECT_EQ(pieces_of(tokenizer, "a水b水"), "a 水 b 水");
  EXPECT_EQ(places_of(tokenizer, "a水b水"), "a|水|b|水");
  EXPECT_EQ(pieces_of(tokenizer, "a\u2260b"), "a = b");  // not equal: an equals sign, and a stroke that is stripped
}

TEST(Tokenizer, StripsAccentsAndKeepsTheirPlaces) {
  const Tokenizer tokenizer = small_tokenizer(kPieces);
  EXPECT_EQ(pieces_of(tokenizer, "CAFÉ cafe\u0301s İ Œ"), "cafe cafe ##s i œ");
  EXPECT_EQ(places_of(tokenizer, "CAFÉ cafe\u0301s İ Œ"), "CAFÉ|cafe|s|İ|Œ");
  // A syllable becomes three letters, all of them in its place.
  EXPECT_EQ(pieces_of(tokenizer, "긱"), "ᄀ ##ᅵ ##ᆨ");
  EXPECT_EQ(places_of(tokenizer, "긱"), "긱|긱|긱");
}

TEST(Tokenizer, CleansControlCharactersAndIllFormedBytes) {
  const Tokenizer tokenizer = small_tokenizer(kPieces);
  EXPECT_EQ(pieces_of(tokenizer, std::string_view("ri\0ver\x07 ba\u200bnk", 15)), "river bank");
  EXPECT_EQ(pieces_of(tokenizer, "ri\xFFver\xE2\x82 b\xC3"), "river b");
  EXPECT_EQ(places_of(tokenizer, "ri\xFFver\xE2\x82 b\xC3"), "ri\xFFver|b");
  EXPECT_EQ(pieces_of(tokenizer, "a\u3000b\u2028c\tb\r\na\u00A0c"), "a b c b a c");
  EXPECT_EQ(pieces_of(tokenizer, "\x01\xFF\u200b"), "");
}

TEST(Tokenizer, OfACasedModelKeepsCaseAndAccents) {
  const Tokenizer tokenizer = small_tokenizer({"River", "bank", "caf", "##é", "##e", "Café", "İ"}, false);
  EXPECT_EQ(pieces_of(tokenizer, "River river"), "River [UNK]");
  EXPECT_EQ(pieces_of(tokenizer, "café Café cafe İ"), "caf ##é Café caf ##e İ");
}

TEST(Tokenizer, StripsAccentsOnlyWhenToldTo) {
  nlohmann::json json = small_tokenizer_json({"cafe", "café", "i", "##\u0307"}, true);
  json["normalizer"]["strip_accents"] = false;
  EXPECT_EQ(pieces_of(Tokenizer::from_json(json.dump(), ""), "CAFÉ İ"), "café i ##\u0307");
  json = small_tokenizer_json({"Cafe", "Café"}, false);
  json["normalizer"]["strip_accents"] = true;
  EXPECT_EQ(pieces_of(Tokenizer::from_json(json.dump(), ""), "Café"), "Cafe");
}

TEST(Tokenizer, FindsSpecialTokensInTheText) {
  const Tokenizer tokenizer = small_tokenizer(kPieces);
  EXPECT_EQ(pieces_of(tokenizer, "a[SEP]b [CLS]"), "a [SEP] b [CLS]");
  EXPECT_EQ(places_of(tokenizer, "a[SEP]b [CLS]"), "a|[SEP]|b|[CLS]");
  EXPECT_EQ(pieces_of(tokenizer, "[mask] [MASK"), "[ mask ] [ mask");
  EXPECT_EQ(pieces_of(tokenizer, "un[MASK]aff"), "un [MASK] [UNK]");  // a word does not go on behind it
}

TEST(Tokenizer, HonoursTheFlagsOfAddedTokens) {
  nlohmann::json json = small_tokenizer_json({"a", "b", "##b", "new"});
  const auto add = [&](const char* content, const char* flag) {
    nlohmann::json token = {{"id", json["added_tokens"].size() + 4}, {"content", content}, {"normalized", false}};
    token[flag] = true;
    json["added_tokens"].push_back(token);
  };
  add("<l>", "lstrip");
  add("<r>", "rstrip");
  add("word", "single_word");
  add("Été", "normalized");
  add("<l><r>", "special");
  const Tokenizer tokenizer = Tokenizer::from_json(json.dump(), "");
  EXPECT_EQ(places_of(tokenizer, "a \u3000<l> b"), "a| \u3000<l>|b");
  EXPECT_EQ(places_of(tokenizer, "a <r> \n b"), "a|<r> \n |b");
  EXPECT_EQ(pieces_of(tokenizer, "a word awordb (word)"), "a word [UNK] [UNK] word [UNK]");
  EXPECT_EQ(pieces_of(tokenizer, "a ETE\u0301 b Été"), "a Été b Été");
  EXPECT_EQ(places_of(tokenizer, "a ETE\u0301 b Été"), "a|ETE|b|Été");
  EXPECT_EQ(pieces_of(tokenizer, "a<l><r>b"), "a <l><r> b");  // the longest
  EXPECT_EQ(pieces_of(tokenizer, "Word"), "[UNK]");           // an added token is no piece for words
  EXPECT_EQ(tokenizer.vocabulary_size(), 14U);
}

TEST(Tokenizer, EncodesATextBetweenItsMarks) {
  const Tokenizer tokenizer = small_tokenizer(kPieces);
  const Encoding encoding = tokenizer.encode("river bank", 16);
  EXPECT_THAT(encoding.ids, ElementsAre(2, 5, 8, 3));
  EXPECT_THAT(encoding.type_ids, ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(encoding.offsets, ElementsAre(Span{}, Span{0, 5}, Span{6, 10}, Span{}));
  EXPECT_FALSE(encoding.truncated);
  EXPECT_THAT(tokenizer.encode("", 2).ids, ElementsAre(2, 3));
}

TEST(Tokenizer, CutsATextAtTheLimit) {
  const Tokenizer tokenizer = small_tokenizer(kPieces);
  EXPECT_FALSE(tokenizer.encode("a b c", 5).truncated);
  const Encoding cut = tokenizer.encode("a b c riverbanks", 6);
  EXPECT_TRUE(cut.truncated);
  EXPECT_EQ(cut.size(), 6U);
  EXPECT_EQ(cut.ids.back(), tokenizer.sep_id());
  EXPECT_TRUE(tokenizer.encode("a", 2).truncated);
  EXPECT_EQ(tokenizer.encode("a", 2).size(), 2U);
  expect_error(ErrorKind::kInvalidArgument, "cannot be cut to 1 tokens", [&] { tokenizer.encode("a", 1); });
  expect_error(ErrorKind::kInvalidArgument, "take 3", [&] { tokenizer.encode_pair("a", "b", 2); });
}

TEST(Tokenizer, CutsTheLongerOfTwoTexts) {
  const Tokenizer tokenizer = small_tokenizer(kPieces);
  const auto kept = [&](const char* first, const char* second, std::size_t max_tokens) {
    const Encoding out = tokenizer.encode_pair(first, second, max_tokens);
    const auto ones = std::count(out.type_ids.begin(), out.type_ids.end(), 1);
    return std::pair(static_cast<int>(out.size()) - 2 - static_cast<int>(ones), static_cast<int>(ones) - 1);
  };
  EXPECT_EQ(kept("a b", "c", 6), std::pair(2, 1));
  EXPECT_EQ(kept("a b c a b c", "c", 6), std::pair(2, 1));
  EXPECT_EQ(kept("a", "a b c a b c", 6), std::pair(1, 2));
  EXPECT_EQ(kept("a b c a", "a b c a b c", 7), std::pair(2, 2));
  EXPECT_EQ(kept("a b c a", "a b c a", 6), std::pair(1, 2));
  EXPECT_EQ(kept("a", "b", 3), std::pair(0, 0));
  const Encoding encoding = tokenizer.encode_pair("a", "b c", 16);
  EXPECT_THAT(encoding.ids, ElementsAre(2, 13, 3, 14, 15, 3));
  EXPECT_THAT(encoding.type_ids, ElementsAre(0, 0, 0, 1, 1, 1));
  EXPECT_FALSE(encoding.truncated);
}

TEST(Tokenizer, KnowsItsPiecesById) {
  const Tokenizer tokenizer = small_tokenizer({"river", "##bank"});
  EXPECT_EQ(tokenizer.vocabulary_size(), 7U);
  EXPECT_EQ(tokenizer.piece(6), "##bank");
  EXPECT_EQ(tokenizer.unknown_id(), 1);
  expect_error(ErrorKind::kInvalidArgument, "No piece has the id 7: there are 7.", [&] { tokenizer.piece(7); });
  expect_error(ErrorKind::kInvalidArgument, "No piece has the id -1", [&] { tokenizer.piece(-1); });
}

/// What must hold for the pieces of any bytes at all.
void expect_sound(const Tokenizer& tokenizer, const std::string& text) {
  const std::vector<Piece> pieces = tokenizer.pieces(text);
  std::vector<bool> is_inside(text.size() + 1);
  for (std::size_t i = 0; i < text.size();) {
    const int length = std::max(utf8_sequence_length(std::string_view(text).substr(i)), 1);
    for (int k = 1; k < length; ++k) is_inside[i + k] = true;
    i += length;
  }
  Span before;
  for (const Piece& piece : pieces) {
    ASSERT_GE(piece.id, 0);
    ASSERT_LT(piece.id, static_cast<std::int32_t>(tokenizer.vocabulary_size()));
    ASSERT_LT(piece.span.begin, piece.span.end) << printable(text);
    ASSERT_LE(piece.span.end, text.size());
    ASSERT_LE(before.begin, piece.span.begin) << printable(text);
    ASSERT_LE(before.end, piece.span.end) << printable(text);
    ASSERT_FALSE(is_inside[piece.span.begin] || is_inside[piece.span.end]) << printable(text);
    before = piece.span;
  }
  const Encoding encoding = tokenizer.encode(text, 8);
  ASSERT_EQ(encoding.truncated, pieces.size() > 6);
  for (std::size_t i = 1; i + 1 < encoding.size(); ++i) ASSERT_EQ(encoding.ids[i], pieces[i - 1].id);
}

TEST(Tokenizer, SurvivesAnyBytes) {
  nlohmann::json with_added = small_tokenizer_json(kPieces);
  const auto id = with_added["model"]["vocab"].size();
  with_added["added_tokens"].push_back({{"id", id}, {"content", "Été"}, {"normalized", true}, {"lstrip", true}});
  with_added["added_tokens"].push_back({{"id", id + 1}, {"content", "<x>"}, {"rstrip", true}, {"single_word", true}});
  nlohmann::json raw = small_tokenizer_json(kPieces, false);
  raw["normalizer"]["clean_text"] = false;
  std::vector<Tokenizer> tokenizers;
  for (const nlohmann::json& json : {small_tokenizer_json(kPieces), with_added, raw}) {
    tokenizers.push_back(Tokenizer::from_json(json.dump(), "tokenizer.json"));
  }
  const std::vector<std::string> parts = {"river",
                                          "bank",
                                          " ",
                                          "[MASK]",
                                          "É",
                                          "\xE2\x82",
                                          "\xFF",
                                          "\xF0\x9F",
                                          "水",
                                          "ß",
                                          "\u0301",
                                          "\U0001D165",
                                          "긱",
                                          "Été",
                                          "<x>",
                                          "\t",
                                          "\u302E",
                                          "\u200b",
                                          "[",
                                          std::string(120, 'a'),
                                          std::string(1, '\0'),
                                          "\u1E69",
                                          "\U00010400"};
  std::mt19937 random(20240101);
  for (int round = 0; round < 6000; ++round) {
    std::string text;
    for (std::size_t n = random() % 24; n > 0; --n) {
      text += random() % 3 == 0 ? std::string(1, static_cast<char>(random())) : parts[random() % parts.size()];
    }
    expect_sound(tokenizers[static_cast<std::size_t>(round) % tokenizers.size()], text);
    if (HasFatalFailure()) return;
  }
}

TEST(Tokenizer, TakesEveryCodePointThereIs) {
  const Tokenizer tokenizer = small_tokenizer(kPieces);
  std::string text;
  for (std::uint32_t c = 0x80; c < 0x110000; ++c) {
    if (c >= 0x800) {
      if (c >= 0x10000) {
        text += static_cast<char>(0xF0U | (c >> 18U));
        text += static_cast<char>(0x80U | ((c >> 12U) & 0x3FU));
      } else {
        text += static_cast<char>(0xE0U | (c >> 12U));
      }
      text += static_cast<char>(0x80U | ((c >> 6U) & 0x3FU));
    } else {
      text += static_cast<char>(0xC0U | (c >> 6U));
    }
    text += static_cast<char>(0x80U | (c & 0x3FU));
    if (c % 64 == 63) text += ' ';
  }
  EXPECT_GT(tokenizer.pieces(text).size(), 90'000U);  // the ideographs alone
}

}  // namespace
}  // namespace riverbank
