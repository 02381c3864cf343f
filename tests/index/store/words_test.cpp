#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>
#include <utility>

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
              ElementsAre("the", "std", "vector", "t", "of", "read", "readfile", "file", "isn", "t", "3", "14"));
  EXPECT_THAT(words_of("“Quoted”—dash…dots"), ElementsAre("quoted", "dash", "dots"));
}

TEST(SearchWords, LoseTheirAccentsAndTheirCase) {
  EXPECT_THAT(words_of("NAÏVE Ünal STRASSE Straße"), ElementsAre("naive", "unal", "strasse", "strasse"));
  EXPECT_THAT(words_of("ПРИВЕТ Мир"), ElementsAre("привет", "мир"));
}

TEST(SearchWords, OfIdentifiersAreTheirPartsAndThemselves) {
  EXPECT_THAT(words_of("parseHttpRequest"), ElementsAre("parse", "parsehttprequest", "http", "request"));
  EXPECT_THAT(words_of("parse_http_request"), ElementsAre("parse", "parsehttprequest", "http", "request"));
  EXPECT_THAT(words_of("--dry-run"), ElementsAre("dry", "dryrun", "run"));
  EXPECT_THAT(words_of("v1.2.3"), ElementsAre("v1", "2", "3"));
  EXPECT_THAT(words_of("HTTPServer UTF8String __init__"),
              ElementsAre("http", "httpserver", "server", "utf8", "utf8string", "string", "init"));
  EXPECT_THAT(words_of("SARS-CoV-2"), ElementsAre("sars", "sarscov2", "co", "cov", "v", "2"));
  EXPECT_THAT(words_of("NASA URLs 2019-20 a - b"), ElementsAre("nasa", "urls", "2019", "20", "a", "b"));
}

TEST(SearchWords, SayWhichIsTheWholeAndWhereItStands) {
  std::vector<std::pair<std::size_t, std::size_t>> places;
  for_each_search_word("a readFile", [&](const SearchWord& word) {
    EXPECT_EQ(word.whole, word.folded == "readfile");
    places.emplace_back(word.begin, word.end);
    return true;
  });
  EXPECT_THAT(places, ElementsAre(std::pair(0, 1), std::pair(2, 6), std::pair(2, 10), std::pair(6, 10)));
}

TEST(SearchWords, OfScriptsWithoutSpacesAreTheirCharacters) {
  EXPECT_THAT(words_of("東京都"), ElementsAre("東", "京", "都"));
  EXPECT_THAT(words_of("ﾄｳｷｮｳ"), words_of("トウキョウ"));  // half width
  EXPECT_THAT(words_of("서울에서"), ElementsAre("서", "울", "에", "서"));
  EXPECT_THAT(words_of("LG전자"), ElementsAre("lg", "전", "자"));
  std::size_t covered = 0;
  for_each_search_word("私は学生です", [&](const SearchWord& word) {
    EXPECT_GE(word.end, covered);  // each has the place of ICU's word around it
    covered = word.end;
    return true;
  });
  EXPECT_EQ(covered, std::string("私は学生です").size());
}

