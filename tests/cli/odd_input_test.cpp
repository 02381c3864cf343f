#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/cli/fixture.h"

namespace riverbank::cli {
namespace {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;

class OddInput : public ProgramTest {
 protected:
  void expect_refused(const Arguments& arguments, const std::string& sentence, const std::string& input = "") const {
    const Outcome outcome = program.run(arguments, input);
    const std::string called = ::testing::PrintToString(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << called << outcome.out;
    EXPECT_THAT(outcome.err, HasSubstr(sentence)) << called;
    EXPECT_EQ(testing::lines_of(outcome.err).size(), 1U) << called << outcome.err;
    EXPECT_EQ(outcome.out, "") << called;
  }
};

TEST_F(OddInput, AnEmptyTextIsRefusedTheSameWayByEveryVerb) {
  const std::string book = path("book");
  for (const std::string nothing : {"", " \t\n"}) {
    expect_refused({"query", nothing, book}, "the question is empty; give one with words in it");
    expect_refused({"context", nothing, book}, "the question is empty; give one with words in it");
    expect_refused({"rerank", nothing}, "the question is empty; give one with words in it", "a passage\n");
    expect_refused({"embed", nothing}, "the text is empty; give one with words in it");
    expect_refused({"attention", nothing}, "the text is empty; give one with words in it");
    expect_refused({"contrast", nothing, "the bank", "a bank"}, "the word is empty; give one with words in it");
    expect_refused({"contrast", "bank", "the bank", nothing}, "the sentence is empty; give one with words in it");
    expect_refused({"senses", nothing, book}, "the word is empty; give one with words in it");
  }
  for (const std::string nothing : {"", "\n \n"}) {
    expect_refused({"rerank", "bank"}, "standard input is empty; give passages, one a line", nothing);
    expect_refused({"embed"}, "standard input is empty; give texts, one a line", nothing);
    const std::string file = write("nothing.txt", nothing).string();
    expect_refused({"rerank", "bank", file}, "nothing.txt is empty; give passages, one a line");
    expect_refused({"embed", "--file", file}, "nothing.txt is empty; give texts, one a line");
  }
  EXPECT_EQ(program.run({"embed"}, "bank\n\nriver\n").exit_code, 0) << "a row for each line, empty ones too";
  EXPECT_EQ(program.run({"query", "", book, "--like", path("book/river.md"), "--min-relevance", "0"}).exit_code, 0);
}

TEST_F(OddInput, NoneAtAllIsNoTopK) {
  const std::string book = path("book");
  expect_refused({"query", "bank", book, "-k", "0"}, "1 or more is needed, not 0");
  expect_refused({"context", "bank", book, "--top-k", "00"}, "1 or more is needed, not 0");
  expect_refused({"rerank", "bank", "-k", "0"}, "1 or more is needed, not 0", "a\n");
  EXPECT_EQ(testing::lines_of(program.run({"rerank", "bank"}, "a\nb\nc\n").out).size(), 3U);
  EXPECT_EQ(testing::lines_of(program.run({"rerank", "bank", "-k", "2"}, "a\nb\nc\n").out).size(), 2U);
  EXPECT_EQ(testing::lines_of(program.run({"rerank", "bank", "-k", "9"}, "a\nb\nc\n").out).size(), 3U);
}

TEST_F(OddInput, ATextThatBeginsWithADashGoesBehindTwo) {
  for (const auto& [verb, what] :
       {std::pair("query", "QUESTION"), std::pair("context", "QUESTION"), std::pair("rerank", "QUESTION"),
        std::pair("embed", "TEXT"), std::pair("attention", "TEXT"), std::pair("senses", "WORD")}) {
    expect_refused({verb, "-bank"}, std::string("; a ") + what + " that begins with a dash goes behind \"--\"");
  }
  EXPECT_THAT(program.run({"status", "-bank"}).err, Not(HasSubstr("begins with a dash")));
  const Outcome outcome =
      program.run({"query", "--min-relevance", "0", "--mode", "vector", "--", "-bank", path("book")});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(program.run({"embed", "--", "-bank"}).exit_code, 0);
  expect_refused({"query", "--", "-bank", path("book"), "--json"},
                 "\"--json\" stands behind \"--\", where all is text; put it before");
}

TEST_F(OddInput, AFileThatCannotBeWrittenIsFoundBeforeTheWork) {
  const std::string book = path("book"), none = path("none/out");
  const std::string sentence = "cannot write " + none;
  const Arguments model{"--model", path("no such model")};  // what would be found next
  const auto with_model = [&](Arguments arguments) {
    arguments.insert(arguments.end(), model.begin(), model.end());
    return arguments;
  };
  expect_refused({"query", "bank", book, "--why", "--html", none}, sentence);
  EXPECT_FALSE(fs::exists(path("data/riverbank/collections"))) << "nothing was indexed";
  expect_refused(with_model({"attention", "the bank", "--html", none}), sentence);
  expect_refused(with_model({"contrast", "bank", "the bank", "a bank", "--html", none}), sentence);
  expect_refused(with_model({"embed", "the bank", "--output", none}), sentence);
  expect_refused({"senses", "bank", book, "--html", none}, sentence);
  expect_refused({"bench", "attention", "--max-length", "1000000", "--svg", none}, sentence);
  expect_refused({"bench", "vectors", "--output", none}, sentence);
  expect_refused({"eval", path("no such set"), "--write-run", none}, sentence);
  expect_refused({"attention", "the bank", "--html", book}, "it is a folder; name a file");
  EXPECT_EQ(program.run({"attention", "the bank", "--html", path("page.html")}).exit_code, 0);
  for (const auto& entry : fs::directory_iterator(program.home())) {
    EXPECT_THAT(entry.path().filename().string(), Not(HasSubstr(".tmp-")));
  }
}

TEST_F(OddInput, NamesThatAreNoUtf8ComeThroughJsonWhole) {
  const std::string name =
      "bo\xff\xfe"
      "at %1.txt";
  write("odd/" + name, "A heron stood on the bank.\n");
  const fs::path folder = fs::canonical(path("odd"));
  const std::string uri = "bo%FF%FEat%20%251.txt";
  const auto check = [&](const nlohmann::json& json, bool has_file) {
    EXPECT_EQ(json.at("document"),
              "bo\xef\xbf\xbd\xef\xbf\xbd"
              "at %1.txt");
    EXPECT_EQ(json.at("document_uri"), uri);
    if (!has_file) return;
    EXPECT_EQ(json.at("file_uri"), "file://" + folder.string() + "/" + uri);
  };
  const auto json_of = [&](const Arguments& arguments) {
    const Outcome outcome = program.run(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out);
  };
  check(json_of({"query", "heron", path("odd"), "--json", "--min-relevance", "0"}).at("hits").at(0), true);
  check(json_of({"context", "heron", path("odd"), "--format", "json", "--min-relevance", "0"}).at("passages").at(0),
        false);
  check(json_of({"senses", "heron", path("odd"), "--json"}).at("uses").at(0), true);
  write("odd\xff/" + name, std::string("\0binary", 7));
  const auto index = json_of({"index", path("odd\xff"), "--json"}).at(0);
  EXPECT_EQ(index.at("skipped").at(0).at("path_uri"), uri);
  EXPECT_EQ(index.at("folders_uris").at(0), "file://" + folder.string() + "%FF");
  const auto plain = query("boat", {"--json"});
  EXPECT_THAT(plain.out, Not(HasSubstr("_uri")));
}

TEST_F(OddInput, AnIndexAmongItsDocumentsIsNoDocument) {
  for (const std::string index : {"here", "inside/index"}) {
    const std::string folder = path(index.substr(0, index.find('/')));
    fs::copy(path("book"), folder, fs::copy_options::recursive);
    for (int round = 0; round < 2; ++round) {
      const Outcome outcome = program.run({"index", folder, "--index", path(index), "--json"});
      ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
      const auto json = nlohmann::json::parse(outcome.out).at(0);
      EXPECT_EQ(json.at("files_read").get<int>() + json.at("files_unchanged").get<int>(), 3) << outcome.out;
      EXPECT_TRUE(json.at("skipped").empty()) << outcome.out;
    }
    EXPECT_EQ(
        nlohmann::json::parse(program.run({"status", "--index", path(index), "--json"}).out).at(0).at("documents"), 3);
  }
}

TEST_F(OddInput, ADeviceIsNoFolder) {
  for (const char* const verb : {"index", "query"}) {
    Arguments arguments{verb};
    if (arguments[0] == "query") arguments.emplace_back("bank");
    arguments.emplace_back("/dev/null");
    expect_refused(arguments, "/dev/null is neither a folder nor a file of documents");
  }
  EXPECT_FALSE(fs::exists(path("data/riverbank/collections")));
}

TEST_F(OddInput, AFolderWithoutATextSaysHowToFindOutWhy) {
  write("pictures/a.png", std::string("\x89PNG\0\0", 6));
  const Outcome outcome = program.run({"query", "bank", path("pictures")});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("What was left out: riverbank index ~/pictures"));
  EXPECT_THAT(program.run({"index", path("pictures")}).out, HasSubstr("skipped 1 file: 1 binary (a.png)"));
}

TEST_F(OddInput, ContextShowsControlCharactersAsHitsDo) {
  write("odd/heron.txt", "A heron \x1b[31mstood\x1b[0m on \xe2\x80\xae the bank.\n");
  const Outcome hits = program.run({"query", "heron", path("odd"), "--min-relevance", "0"});
  const Outcome context = program.run({"context", "heron", path("odd"), "--min-relevance", "0"});
  for (const Outcome& outcome : {hits, context}) {
    EXPECT_THAT(outcome.out, HasSubstr("A heron \\x1b[31mstood\\x1b[0m on \\u202e the bank.")) << outcome.err;
  }
}

TEST_F(OddInput, ASenseOfFewUsesIsAnsweredWithAWarning) {
  const Arguments sense{"--word", "bank", "--sense", "the bank of the river"};
  const Outcome few = query("bank", sense);
  EXPECT_EQ(few.exit_code, 0) << few.err;
  EXPECT_THAT(few.err, HasSubstr("\"bank\" is used 4 times in what was found, too few to tell its senses apart"));
  EXPECT_EQ(testing::lines_of(few.err).size(), 1U) << few.err;
  for (int i = 0; i < 6; ++i)
    write("book/more" + std::to_string(i) + ".txt", "The bank is " + std::to_string(i) + ".\n");
  EXPECT_THAT(query("bank", sense).err, Not(HasSubstr("too few")));
}

}  // namespace
}  // namespace riverbank::cli
