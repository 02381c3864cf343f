#include "lib/text/unicode.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "lib/base/printable.h"

namespace riverbank {
namespace {

using namespace std::string_literals;

void expect_text(const std::string& bytes, const std::string& text, const std::string& encoding) {
  const std::optional<DecodedText> decoded = decode_text(bytes);
  ASSERT_TRUE(decoded) << printable(bytes);
  EXPECT_EQ(decoded->text, text);
  EXPECT_EQ(decoded->encoding, encoding);
}

TEST(DecodeText, TakesUtf8AsItIs) {
  expect_text("", "", "UTF-8");
  expect_text("naïve 東京\r\n", "naïve 東京\r\n", "UTF-8");
  expect_text("\xEF\xBB\xBFmarked", "marked", "UTF-8");
  expect_text("\x1b[1mcoloured log\x1b[0m and a form feed\f", "\x1b[1mcoloured log\x1b[0m and a form feed\f", "UTF-8");
}

TEST(DecodeText, MendsUtf8ThatIsDamagedInAPlace) {
  expect_text("éééééééé\xFFü", "éééééééé\uFFFDü", "UTF-8");
  expect_text("\xEF\xBB\xBFmarked \xFF", "marked \uFFFD", "UTF-8");
}

TEST(DecodeText, KnowsUtf16AndUtf32ByTheirMarks) {
  expect_text("\xFF\xFEh\0i\0\xE9\0"s, "hié", "UTF-16LE");
  expect_text("\xFE\xFF\0h\0i\x6C\x34"s, "hi水", "UTF-16BE");
  expect_text("\xFF\xFE\0\0h\0\0\0"s, "h", "UTF-32LE");
  expect_text("\xFF\xFE"s, "", "UTF-16LE");
  expect_text("\xFF\xFEh\0i"s, "h\uFFFD", "UTF-16LE");         // half a unit too much
  expect_text("\xFF\xFE\x00\xD8h\0"s, "\uFFFDh", "UTF-16LE");  // half a surrogate pair
}

TEST(DecodeText, KnowsUtf16WithoutAMarkByItsZeroBytes) {
  expect_text("h\0e\0l\0l\0o\0\n\0"s, "hello\n", "UTF-16LE");
  expect_text("\0h\0e\0l\0l\0o\0\n"s, "hello\n", "UTF-16BE");
}

TEST(DecodeText, GuessesOtherEncodings) {
  std::string latin;
  for (int i = 0; i < 20; ++i)
    latin +=
        "Der Flu\xDF \xFC"
        "berschwemmte die Br\xFC"
        "cke und die H\xE4user. ";
  const std::optional<DecodedText> decoded = decode_text(latin);
  ASSERT_TRUE(decoded);
  EXPECT_TRUE(decoded->text.starts_with("Der Fluß überschwemmte die Brücke und die Häuser.")) << decoded->encoding;

  const std::string koi8 =
      "\xF7\xC5\xD3\xCE\xCF\xCA\x20\xD2\xC5\xCB\xC1\x20\xD7\xD9\xDB\xCC\xC1\x20\xC9\xDA\x20\xC2\xC5\xD2"
      "\xC5\xC7\xCF\xD7\x20\xC9\x20\xDA\xC1\xD4\xCF\xD0\xC9\xCC\xC1\x20\xCE\xC9\xD6\xCE\xC0\xC0\x20\xDE"
      "\xC1\xD3\xD4\xD8\x20\xC7\xCF\xD2\xCF\xC4\xC1\x2E\x20\xF6\xC9\xD4\xC5\xCC\xC9\x20\xD0\xC5\xD2\xC5"
      "\xC2\xD2\xC1\xCC\xC9\xD3\xD8\x20\xCE\xC1\x20\xC8\xCF\xCC\xCD\xD9\x20\xC9\x20\xD6\xC4\xC1\xCC\xC9"
      "\x20\xD4\xC1\xCD\x2C\x20\xD0\xCF\xCB\xC1\x20\xD7\xCF\xC4\xC1\x20\xCE\xC5\x20\xD3\xD0\xC1\xC4\xA3"
      "\xD4\x2E\x20";
  expect_text(koi8,
              "Весной река вышла из берегов и затопила нижнюю часть города. Ж"
              "ители перебрались на холмы и ждали там, пока вода не спадёт. ",
              "KOI8-R");

  expect_text("caf\xE9", "café", "windows-1252");
}

TEST(DecodeText, SeesThatBytesAreNoText) {
  EXPECT_FALSE(
      decode_text("\x7F"
                  "ELF\x02\x01\x01\0\0\0"s));
  EXPECT_FALSE(decode_text("PK\x03\x04\x14\0\x06\0"s));
  EXPECT_FALSE(decode_text("text with a NUL\0 in it, of odd size.."s));
  EXPECT_FALSE(decode_text("\x01\x02\x03"));
  EXPECT_FALSE(
      decode_text("\xEF\xBB\xBF"
                  "a\0b"s));
}

TEST(DecodeText, SurvivesAnyBytesAndGivesWellFormedUtf8) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 64, '\0');
    for (char& byte : bytes) byte = static_cast<char>(round % 2 == 0 ? random() : 0x80U | random());
    if (round % 5 == 0) bytes.insert(0, "\xFF\xFE");
    const std::optional<DecodedText> decoded = decode_text(bytes);
    EXPECT_TRUE(!decoded || to_valid_utf8(decoded->text) == decoded->text) << printable(bytes);
  }
}

