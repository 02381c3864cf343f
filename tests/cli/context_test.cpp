#include <nlohmann/json.hpp>

#include "tests/cli/fixture.h"

namespace riverbank::cli {
namespace {

class ContextCommand : public ProgramTest {
 protected:
  Outcome context(const std::string& question, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"context", question, path("book"), "--min-relevance", "0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return program.run(arguments);
  }
};

TEST_F(ContextCommand, PrintsNumberedPassagesWithTheirPlaces) {
  const Outcome outcome = context("loan money", {"--order", "rank", "--mode", "keyword"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, StartsWith("[1] book/money.md:1-3\n# Money\n"));
  EXPECT_EQ(outcome.err, "");
  program.work_in(program.home() / "book");
  EXPECT_THAT(program.run({"context", "loan", "--min-relevance", "0"}).out, HasSubstr("] money.md:1-3\n"));
}

TEST_F(ContextCommand, HasFourFormats) {
  EXPECT_THAT(context("loan", {"--format", "markdown"}).out, HasSubstr("\n> "));
  const auto json = nlohmann::json::parse(context("loan", {"--format", "json", "--budget", "300"}).out);
  EXPECT_EQ(json.at("budget"), 300);
  EXPECT_EQ(json.at("unit"), "tokens");
  EXPECT_LE(json.at("cost"), 300);
  EXPECT_EQ(json.at("passages").at(0).at("number"), 1);
  const auto messages = nlohmann::json::parse(context("loan", {"--format", "messages"}).out);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages.at(0).at("role"), "system");
  EXPECT_THAT(messages.at(1).at("content").get<std::string>(), HasSubstr("Question: loan"));
}

TEST_F(ContextCommand, KeepsWithinItsBudgetAndSaysWhenASentenceHadToBeCut) {
  const Outcome small = context("loan", {"--words", "16", "--mode", "keyword"});
  EXPECT_EQ(small.exit_code, 0) << small.err;
  const Outcome cut = context("loan", {"--words", "14", "--index", path("here"), "--mode", "keyword"});
  EXPECT_EQ(cut.exit_code, 0) << cut.err;
  const Outcome none = context("loan", {"--budget", "3"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("a budget of 3 tokens is too small"));
}

TEST_F(ContextCommand, FindsNothingWithOne) {
  const Outcome nothing = context("xylophone", {"--mode", "keyword"});
  EXPECT_EQ(nothing.exit_code, 1);
  EXPECT_EQ(nothing.out, "");
  EXPECT_THAT(nothing.err, HasSubstr("Nothing in ~/book"));
  const Outcome filtered = context("loan", {"--path", "*.xyz"});
  EXPECT_EQ(filtered.exit_code, 1);
  EXPECT_THAT(filtered.err, HasSubstr("passes --path \"*.xyz\""));
}

TEST_F(ContextCommand, BadArgumentsAreTwo) {
  for (const std::vector<std::string>& bad : std::vector<std::vector<std::string>>{{"--budget", "0"},
                                                                                   {"--budget", "many"},
                                                                                   {"--words", "0"},
                                                                                   {"--words", "5", "--budget", "5"},
                                                                                   {"--order", "random"},
                                                                                   {"--format", "pdf"},
                                                                                   {"-k", "0"}}) {
    const Outcome outcome = context("loan", bad);
    EXPECT_EQ(outcome.exit_code, 2) << bad[0] << bad[1];
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, StartsWith("riverbank: "));
  }
}

TEST_F(ContextCommand, ControlCharactersNeverReachATerminal) {
  write("book/evil.txt",
        std::string() + "The zigzag \x1b]0;owned\x07 is \xe2\x80\xae backwards." + std::string(2000, ' ') + "End.\n");
  const Outcome outcome = context("zigzag", {"--mode", "keyword"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("zigzag \\x1b]0;owned\\x07 is \\u202e backwards."));
}

}  // namespace
}  // namespace riverbank::cli
