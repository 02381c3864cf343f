#include "index/documents/chunker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/index/documents/checks.h"
#include "tests/support/expect_error.h"
#include "tests/support/shared_data.h"

namespace riverbank {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A small vocabulary: letters, digits and marks, with and without "##", and a few words.
const Tokenizer& tiny_tokenizer() {
  static const Tokenizer tokenizer = [] {
    std::string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
    for (char c = '!'; c <= '~'; ++c) {
      if (c >= 'A' && c <= 'Z') continue;
      vocabulary += std::string(1, c) + "\n##" + c + '\n';
    }
    for (const char* word : {"the", "word", "river", "bank", "alpha", "beta", "##ing", "heading", "text"}) {
      vocabulary += std::string(word) + '\n';
    }
    return Tokenizer::from_vocabulary(vocabulary, true, "tiny");
  }();
  return tokenizer;
}

std::size_t encoded_tokens(const Document& document, const Chunk& chunk, const Tokenizer& tokenizer) {
  const std::string text = encoded_text(document.title, chunk.headings, chunk.span.of(document.text));
  return tokenizer.encode(text, std::size_t{1} << 40U).size();
}

/// What holds for the chunks of any document.
void expect_sound(const Document& document, const std::vector<Chunk>& chunks, const Tokenizer& tokenizer,
                  std::size_t max_tokens) {
  std::vector<Span> spans;
  std::size_t line = 1;
  std::size_t counted_to = 0;
  const auto line_of = [&](std::size_t position) {
    for (; counted_to < position; ++counted_to) line += document.text[counted_to] == '\n' ? 1 : 0;
    return line;
  };
  for (const Chunk& chunk : chunks) {
    spans.push_back(chunk.span);
    ASSERT_EQ(chunk.first_line, line_of(chunk.span.begin));
    ASSERT_EQ(chunk.last_line, line_of(chunk.span.end));
    ASSERT_EQ(chunk.tokens, encoded_tokens(document, chunk, tokenizer)) << chunk.span.of(document.text);
    ASSERT_LE(chunk.tokens, max_tokens);
    ASSERT_LE(chunk.span.size(), 32 * max_tokens);
  }
  testing::expect_covers(document.text, spans);
}

std::vector<Chunk> chunks_of(const Document& document, std::size_t max_tokens = 64) {
  std::vector<Chunk> chunks = chunk_document(document, tiny_tokenizer(), {max_tokens});
  expect_sound(document, chunks, tiny_tokenizer(), max_tokens);
  return chunks;
}

std::vector<std::string> texts(const Document& document, std::size_t max_tokens = 64) {
  std::vector<std::string> found;
  for (const Chunk& chunk : chunks_of(document, max_tokens)) found.emplace_back(chunk.span.of(document.text));
  return found;
}

std::string words(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : " ") + std::string("river");
  return text;
}

TEST(EncodedText, HasTheHeadingPathOrElseTheTitleInFront) {
  EXPECT_EQ(encoded_text("Title", {}, "text"), "Title\ntext");
  EXPECT_EQ(encoded_text("Title", {"A", "B"}, "text"), "A: B\ntext");
  EXPECT_EQ(encoded_text("", {}, "text"), "text");
}

TEST(EncodedText, LeavesOutTheHeadingsThatTheTextBeginsWith) {
  EXPECT_EQ(encoded_text("T", {"A", "B"}, "## B\n\ntext"), "A\n## B\n\ntext");
  EXPECT_EQ(encoded_text("T", {"A", "B"}, "# A\n\n## B\n\ntext"), "# A\n\n## B\n\ntext");
  EXPECT_EQ(encoded_text("T", {"A", "B"}, "=====\n  B\n=====\n\ntext"), "A\n=====\n  B\n=====\n\ntext");
  EXPECT_EQ(encoded_text("T", {"Using Mutex<T>"}, "## Using `Mutex<T>`\ntext"), "## Using `Mutex<T>`\ntext");
  EXPECT_EQ(encoded_text("T", {"A", "B"}, "Bees\ntext"), "A: B\nBees\ntext");
}

TEST(Chunker, AShortDocumentIsOneChunk) {
  const Document document = read_document("x.md", "# Heading\n\nThe river.\n\nThe bank.\n");
  const std::vector<Chunk> chunks = chunks_of(document);
  ASSERT_EQ(chunks.size(), 1U);
  EXPECT_EQ(chunks[0].first_line, 1U);
  EXPECT_EQ(chunks[0].last_line, 5U);
  EXPECT_THAT(chunks[0].headings, ElementsAre("Heading"));
}