TEST(PlainWords, AreTheSameForWhatDiffersOnlyInMarks) {
  EXPECT_EQ(plain_words("The  \"River\" —\nbank!"), " the river bank ");
  EXPECT_EQ(plain_words("parseHttpRequest(x)"), " parsehttprequest x ");
  EXPECT_EQ(plain_words("?!"), " ");
  EXPECT_EQ(plain_words("東京 é"), " 東 京 e ");
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
  EXPECT_EQ(keyword_query("Data data DATA"), R"("data")");
  EXPECT_EQ(keyword_query("to be or not to be"), R"("to" OR "be" OR "or" OR "not")");
  EXPECT_EQ(keyword_query("dry-run readFile"), R"("dry" OR "dryrun" OR "run" OR "read" OR "readfile" OR "file")");
  EXPECT_EQ(keyword_query("v1.2.3"), R"("v1.2.3" OR "v1")");
  EXPECT_EQ(keyword_query("and/or"), R"("and" OR "or")");
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

TEST_F(Keywords, FindIdentifiersWholeAndByTheirParts) {
  put(store_, record("camel"), {"Call parseHttpRequest(socket) first."});
  put(store_, record("snake"), {"Then parse_http_request returns."});
  put(store_, record("flag"), {"Use --dry-run to look."});
  put(store_, record("version"), {"Since v1.2.3 it is faster."});
  put(store_, record("other version"), {"Since v1.3.2 it is slower, by 2 of 3."});
  for (const char* question : {"parse", "http", "requests", "parseHttpRequest", "parse_http_request",
                               "parsehttprequest", "PARSE_HTTP_REQUEST", "parse-http-request"}) {
    EXPECT_THAT(found(store_, question), UnorderedElementsAre("camel", "snake")) << question;
  }
  for (const char* question : {"--dry-run", "dry-run", "dryrun", "dry run", "dry", "run", "dryRun"}) {
    EXPECT_THAT(found(store_, question), ElementsAre("flag")) << question;
  }
  EXPECT_THAT(found(store_, "v1.2.3"), ElementsAre("version", "other version"));
  EXPECT_THAT(found(store_, "v1.3.2"), ElementsAre("other version", "version"));
}

TEST_F(Keywords, FindScriptsWithoutSpacesByOneTwoAndThreeCharacters) {
  put(store_, record("tokyo"), {"日本の首都は東京都です。"});
  put(store_, record("kyoto"), {"京都は古い都でした。"});
  put(store_, record("kana"), {"コンピュータはでんきをつかう。"});
  put(store_, record("thai"), {"กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย"});
  put(store_, record("korean"), {"저는 서울에서 살고 있습니다."});
  put(store_, record("english"), {"The capital is old."});
  EXPECT_THAT(found(store_, "東"), ElementsAre("tokyo"));
  EXPECT_THAT(found(store_, "東京"), ElementsAre("tokyo"));
  EXPECT_EQ(found(store_, "東京都").at(0), "tokyo");  // ICU sees 東京 and 都 in it, and 都 stands alone elsewhere
  EXPECT_THAT(found(store_, "京"), UnorderedElementsAre("tokyo", "kyoto"));
  EXPECT_THAT(found(store_, "日本の首都はどこですか"), ElementsAre("tokyo"));
  EXPECT_THAT(found(store_, "ピュー"), ElementsAre("kana"));
  EXPECT_THAT(found(store_, "ｺﾝﾋﾟｭｰﾀ"), ElementsAre("kana"));
  EXPECT_THAT(found(store_, "つか"), ElementsAre("kana"));
  EXPECT_THAT(found(store_, "ไทย"), ElementsAre("thai"));
  EXPECT_THAT(found(store_, "เมืองหลวง"), ElementsAre("thai"));
  EXPECT_THAT(found(store_, "서"), ElementsAre("korean"));
  EXPECT_THAT(found(store_, "서울"), ElementsAre("korean"));
  EXPECT_THAT(found(store_, "서울에는"), ElementsAre("korean"));  // with another ending
  EXPECT_THAT(found(store_, "서울은"), ElementsAre("korean"));
  EXPECT_THAT(found(store_, "北京"), IsEmpty());
}

TEST_F(Keywords, HoldPhrasesWordForWordAndLeaveOutWhatIsExcluded) {
  put(store_, record("exact"), {"The quick brown fox, tired."});
  put(store_, record("stem"), {"The quick brown foxes."});
  put(store_, record("order"), {"A fox, brown and quick."});
  put(store_, record("code"), {"See SARS-CoV-2 and readFile."});
  put(store_, record("tokyo"), {"首都は東京都です。"});
  put(store_, record("title", "Quick brown fox"), {"Nothing of it."});
  const auto with = [&](const char* phrase) {
    PassageFilter filter;
    filter.phrases = {phrase};
    std::vector<std::string> paths;
    StoreReader reader = store_.read();
    for (const PassageKey& passage : reader.passages_matching(filter)) {
      paths.push_back(reader.passages(std::vector{passage.chunk}).at(0).document.path);
    }
    return paths;
  };
  EXPECT_THAT(with("QUICK brown-fox"), UnorderedElementsAre("exact", "title"));
  EXPECT_THAT(with("fox"), UnorderedElementsAre("exact", "order", "title"));
  EXPECT_THAT(with("cov 2"), ElementsAre("code"));
  EXPECT_THAT(with("readfile"), ElementsAre("code"));
  EXPECT_THAT(with("read file"), IsEmpty());
  EXPECT_THAT(with("京都"), ElementsAre("tokyo"));
  PassageFilter without;
  without.excluded = {"fox", "東京"};
  EXPECT_THAT(found(store_, "brown see 首都", without), ElementsAre("code"));
}

TEST_F(Keywords, KeepToTypesTimesHeadingsAndDocuments) {
  StoreWriter writer = store_.write();
  const std::int64_t root = writer.add_root("/docs/");
  for (int i = 0; i < 4; ++i) {
    StoredDocument document = testing::file(root, std::array{"a.md", "B.MD", "c.tar.gz", ".md"}[i]);
    document.modified_ns = 1000 + i;
    put(writer, document, {"river"}, {i == 0 ? "Side effects" : "Uses", "Rare"});
  }
  put(writer, record("d.md"), {"river"});
  writer.commit();
  PassageFilter filter;
  filter.extensions = {"md"};
  EXPECT_THAT(found(store_, "river", filter), UnorderedElementsAre("a.md", "B.MD"));
  filter.extensions = {"gz", ""};
  EXPECT_THAT(found(store_, "river", filter), UnorderedElementsAre("c.tar.gz", ".md"));
  filter = {};
  filter.modified_since_ns = 1001;
  filter.modified_until_ns = 1003;
  EXPECT_THAT(found(store_, "river", filter), UnorderedElementsAre("B.MD", "c.tar.gz"));
  filter = {};
  filter.heading = "EFFECT rare";
  EXPECT_THAT(found(store_, "river", filter), ElementsAre("a.md"));
  filter = {};
  filter.document = "d.md";
  EXPECT_THAT(found(store_, "river", filter), ElementsAre("d.md"));
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

TEST_F(Keywords, TakeRandomBytesForAQuestionAndForAText) {
  std::mt19937 random(7);
  const std::string pieces[] = {"a",
                                "Z9",
                                "-",
                                "_",
                                "\"",
                                " ",
                                "東",
                                "の",
                                "서울",
                                "é",
                                "\xff",
                                "\xe2\x80",
                                ".",
                                ":",
                                "\n",
                                "AND",
                                "*",
                                "(",
                                "^",
                                "ไทย",
                                "fooBar",
                                std::string(1, '\0'),
                                "\xef\xbd\xb6",
                                "🙂"};
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i) text += pieces[random() % std::size(pieces)];
    EXPECT_LT(plain_words(text).size(), 200U);
    PassageFilter filter;
    if (!all_words_query(text).empty()) filter.phrases = {text}, filter.heading = text, filter.excluded = {text};
    EXPECT_NO_THROW(found(store_, text, filter)) << text;
    if (round % 10 != 0 || keyword_query(text).empty()) continue;
    put(store_, record(std::to_string(round)), {text});
    PassageFilter exact;
    exact.phrases = {text};
    EXPECT_THAT(found(store_, text), ::testing::Contains(std::to_string(round))) << text;
    EXPECT_THAT(found(store_, text, exact), ::testing::Contains(std::to_string(round))) << text;
  }
}