TEST(ToValidUtf8, ReplacesWhatIsIllFormed) {
  EXPECT_EQ(to_valid_utf8("é字🙂"), "é字🙂");
  EXPECT_EQ(to_valid_utf8("a\xFF"
                          "b"),
            "a\uFFFDb");
  EXPECT_EQ(to_valid_utf8("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");  // a surrogate
  EXPECT_EQ(to_valid_utf8("\xE2\x82"), "\uFFFD\uFFFD");
}

TEST(FoldForSearch, JoinsSpellingsOfOneWord) {
  EXPECT_EQ(fold_for_search("River"), "river");
  EXPECT_EQ(fold_for_search("Café"), fold_for_search("cafe"));
  EXPECT_EQ(fold_for_search("Straße"), "strasse");
  EXPECT_EQ(fold_for_search("ﬁn"), "fin");
  EXPECT_EQ(fold_for_search("Ｔｏｋｙｏ"), "tokyo");
  EXPECT_EQ(fold_for_search("ΟΔΟΣ"), fold_for_search("οδός"));
  EXPECT_EQ(fold_for_search("שָׁלוֹם"), fold_for_search("שלום"));
}

TEST(FoldForSearch, KeepsMarksThatMakeAnotherLetter) {
  EXPECT_NE(fold_for_search("が"), fold_for_search("か"));
  EXPECT_NE(fold_for_search("कि"), fold_for_search("क"));
  EXPECT_NE(fold_for_search("क्त"), fold_for_search("कत"));
  EXPECT_NE(fold_for_search("ป่า"), fold_for_search("ปา"));
  EXPECT_EQ(fold_for_search("한국"), "한국");
}

TEST(FoldForSearch, IsSafeWithAnyBytesAndIdempotent) {
  std::mt19937 random(11);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 24, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    const std::string once = fold_for_search(bytes);
    EXPECT_EQ(fold_for_search(once), once) << printable(bytes);
  }
}

TEST(CharacterKind, IsThatOfUnicode8) {
  EXPECT_EQ(character_kind('a'), CharacterKind::kWord);
  EXPECT_EQ(character_kind('$'), CharacterKind::kPunctuation);
  EXPECT_EQ(character_kind(U'€'), CharacterKind::kWord);
  EXPECT_EQ(character_kind('\t'), CharacterKind::kSpace);
  EXPECT_EQ(character_kind('\v'), CharacterKind::kControl);
  EXPECT_EQ(character_kind(0x85), CharacterKind::kControl);
  EXPECT_EQ(character_kind(0x2028), CharacterKind::kSpace);
  EXPECT_EQ(character_kind(0x301), CharacterKind::kMark);
  EXPECT_EQ(character_kind(0x200D), CharacterKind::kControl);
  EXPECT_EQ(character_kind(0xE000), CharacterKind::kControl);
  EXPECT_EQ(character_kind(0x378), CharacterKind::kWord);   // not assigned
  EXPECT_EQ(character_kind(0x2E52), CharacterKind::kWord);  // punctuation since 14.0
  EXPECT_EQ(character_kind(0x1DF9), CharacterKind::kWord);  // a mark since 10.0
  EXPECT_EQ(character_kind(0x166D), CharacterKind::kPunctuation);
}

}  // namespace
}  // namespace riverbank