TEST(Chunker, CutsAtHeadingsAndKeepsTheirPath) {
  const Document document =
      read_document("x.md", "# A\n\n" + words(30) + "\n\n## B\n\n" + words(31) + "\n\n# C\n\n" + words(32) + "\n");
  const std::vector<Chunk> chunks = chunks_of(document);
  ASSERT_EQ(chunks.size(), 3U);
  EXPECT_THAT(chunks[0].headings, ElementsAre("A"));
  EXPECT_THAT(chunks[1].headings, ElementsAre("A", "B"));
  EXPECT_THAT(chunks[2].headings, ElementsAre("C"));
  EXPECT_EQ(chunks[1].first_line, 5U);
  EXPECT_EQ(chunks[1].last_line, 7U);
}

TEST(Chunker, AHeadingWithoutTextGoesWithWhatFollows) {
  const Document document = read_document("x.md", "# A\n\n## B\n\n" + words(40) + "\n");
  const std::vector<Chunk> chunks = chunks_of(document);
  ASSERT_EQ(chunks.size(), 1U);
  EXPECT_THAT(chunks[0].headings, ElementsAre("A", "B"));
}

TEST(Chunker, MarkupAloneIsNoPassage) {
  const Document document = read_document("x.md", "<!-- old: -->\n<a id=\"name\"></a>\n\n# A\n\n" + words(50) +
                                                      "\n\n<a id=\"b\"></a>\n\n## B\n\n" + words(40) + "\n");
  const std::vector<Chunk> chunks = chunks_of(document, 128);
  ASSERT_EQ(chunks.size(), 2U);
  EXPECT_EQ(chunks[0].first_line, 1U);
  EXPECT_THAT(chunks[0].headings, ElementsAre("A"));
  EXPECT_THAT(chunks[1].headings, ElementsAre("A", "B"));
}

TEST(Chunker, SmallSiblingsJoinUnderTheirParentsPath) {
  const Document document = read_document(
      "x.md", "# A\n\n" + words(40) + "\n\n## B\n\nThe river.\n\n## C\n\nThe bank.\n\n# D\n\nThe word.\n");
  const std::vector<Chunk> chunks = chunks_of(document);
  ASSERT_EQ(chunks.size(), 3U);
  EXPECT_EQ(chunks[1].span.of(document.text), "## B\n\nThe river.\n\n## C\n\nThe bank.");
  EXPECT_THAT(chunks[1].headings, ElementsAre("A"));
  EXPECT_THAT(chunks[2].headings, ElementsAre("D"));
}

TEST(Chunker, CutsBetweenParagraphsThenSentencesThenWords) {
  const std::string a = words(35), b = words(36);
  EXPECT_THAT(texts(read_document("", a + "\n\n" + b)), ElementsAre(a, b));
  EXPECT_THAT(texts(read_document("", a + "! " + b + "!")), ElementsAre(a + "!", b + "!"));
  EXPECT_THAT(texts(read_document("", words(100))), ElementsAre(words(50), words(50)));
}

TEST(Chunker, PartsAreOfAboutEqualSize) {
  std::string text;
  for (int i = 0; i < 22; ++i) text += "The river bank. ";  // 88 tokens for 62
  const std::vector<Chunk> chunks = chunks_of(read_document("", text));
  ASSERT_EQ(chunks.size(), 2U);
  EXPECT_EQ(chunks[0].tokens, chunks[1].tokens);
}

TEST(Chunker, AWordTooLongIsCutBetweenCharacters) {
  std::string letters(99, 'x');
  EXPECT_GT(texts(read_document("", letters), 64).size(), 1U);
  std::string accents;
  for (int i = 0; i < 5000; ++i) accents += "\xc3\xa9";
  for (const std::string& part : texts(read_document("", accents), 64)) EXPECT_EQ(part.size() % 2, 0U);
}