TEST_F(Keywords, ObeyTheFilterInsideTheRanking) {
  for (int i = 0; i < 200; ++i) {
    put(store_,
        record("docs/" + std::to_string(i) + (i % 50 == 0 ? ".md" : ".txt"), "",
               {{"even", i % 2 == 0 ? "yes" : "no"}, {"big", i >= 100 ? "yes" : "no"}}),
        {i % 50 == 0 ? "river among very many other words that make it rank behind" : "river"});
  }
  PassageFilter markdown;
  markdown.path_glob = "*.md";
  EXPECT_THAT(found(store_, "river", markdown, 3), ElementsAre("docs/0.md", "docs/50.md", "docs/100.md"));
  PassageFilter both = markdown;
  both.metadata = {{"even", "yes"}, {"big", "yes"}};
  EXPECT_THAT(found(store_, "river", both), UnorderedElementsAre("docs/100.md", "docs/150.md"));
  both.metadata["big"] = "perhaps";
  EXPECT_THAT(found(store_, "river", both), IsEmpty());
  PassageFilter root;
  root.root = 1;
  EXPECT_THAT(found(store_, "river", root), IsEmpty());
}

TEST(AskedWords, AreListedOrCounted) {
  const TemporaryFolder folder;
  Store store(folder.path(), Access::kReadWrite);
  put(store, record("gone"), {"the first"});
  std::vector<std::string> texts;
  constexpr std::size_t kPassages = 4000;
  for (std::size_t i = 0; i < kPassages; ++i) {
    texts.push_back("passage" + std::to_string(i) + (i % 2 == 0 ? " the" : "") + (i % 40 == 0 ? " of river" : ""));
  }
  put(store, record("many"), texts);
  StoreWriter writer = store.write();
  writer.remove_document(writer.find_record("gone")->id);
  writer.commit();

  StoreReader reader = store.read();
  const std::vector<AskedWord> words = reader.asked_words("the river of the passage7");
  ASSERT_EQ(words.size(), 5U);
  EXPECT_TRUE(words[0].chunks.empty()) << "nobody asks where a stop word stands when other words tell";
  EXPECT_NEAR(static_cast<double>(words[0].found), kPassages / 2.0, 2);  // estimated
  EXPECT_EQ(words[1].chunks.size(), kPassages / 40);
  EXPECT_EQ(words[1].found, kPassages / 40);
  EXPECT_EQ(words[2].found, kPassages / 40) << "counted, as it is rare here";
  EXPECT_EQ(words[3].found, words[0].found);
  EXPECT_EQ(words[4].chunks.size(), 1U);

  const std::vector<AskedWord> alone = reader.asked_words("the");
  ASSERT_EQ(alone.size(), 1U);
  EXPECT_EQ(alone[0].chunks.size(), kPassages / 2);
  EXPECT_EQ(alone[0].found, kPassages / 2);
}

}  // namespace
}  // namespace riverbank
