#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/cli/fixture.h"

namespace riverbank::cli {
namespace {

class Senses : public ProgramTest {
 protected:
  Senses() {
    write("book/hostile.txt", "The bank \x1b[31mred\x1b[0m </script><script>alert(1)</script> \xe2\x80\xae gnab.\n");
    write("book/more/list.md", "# Banks\n\nThe bank's loan.\n\nHe sat on banks of the river.\n");
  }
  Outcome senses(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "senses");
    return program.run(arguments);
  }
  std::string read(const std::string& file) const {
    std::ifstream stream(path(file));
    return {std::istreambuf_iterator<char>(stream), {}};
  }
};

TEST_F(Senses, IndexTheFolderFirstAndShowPassagesWithTheirPlaces) {
  const Outcome outcome = senses({"bank", path("book")});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("bank: 8 uses in 5 documents, "));
  EXPECT_THAT(outcome.out, HasSubstr("▌bank▐"));
  EXPECT_THAT(outcome.out, HasSubstr(".md:3\n"));
  for (const char* bad : {"\x1b", "\xe2\x80\xae"}) EXPECT_THAT(outcome.out, Not(HasSubstr(bad)));
}

TEST_F(Senses, RefreshAndKeepToThePartThatWasAskedLikeAQuery) {
  senses({"bank", path("book")});
  EXPECT_THAT(senses({"bank", path("book/more")}).out, HasSubstr("bank: 3 uses in 1 document,"));
  EXPECT_THAT(senses({"bank", path("book/river.md")}).out, HasSubstr("bank: 1 use in 1 document,"));
  EXPECT_THAT(senses({"bank", path("book"), "--path", "*.txt"}).out, HasSubstr("bank: 2 uses in 2 documents,"));
  EXPECT_THAT(senses({"bank", path("book"), "--type", "markdown", "--heading", "money"}).out,
              HasSubstr("bank: 2 uses in 1 document,"));
  write("book/new.txt", "Another bank.\n");
  EXPECT_THAT(senses({"bank", path("book"), "--no-refresh"}).out, HasSubstr("bank: 8 uses"));
  EXPECT_THAT(senses({"bank", path("book")}).out, HasSubstr("bank: 9 uses in 6 documents"));
  program.work_in(program.home() / "book");
  EXPECT_THAT(senses({"bank"}).out, HasSubstr("bank: 9 uses"));
}

TEST_F(Senses, InJsonHoldEveryUse) {
  const Outcome outcome = senses({"bank", path("book"), "--count", "2", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json.at("word"), "bank");
  EXPECT_EQ(json.at("found"), 8);
  ASSERT_EQ(json.at("senses").size(), 2U);
  EXPECT_EQ(json.at("senses").at(0).at("size").get<int>() + json.at("senses").at(1).at("size").get<int>(), 8);
  EXPECT_GE(json.at("senses").at(0).at("size"), json.at("senses").at(1).at("size"));
  EXPECT_FALSE(json.at("senses").at(0).at("central").empty());
  std::set<std::string> words;
  for (const auto& use : json.at("uses")) {
    const std::string text = use.at("text");
    const std::size_t begin = use.at("word").at("begin"), end = use.at("word").at("end");
    words.insert(text.substr(begin, end - begin));
    EXPECT_THAT(use.at("sense").get<int>(), ::testing::AnyOf(1, 2));
  }
  EXPECT_EQ(words, (std::set<std::string>{"bank", "banks", "Banks"}));
  EXPECT_TRUE(json.at("threshold").is_number());
  EXPECT_TRUE(json.at("threshold_measured").is_boolean());
}

TEST_F(Senses, AreDrawnInOneHarmlessFile) {
  const Outcome outcome = senses({"bank", path("book"), "--count", "2", "--html", path("bank.html")});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("bank.html"));
  const std::string page = read("bank.html");
  EXPECT_THAT(page, StartsWith("<!doctype html>"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  for (const char* bad : {"<script>alert", "\x1b", "\xe2\x80\xae", "http://", "https://"}) {
    EXPECT_THAT(page, Not(HasSubstr(bad))) << bad;
  }
  const Outcome unwritable = senses({"bank", path("book"), "--html", path("no/such/bank.html")});
  EXPECT_EQ(unwritable.exit_code, 2);
  EXPECT_THAT(unwritable.err, HasSubstr("bank.html"));
  EXPECT_EQ(unwritable.out, "");
}

TEST_F(Senses, SayWhatCannotBe) {
  const Outcome nowhere = senses({"xylophone", path("book")});
  EXPECT_EQ(nowhere.exit_code, 1);
  EXPECT_EQ(nowhere.out, "");
  EXPECT_THAT(nowhere.err, HasSubstr("\"xylophone\" is nowhere in"));
  for (const auto& [arguments, why] :
       {std::pair(std::vector<std::string>{"?!", path("book")}, "is no word"),
        std::pair(std::vector<std::string>{"?!", path("book")}, "is no word"),
        std::pair(std::vector<std::string>{"bank", path("book"), "--count", "9"},
                  "but there are 8 uses; ask for 1 to 8"),
        std::pair(std::vector<std::string>{"bank", path("book"), "--most", "0"}, "0 uses were asked for"),
        std::pair(std::vector<std::string>{"bank", path("book"), "--path", "[a"}, "[a"),
        std::pair(std::vector<std::string>{"bank", path("bok")}, "book?)"),
        std::pair(std::vector<std::string>{"bank", path("book"), "--model", "no-such-model"}, "no-such-model")}) {
    SCOPED_TRACE(why);
    const Outcome outcome = senses(arguments);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr(why));
    EXPECT_EQ(outcome.out, "");
  }
}

TEST_F(Senses, OfAModelOfOnesOwnSayThatTheirBoundWasNotMeasured) {
  testing::write_tiny_model(program.home() / "own", 'x', kPositions);
  const Outcome outcome = senses({"bank", path("book"), "--model", path("own")});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("from 0.100 on it is several senses, a bound that was not measured"));
}

TEST_F(Senses, ChooseThePassagesOfAQuery) {
  const Outcome outcome =
      query("the bank", {"--word", "bank", "--sense", "the bank of the river", "--json", "-k", "20"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  ASSERT_GE(json.at("hits").size(), 4U);
  double last = 1;
  for (const auto& hit : json.at("hits")) {
    EXPECT_LE(hit.at("score").get<double>(), last);
    last = hit.at("score");
    EXPECT_THAT(hit.at("best_sentence").at("text").get<std::string>(), ::testing::ContainsRegex("[Bb]ank"));
  }
  const Outcome text = query("the bank", {"--word", "bank", "--sense", "the bank of the river"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  const Outcome missing = query("the bank", {"--word", "boat", "--sense", "the bank of the river"});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, HasSubstr("the sense must use the word"));
  EXPECT_EQ(query("the bank", {"--word", "bank"}).exit_code, 2);
  EXPECT_EQ(query("the bank", {"--sense", "the bank of the river"}).exit_code, 2);
  const Outcome none = query("the bank", {"--word", "zigzag", "--sense", "a zigzag line"});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.err, HasSubstr("No passage that was found uses \"zigzag\" like that."));
}

}  // namespace
}  // namespace riverbank::cli
