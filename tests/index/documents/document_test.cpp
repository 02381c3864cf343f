#include "index/documents/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/index/documents/checks.h"
#include "tests/support/shared_data.h"

namespace riverbank {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> headings(const Document& document) {
  std::vector<std::string> found;
  for (std::uint32_t i = 1; i < document.sections.size(); ++i) {
    std::string path;
    for (const std::string& heading : document.heading_path(i)) path += (path.empty() ? "" : " > ") + heading;
    found.push_back(path);
  }
  return found;
}

/// Each block's kind (H, P, L) and text.
std::vector<std::string> blocks(const Document& document) {
  std::vector<std::string> found;
  for (const Block& block : document.blocks) {
    found.push_back(std::string(1, "HPL"[static_cast<int>(block.kind)]) + ' ' +
                    std::string(block.span.of(document.text)));
  }
  return found;
}

Document markdown(std::string text) {
  Document document = read_document("x.md", std::move(text));
  testing::expect_sound(document);
  return document;
}

Document rst(std::string text) {
  Document document = read_document("x.rst", std::move(text));
  testing::expect_sound(document);
  return document;
}

TEST(Markdown, HeadingsMakeATree) {
  const Document document = markdown("# A\ntext\n## B\n### C\n## D ##\n# E\n");
  EXPECT_THAT(headings(document), ElementsAre("A", "A > B", "A > B > C", "A > D", "E"));
  EXPECT_EQ(document.title, "A");
  EXPECT_THAT(blocks(document), ElementsAre("H # A", "P text", "H ## B", "H ### C", "H ## D ##", "H # E"));
}

TEST(Markdown, UnderlinedHeadings) {
  EXPECT_THAT(headings(markdown("A title\n=======\n\ntext\n\nover two\nlines\n---\n")),
              ElementsAre("A title", "A title > over two lines"));
}

TEST(Markdown, WhatOnlyLooksLikeAHeading) {
  for (const char* text : {
           "```sh\n# comment\n```\n",          // fenced code
           "~~~~\n# comment\n~~~\n# x\n~~~~",  // a shorter fence does not end it
           "```\n# never closed\n",            // … nor does the end of the file
           "    # indented code\n",            // four columns
           "\t# a tab is four columns\n",
           "- item\n\n      # code in an item\n",
           "> # quoted\n",
           "> quoted\n---\n",  // a rule
           "- item\n---\n",
           "- # in an item\n",
           "1. item\n\n   # in an item\n",
           "<!--\n# comment\n\n# comment\n-->\n",
           "<pre>\n\n# text\n</pre>\n",
           "<div>\n# text\n</div>\n",
           "#hashtag\n",
           "####### seven\n",
           "\\# escaped\n",
           "---\n",
           "***\n===\n",
           "text\n\n---\n",
           "text\n\n===\n",
           "a | b\n--|--\n1 | 2\n",
           "[name]: http://example.org\n===\n",
           "text\n= =\n",
       }) {
    EXPECT_THAT(headings(markdown(text)), IsEmpty()) << text;
  }
}

TEST(Markdown, HeadingsBehindWhatHidesThem) {
  for (const char* text :
       {"```\ncode\n```\n# H\n", "<!-- # no -->\n# H\n", "<div>\n\n# H\n", "- item\n\n# H\n", "- item\n# H\n",
        "> quote\n# H\n", "text\n# H\n", "   # H\n", "`` ``` ``\n# H\n", "a | b\n--|--\n\n# H\n", "# H #\n", "#\tH\n",
        "- item\n\n  more\n\n# H\n", "<!-->\n-->\n# H\n"}) {
    EXPECT_THAT(headings(markdown(text)), ElementsAre("H")) << text;
  }
}

TEST(Markdown, HeadingTextIsWithoutMarkup) {
  const std::map<std::string, std::string> cases = {
      {"Using `Mutex<T>`", "Using Mutex<T>"},
      {"The *very* **best** __of__ _it_", "The very best of it"},
      {"snake_case and 2 * 3", "snake_case and 2 * 3"},
      {"[Link](http://x) and [ref][r]", "Link and ref"},
      {"![logo](a.png) Name", "logo Name"},
      {"Name {#name-id}", "Name"},
      {"<a name=\"x\"></a>Name", "Name"},
      {"R\\*D &amp; C\\#", "R*D & C#"},
      {"Vec<T> in words", "Vec<T> in words"},
      {"array[0] is first", "array[0] is first"},
      {"`code with * star`", "code with * star"},
      {"lots   of   space", "lots of space"},
      {"C#", "C#"},
      {"unclosed `code and [link", "unclosed `code and [link"},
  };
  for (const auto& [source, plain] : cases) {
    EXPECT_THAT(headings(markdown("# " + source + "\n")), ElementsAre(plain)) << source;
  }
}

TEST(Markdown, FrontMatterStatesTheTitle) {
  const Document yaml = markdown("---\ntitle: \"My Page\"\ndate: 2020\n---\n\n# Intro\ntext\n");
  EXPECT_EQ(yaml.title, "My Page");
  EXPECT_THAT(headings(yaml), ElementsAre("My Page > Intro"));
  EXPECT_EQ(markdown("+++\ntitle = 'Other'\n+++\n# Intro\n").title, "Other");
  EXPECT_EQ(markdown("---\ntitle: >-\n  Folded\n---\n").title, "Folded");
  EXPECT_THAT(headings(markdown("---\ntitle: Same\n---\n# Same\n## Part\n")), ElementsAre("Same", "Same > Part"));
  EXPECT_EQ(markdown("---\ntitle: no end\n\n# Intro\n").title, "Intro");  // not front matter: a rule
}

TEST(Markdown, BlocksAreParagraphsItemsTablesAndCode) {
  EXPECT_THAT(
      blocks(markdown(
          "one\ntwo\n\n- a\n  more\n- b\n  - c\n\n> q\n> q\n>\n> r\n\na|b\n-|-\n1|2\n\n```\nx\n\ny\n```\nend\n")),
      ElementsAre("P one\ntwo", "P - a\n  more", "P - b", "P - c", "P > q\n> q\n>", "P > r", "L a|b\n-|-\n1|2",
                  "L ```\nx\n\ny\n```", "P end"));
  EXPECT_THAT(blocks(markdown("It was in\n2020. A year.\n")), ElementsAre("P It was in\n2020. A year."));
}

TEST(Markdown, LineEndsMayBeOfAnyKind) {
  const Document document = markdown("# A\r\n\r\ntext\r\nmore\r\n\r\nB\r\n---\r\n");
  EXPECT_THAT(headings(document), ElementsAre("A", "A > B"));
  EXPECT_THAT(blocks(document), ElementsAre("H # A", "P text\r\nmore", "H B\r\n---"));
}

TEST(RestructuredText, LevelsComeInTheOrderOfTheirAdornment) {
  const Document document =
      rst("=====\nTitle\n=====\n\nPart\n----\n\ntext\n\nSub\n~~~\n\nNext\n----\n\nOther\n=====\n\nEnd\n");
  EXPECT_THAT(headings(document),
              ElementsAre("Title", "Title > Part", "Title > Part > Sub", "Title > Next", "Title > Next > Other"));
  EXPECT_EQ(document.title, "Title");
}

TEST(RestructuredText, WhatOnlyLooksLikeATitle) {
  for (const char* text : {
           "text::\n\n    Title\n    =====\n",
           ".. code-block:: rst\n\n   Title\n   =====\n",
           "text\n\n----\n\ntext\n",
           "two\nlines\n=====\n",
           "====  ====\na     b\n====  ====\n1     2\n====  ====\n",
           "+----+\n| ab |\n+----+\n",
           ".. comment\n   Title\n   =====\n",
           "a long line\n--\n",
       }) {
    EXPECT_THAT(headings(rst(text)), IsEmpty()) << text;
  }
}

TEST(RestructuredText, TitlesAreWithoutMarkup) {
  EXPECT_THAT(headings(rst("The ``async`` *thing* of :pep:`492`\n===================================\n")),
              ElementsAre("The async thing of 492"));
}

TEST(RestructuredText, APepsHeaderStatesTheTitle) {
  const Document document =
      rst("PEP: 8\nTitle: Style Guide for\n       Python Code\nAuthor: G\n\nAbstract\n========\n\ntext\n");
  EXPECT_EQ(document.title, "Style Guide for Python Code");
  EXPECT_THAT(headings(document), ElementsAre("Style Guide for Python Code > Abstract"));
}

TEST(RestructuredText, LiteralBlocksAreLines) {
  EXPECT_THAT(
      blocks(rst(
          "Like this::\n\n    a = 1\n\n    b = 2\n\nand on\n\n- one\n- two\n\n.. note:: x\n\n   prose\n\n>>> 1\n1\n")),
      ElementsAre("P Like this::", "L a = 1", "L b = 2", "P and on", "P - one", "P - two", "P .. note:: x", "P prose",
                  "L >>> 1\n1"));
}

TEST(PlainText, UnderlinesAndHeadersAreRead) {
  const Document document =
      read_document("notes.txt", "The Title\n=========\n\npara\none\n\npara two\n\nPart\n----\nx\n");
  testing::expect_sound(document);
  EXPECT_THAT(headings(document), ElementsAre("The Title", "The Title > Part"));
  EXPECT_EQ(document.title, "The Title");
  EXPECT_EQ(read_document("mail.txt", "From: a\nTitle: On bees\n\nbody\n").title, "On bees");
  EXPECT_EQ(read_document("dir/notes.txt", "From: a\n\nbody\n").title, "notes.txt");
  EXPECT_EQ(read_document("", "text").title, "");
}

TEST(SourceCode, IsLinesInBlocks) {
  const Document document = read_document("src/a.cpp", "int a;\nint b;\n\n# define x\n===\n");
  testing::expect_sound(document);
  EXPECT_THAT(blocks(document), ElementsAre("L int a;\nint b;", "L # define x\n==="));
  EXPECT_EQ(document.title, "a.cpp");
}

/// Texts made of what the readers look for, in no sensible order.
std::string random_text(std::mt19937& random, std::size_t pieces) {
  static const std::vector<std::string> kPieces = {
      "#",      "# ",    "=",      "===",     "---",     "-",         "- ",       ">",    "> ",   "```",   "~~~",
      "\n",     "\n",    "\n\n",   " ",       "    ",    "\t",        "\r\n",     "|",    "|-|",  "<!--",  "-->",
      "<div>",  "<pre>", "</pre>", "::",      ".. ",     ".. code::", "Title: x", "word", "Word", "1. ",   "[a]:",
      "[a](b)", "`",     "*",      "_",       "\\",      "\xff",      "\xe2\x82", "\x01", "é",    "---\n", "+++\n",
      "\f",     "\v",    "\x85",   "=====\n", "~~~~~\n", ">>> ",      "  - ",     "\r"};
  std::string text;
  for (std::size_t i = 0; i < pieces; ++i) text += kPieces[random() % kPieces.size()];
  return text;
}

TEST(Readers, HoldEveryByteOnceWhateverTheText) {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    const std::string text = random_text(random, random() % 60);
    for (const char* name : {"x.md", "x.rst", "x.txt", "x.c", "x"}) {
      testing::expect_sound(read_document(name, text));
      if (::testing::Test::HasFailure()) FAIL() << name << ":\n" << text;
    }
  }
}

