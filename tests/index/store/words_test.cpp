#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "index/store/fts_tokenizer.h"
#include "index/store/keyword_query.h"
#include "index/store/store.h"
#include "tests/index/store/store_fixture.h"

namespace riverbank {
namespace {

using ::testing::ElementsAre;
using testing::found;
using ::testing::IsEmpty;
using testing::put;
using testing::record;
using testing::TemporaryFolder;
using ::testing::UnorderedElementsAre;

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for_each_search_word(text, [&](const SearchWord& word) {
    EXPECT_LE(word.folded.size(), kMostWordBytes);
    EXPECT_LT(word.begin, word.end);
    EXPECT_LE(word.end, text.size());
    words.emplace_back(word.folded);
    return true;
  });
  return words;
}

TEST(SearchWords, AreRunsOfLettersAndDigitsFolded) {
  EXPECT_THAT(words_of("The std::vector<T> of read_file() isn't 3.14"),
              ElementsAre("the", "std", "vector", "t", "of", "read", "file", "isn", "t", "3", "14"));
  EXPECT_THAT(words_of("“Quoted”—dash…dots"), ElementsAre("quoted", "dash", "dots"));
}

TEST(SearchWords, LoseTheirAccentsAndTheirCase) {
  EXPECT_THAT(words_of("NAÏVE Ünal STRASSE Straße"), ElementsAre("naive", "unal", "strasse", "strasse"));
  EXPECT_THAT(words_of("ПРИВЕТ Мир"), ElementsAre("привет", "мир"));
}

TEST(SearchWords, OfScriptsWithoutSpacesAreTaggedByTheirPlace) {
  const std::string text = "私は学生です";
  std::size_t covered = 0;
  for_each_search_word(text, [&](const SearchWord& word) {
    EXPECT_GE(word.begin, covered);
    covered = word.end;
    return true;
  });
  EXPECT_EQ(covered, text.size());
  EXPECT_GE(words_of(text).size(), 2U);
}

TEST(SearchWords, StopWhenToldTo) {
  int seen = 0;
  for_each_search_word("a b c é f", [&](const SearchWord&) { return ++seen < 2; });
  EXPECT_EQ(seen, 2);
}

TEST(SearchWords, OfAnyBytesAreFoundWithoutHarm) {
  EXPECT_THAT(words_of(""), IsEmpty());
  EXPECT_THAT(words_of(std::string("a\0b", 3)), ElementsAre("a", "b"));
  for (const char* hostile :
       {"\xff\xfe", "\xe2\x80", "\xe2\x80\x93", "\xf0\x9f", "a\xc3", "\x80\x80 z", "\xed\xa0\x80"}) {
    words_of(hostile);
  }
  EXPECT_EQ(words_of(std::string(1'000'000, 'x')).at(0).size(), kMostWordBytes);
  std::string wide;
  for (int i = 0; i < 50'000; ++i) wide += "é";
  words_of(wide);
}

TEST(KeywordQuery, QuotesWordsAndLeavesStopWordsOut) {
  EXPECT_EQ(keyword_query("How do I share data between threads?"), R"("share" OR "data" OR "between" OR "threads")");
  EXPECT_EQ(keyword_query("Data data DATA"), R"("Data")");
  EXPECT_EQ(keyword_query("to be or not to be"), R"("to" OR "be" OR "or" OR "not")");
  EXPECT_EQ(keyword_query("  ?!, \"* ^:()-"), "");
  EXPECT_EQ(keyword_query(""), "");
}

TEST(KeywordQuery, OfAMegabyteIsBounded) {
  std::string question;
  for (int i = 0; question.size() < 1'000'000; ++i) question += "word" + std::to_string(i) + " ";
  EXPECT_LT(keyword_query(question).size(), kMostQueryWords * 20);
}

class Keywords : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  Store store_{folder_.path(), Access::kReadWrite};
};

TEST_F(Keywords, FindStemsTitlesAndHeadings) {
  put(store_, record("stem"), {"The threads were sharing their worlds."});
  put(store_, record("title", "Ownership"), {"Nothing else."});
  put(store_, record("heading"), {"Nothing else."}, {"Borrowing", "References"});
  EXPECT_THAT(found(store_, "share world"), ElementsAre("stem"));
  EXPECT_THAT(found(store_, "ownership"), ElementsAre("title"));
  EXPECT_THAT(found(store_, "reference borrow"), ElementsAre("heading"));
  EXPECT_THAT(found(store_, "NAÏVE"), IsEmpty());
}

TEST_F(Keywords, RankRareWordsAndShortPassagesFirst) {
  put(store_, record("common"), {"apple apple apple and much more besides that nobody wants to read at all"});
  put(store_, record("rare"), {"apple zebra"});
  put(store_, record("other"), {"pear"});
  put(store_, record("filler"), {"plum"});
  put(store_, record("filler 2"), {"cherry"});
  EXPECT_THAT(found(store_, "apple zebra"), ElementsAre("rare", "common"));
  EXPECT_THAT(found(store_, "apple zebra", {}, 1), ElementsAre("rare"));
  StoreReader reader = store_.read();
  const auto hits = reader.find_words("apple zebra", 10);
  EXPECT_GT(hits.at(0).bm25, hits.at(1).bm25);
  EXPECT_GT(hits.at(1).bm25, 0);
}

TEST_F(Keywords, AgreeWithOkapiBm25) {
  // N = 3 passages of 2, 4 and 3 words (no title, no headings): average 3. "fox" stands in one of them, once.
  // idf = ln((3 - 1 + 0.5) / (1 + 0.5)); score = idf · 1 · (1.2 + 1) / (1 + 1.2 · (1 - 0.75 + 0.75 · 2 / 3)).
  put(store_, record("a"), {"fox runs"});
  put(store_, record("b"), {"dog sleeps long today"});
  put(store_, record("c"), {"cat eats fish"});
  StoreReader reader = store_.read();
  const auto hits = reader.find_words("fox", 10);
  ASSERT_EQ(hits.size(), 1U);
  EXPECT_NEAR(hits[0].bm25, std::log(2.5 / 1.5) * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 2 / 3)), 1e-9);
}

