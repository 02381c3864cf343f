#include "lib/text/sentences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

#include "lib/base/printable.h"

namespace riverbank {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> texts_of(const std::vector<Span>& spans, std::string_view text) {
  std::vector<std::string> out;
  out.reserve(spans.size());
  for (const Span span : spans) out.emplace_back(span.of(text));
  return out;
}
std::vector<std::string> sentences_of(std::string_view text) { return texts_of(sentences(text), text); }
std::vector<std::string> words_of(std::string_view text) { return texts_of(words(text), text); }

TEST(Sentences, EndAtTheirMarks) {
  EXPECT_THAT(sentences_of("  The river rose. Did it flood? It did!  "),
              ElementsAre("The river rose.", "Did it flood?", "It did!"));
  EXPECT_THAT(sentences_of("“It rose.” He left."), ElementsAre("“It rose.”", "He left."));
  EXPECT_THAT(sentences_of("水位が上がった。橋は閉じた。"), ElementsAre("水位が上がった。", "橋は閉じた。"));
  EXPECT_THAT(sentences_of("Version 3.5 costs 2.50 now. Buy it."),
              ElementsAre("Version 3.5 costs 2.50 now.", "Buy it."));
}

TEST(Sentences, AreNotThereInEmptyText) {
  EXPECT_THAT(sentences_of(""), IsEmpty());
  EXPECT_THAT(sentences_of(" \n\t\u3000\u00A0 \n\n"), IsEmpty());
}

TEST(Sentences, GoOnBehindAnAbbreviation) {
  EXPECT_THAT(sentences_of("As Fig. 2 of Dr. J. Smith et al. shows, it rose. See p. 3."),
              ElementsAre("As Fig. 2 of Dr. J. Smith et al. shows, it rose.", "See p. 3."));
  EXPECT_THAT(sentences_of("I met Dr.\n\nSmith left."), ElementsAre("I met Dr.", "Smith left."));
  EXPECT_THAT(sentences_of("It ends in Fig."), ElementsAre("It ends in Fig."));
}

TEST(Sentences, GoOnBehindALineBreakThatOnlyWraps) {
  EXPECT_THAT(
      sentences_of("The closure takes ownership of the counter\r\nand the thread ends. Then it\nis joined."),
      ElementsAre("The closure takes ownership of the counter\r\nand the thread ends.", "Then it", "is joined."));
}

TEST(Sentences, EndWhereABlockDoes) {
  const std::string line = "A line that is long enough to have been wrapped";
  for (const char* next : {"- an item", "* an item", "12. an item", "3) an item", "# Heading", "## Heading", "> quoted",
                           "| cell | cell |", "=====", "~~~~", "```"}) {
    EXPECT_THAT(sentences_of(line + "\n" + next), ::testing::SizeIs(::testing::Ge(2))) << next;
    EXPECT_EQ(sentences_of(line + "\n" + next)[0], line) << next;
  }
  for (const char* next : {"-5 degrees", "*stressed* words", "1990 was the year", "3.5 mm", "#include is no heading"}) {
    EXPECT_THAT(sentences_of(line + "\n" + next), ElementsAre(line + "\n" + next));
  }
  EXPECT_THAT(sentences_of(line + "\n\nnew paragraph"), ElementsAre(line, "new paragraph"));
  EXPECT_THAT(sentences_of("let counter = Arc::new(Mutex::new(0)); // a line of code;\nlet x = 1;"),
              ElementsAre("let counter = Arc::new(Mutex::new(0)); // a line of code;", "let x = 1;"));
}

TEST(Words, AreLettersNumbersAndIdeographsOnly) {
  EXPECT_THAT(words_of("Don't, 3.14 -- e.g. x_1 (naïve) 🙂!"), ElementsAre("Don't", "3.14", "e.g", "x_1", "naïve"));
  EXPECT_THAT(words_of("東京都に住む"), ::testing::Not(::testing::Contains("東京都に住む")));
  EXPECT_THAT(words_of("สวัสดีชาวโลก"), ::testing::SizeIs(::testing::Ge(2)));  // no spaces in Thai
  EXPECT_THAT(words_of("... --- !!!"), IsEmpty());
  EXPECT_THAT(words_of(""), IsEmpty());
}

TEST(Words, OfALongTextAreThoseOfItsParts) {
  std::string text;
  while (text.size() < (3U << 20U)) text += "river bank ";
  const std::vector<Span> found = words(text);
  ASSERT_EQ(found.size(), 2 * text.size() / 11);
  for (const Span span : found) EXPECT_TRUE(span.of(text) == "river" || span.of(text) == "bank");
}

TEST(Sentences, OfOneLineOfManyMegabytesAreFound) {
  std::string text;
  while (text.size() < (5U << 20U)) text += "水";
  std::size_t covered = 0;
  for (const Span span : sentences(text)) covered += span.size();
  EXPECT_EQ(covered, text.size());
}

TEST(SentencesAndWords, OfAnyBytesAreInOrderAndOnCharacterBorders) {
  std::mt19937 random(20240607);
  const std::vector<std::string> parts = {
      "a",  " ",      ".",  "\n", "é", "\xE2\x82", "\xFF", "\xF0\x9F\x99\x82", "。", "A. ", std::string(1, '\0'),
      "\r", "\u2028", "字", "- ", "ก"};
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (std::size_t n = random() % 200; n > 0; --n) {
      text += random() % 8 == 0 ? std::string(1, static_cast<char>(random())) : parts[random() % parts.size()];
    }
    for (const std::vector<Span>& spans : {sentences(text), words(text)}) {
      std::size_t at = 0;
      for (const Span span : spans) {
        ASSERT_LE(at, span.begin);
        ASSERT_LT(span.begin, span.end);
        ASSERT_LE(span.end, text.size());
        at = span.end;
      }
      // No border may lie inside a well-formed character.
      std::vector<bool> is_inside(text.size() + 1);
      for (std::size_t i = 0; i < text.size();) {
        const int length = std::max(utf8_sequence_length(std::string_view(text).substr(i)), 1);
        for (int k = 1; k < length; ++k) is_inside[i + k] = true;
        i += length;
      }
      for (const Span span : spans) EXPECT_FALSE(is_inside[span.begin] || is_inside[span.end]) << printable(text);
    }
  }
}

TEST(SentencesAndWords, AreTheSameOnManyThreads) {
  const std::string text = "One river. Two banks! 三つの橋。";
  const std::vector<Span> expected = sentences(text);
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  threads.reserve(wrong.size());
  for (int& count : wrong) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) count += sentences(text) == expected && words(text).size() >= 6 ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(wrong, ::testing::Each(0));
}

}  // namespace
}  // namespace riverbank