TEST(Readers, StandHostileText) {
  std::string quotes;
  for (int i = 0; i < 100'000; ++i) quotes += "> ";
  std::string items;
  for (int i = 0; i < 100'000; ++i) items += "- ";
  std::string nested;
  for (int i = 0; i < 1000; ++i) nested += std::string(2 * static_cast<std::size_t>(i), ' ') + "- x\n";
  std::string headings_only;
  for (int i = 0; i < 100'000; ++i) headings_only += "# a\n";
  const std::vector<std::string> texts = {"",
                                          " \n\t\r\n ",
                                          "\xEF\xBB\xBF",
                                          quotes,
                                          quotes + "\nx\n---\n",
                                          items,
                                          nested,
                                          headings_only,
                                          "# " + std::string(1 << 20, 'x'),
                                          "# " + std::string(1 << 20, '['),
                                          "# " + std::string(1 << 20, '`') + "x",
                                          std::string(1 << 20, '#'),
                                          std::string(1 << 20, '=') + "\nx\n" + std::string(1 << 20, '='),
                                          "```\n" + std::string(1 << 20, 'x'),
                                          "---\n" + std::string(1 << 20, '\n'),
                                          "\x01\x02\x1b[31m\x7f",
                                          std::string(1 << 20, '\xff'),
                                          std::string("a\0b", 3),
                                          std::string(1 << 20, '\r')};
  for (const std::string& text : texts) {
    for (const char* name : {"x.md", "x.rst", "x.txt", "x.c"}) {
      const auto begin = std::chrono::steady_clock::now();
      testing::expect_sound(read_document(name, text));
      EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2)) << text.substr(0, 40);
    }
  }
}

TEST(Readers, ALongLineTakesLinearTime) {
  std::string line;
  line.resize(60'000'000, 'x');
  for (const char* name : {"x.md", "x.rst", "x.txt", "x.c"}) {
    const Document document = read_document(name, line);
    ASSERT_EQ(document.blocks.size(), 1U);
    EXPECT_EQ(document.blocks[0].span, (Span{0, line.size()}));
  }
}

void read_all(const std::filesystem::path& folder, std::string_view ending, std::size_t at_least) {
  std::size_t files = 0;
  std::size_t untitled = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().extension() != ending) continue;
    const std::string name = entry.path().filename().string();
    const Document document = read_document(name, testing::file_text(entry.path()));
    testing::expect_sound(document);
    if (document.title == name) ++untitled;
    ++files;
  }
  EXPECT_GE(files, at_least);
  EXPECT_LE(untitled, files / 50);
}

TEST(Readers, HoldEveryByteOfTheRustBookOnce) {
  RIVERBANK_NEEDS_SHARED_DATA("docs_rust_book");
  read_all(testing::shared_data("docs_rust_book"), ".md", 90);
}

TEST(Readers, HoldEveryByteOfThePepsOnce) {
  RIVERBANK_NEEDS_SHARED_DATA("docs_peps");
  read_all(testing::shared_data("docs_peps"), ".rst", 600);
}

}  // namespace
}  // namespace riverbank