TEST_F(Keywords, CountTheTitleOnceWhereTheHeadingsBeginWithIt) {
  put(store_, record("with", "River"), {"x"}, {"River"});
  put(store_, record("without", "River"), {"x"});
  StoreReader reader = store_.read();
  const auto hits = reader.find_words("river", 10);
  ASSERT_EQ(hits.size(), 2U);
  EXPECT_DOUBLE_EQ(hits[0].bm25, hits[1].bm25);
}

TEST_F(Keywords, TakeAnyTextForAQuestion) {
  put(store_, record("a"), {"near and or not column text"});
  for (const std::string question :
       {"\"", "text:", "NEAR(a b)", "a AND", "NOT", "* OR *", "col : x", "{text} : y", "^a", "'; DROP TABLE chunks; --",
        "\xff\xfe text", "(", "-text", "+", "\"\"\"text"}) {
    EXPECT_NO_THROW(found(store_, question)) << question;
  }
  EXPECT_THAT(found(store_, "AND OR NEAR"), ElementsAre("a"));
  EXPECT_THAT(found(store_, std::string("text\0text", 9)), ElementsAre("a"));
  EXPECT_THAT(found(store_, std::string(1'000'000, 'a') + " column"), ElementsAre("a"));
}

TEST_F(Keywords, ObeyTheFilterInsideTheRanking) {
  for (int i = 0; i < 200; ++i) {
    put(store_,
        record("docs/" + std::to_string(i) + (i % 50 == 0 ? ".md" : ".txt"), "",
               {{"even", i % 2 == 0 ? "yes" : "no"}, {"big", i >= 100 ? "yes" : "no"}}),
        {i % 50 == 0 ? "river among very many other words that make it rank behind" : "river"});
  }
  DocumentFilter markdown;
  markdown.path_glob = "*.md";
  EXPECT_THAT(found(store_, "river", markdown, 3), ElementsAre("docs/0.md", "docs/50.md", "docs/100.md"));
  DocumentFilter both = markdown;
  both.metadata = {{"even", "yes"}, {"big", "yes"}};
  EXPECT_THAT(found(store_, "river", both), UnorderedElementsAre("docs/100.md", "docs/150.md"));
  both.metadata["big"] = "perhaps";
  EXPECT_THAT(found(store_, "river", both), IsEmpty());
  DocumentFilter root;
  root.root = 1;
  EXPECT_THAT(found(store_, "river", root), IsEmpty());
}

}  // namespace
}  // namespace riverbank