TEST(Chunker, ALongHeadingPathLeavesRoomForTheText) {
  std::string text = "# " + words(100) + "\n\n## " + words(50) + "\n\n### heading\n\n" + words(200) + '\n';
  const std::vector<Chunk> chunks = chunks_of(read_document("x.md", text));
  EXPECT_EQ(chunks.back().headings.front().substr(0, 11), "river river");
  EXPECT_EQ(chunks.back().headings.back(), "heading");
  EXPECT_LT(chunks.size(), 16U);
  for (const std::string& heading : {std::string(1 << 20, 'x'), std::string(1 << 20, '.'), words(50'000)}) {
    chunks_of(read_document("x.md", "# " + heading + "\n\ntext\n"), 16);
    Document record = read_document("", words(100));
    record.title = heading;
    chunks_of(record, 16);
  }
}

TEST(Chunker, NothingGivesNothing) {
  for (const char* text : {"", " \n\t\r\n"}) EXPECT_THAT(chunks_of(read_document("x.md", text)), IsEmpty());
}

TEST(Chunker, RefusesABudgetThatHoldsNothing) {
  testing::expect_error(ErrorKind::kInvalidArgument, "use 16 or more",
                        [] { chunk_document(read_document("", "x"), tiny_tokenizer(), {15}); });
}

TEST(Chunker, HoldsForAnyText) {
  static const std::vector<std::string> kPieces = {"# ",
                                                   "## ",
                                                   "### ",
                                                   "\n",
                                                   "\n\n",
                                                   " ",
                                                   " ",
                                                   " ",
                                                   "river",
                                                   "bank.",
                                                   "The end! ",
                                                   "xyzzy",
                                                   "```\n",
                                                   "- ",
                                                   "> ",
                                                   "日本語。",
                                                   "é",
                                                   "\xff",
                                                   "\xe2\x82",
                                                   "\x01",
                                                   "[SEP]",
                                                   "[UNK]",
                                                   "\xe2\x80\x8b",
                                                   "한국어",
                                                   "don't",
                                                   "a.b.c/d?e=f",
                                                   "e\xcc\x81",
                                                   "\xcc\x81",
                                                   "\t",
                                                   "0123456789",
                                                   "İ",
                                                   "ﬃ",
                                                   "\xc2\xa0",
                                                   "\xe2\x80\xa8",
                                                   "...",
                                                   "\r\n",
                                                   "==="};
  std::mt19937 random(11);
  for (int round = 0; round < 1500; ++round) {
    std::string text;
    for (std::size_t i = random() % 200; i > 0; --i) {
      const std::string& piece = kPieces[random() % kPieces.size()];
      for (std::size_t times = random() % 50 == 0 ? random() % 300 : 1; times > 0; --times) text += piece;
    }
    const Document document = read_document(round % 2 == 0 ? "x.md" : "x.txt", text);
    chunks_of(document, 16 + random() % 100);
    if (::testing::Test::HasFailure()) FAIL() << "round " << round << ":\n" << text;
  }
}

TEST(Chunker, StandsHostileText) {
  std::string headings_only;
  for (int i = 0; i < 20'000; ++i) headings_only += std::string(1 + static_cast<std::size_t>(i) % 6, '#') + " a\n";
  for (const std::string& text :
       {headings_only, std::string(1 << 20, 'x'), std::string(1 << 20, '\x01'), std::string(1 << 20, '.'),
        std::string(1 << 20, '\xff'), "a" + std::string(1 << 20, ' ') + "b", "a" + std::string(1 << 20, '\n') + "b",
        words(100'000), "```\n" + std::string(1 << 18, 'x')}) {
    const auto begin = std::chrono::steady_clock::now();
    chunks_of(read_document("x.md", text), 32);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5)) << text.substr(0, 20);
  }
}

void chunk_all(const std::filesystem::path& folder, std::string_view ending, std::size_t max_tokens) {
  const Tokenizer tokenizer = Tokenizer::from_folder(testing::shared_data("tokenizer"));
  std::size_t chunks = 0, tokens = 0, small = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().extension() != ending) continue;
    const Document document = read_document(entry.path().filename().string(), testing::file_text(entry.path()));
    const std::vector<Chunk> found = chunk_document(document, tokenizer, {max_tokens});
    expect_sound(document, found, tokenizer, max_tokens);
    ASSERT_FALSE(::testing::Test::HasFailure()) << entry.path();
    for (const Chunk& chunk : found) {
      ++chunks;
      tokens += chunk.tokens;
      small += chunk.tokens < max_tokens / 8 ? 1 : 0;
    }
  }
  std::cout << chunks << " chunks of " << tokens / chunks << " tokens on average; " << small << " are small\n";
  EXPECT_GT(tokens / chunks, max_tokens / 3);
  EXPECT_LT(small, chunks / 20);
}

TEST(Chunker, HoldsForTheRustBook) {
  RIVERBANK_NEEDS_SHARED_DATA("docs_rust_book");
  chunk_all(testing::shared_data("docs_rust_book"), ".md", 256);
}

TEST(Chunker, HoldsForThePeps) {
  RIVERBANK_NEEDS_SHARED_DATA("docs_peps");
  chunk_all(testing::shared_data("docs_peps"), ".rst", 256);
}

}  // namespace
}  // namespace riverbank
