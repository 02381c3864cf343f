#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/output/wrap.h"
#include "tests/cli/fixture.h"

namespace riverbank::cli {
namespace {

using testing::lines_of;

const std::string kText = "She sat on the river's bank.";

class Attention : public ProgramTest {
 protected:
  Outcome attention(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "attention");
    return program.run(arguments);
  }
  void expect_refused(std::vector<std::string> arguments, const std::string& why) const {
    const Outcome outcome = program.run(std::move(arguments));
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr(why));
    EXPECT_EQ(outcome.out, "");
  }
};

TEST_F(Attention, IsAMapOfPerCentAndARanking) {
  const Outcome outcome = attention({kText, "--word", "bank", "--layer", "1", "--head", "2"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("layer 1, head 2, 11 tokens. Layers and heads count from 0."));
  EXPECT_THAT(outcome.out, HasSubstr("\n  5 river's "));
  EXPECT_THAT(outcome.out, HasSubstr("\nbank attends to\n   1  "));
  EXPECT_THAT(outcome.out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(attention({kText, "--rollout", "--word", "bank"}).out, HasSubstr("bank is made of"));
  EXPECT_THAT(attention({kText, "--word", "bank", "--no-special"}).out, HasSubstr("[CLS] and [SEP], left out, hold"));
}

TEST_F(Attention, FitsTheTerminalHoweverManyTokens) {
  std::string text = "bank";
  for (int i = 0; i < 120; ++i) text += " bank";
  for (const int columns : {40, 80, 120}) {
    for (const std::string& some : {kText, text}) {
      const Outcome outcome = program.run_on_terminal({"attention", some, "--color", "never"}, columns);
      for (const std::string& line : lines_of(outcome.out)) {
        if (line.starts_with("riverbank: ")) continue;                               // a note is one line
        EXPECT_LE(columns_of(line), static_cast<std::size_t>(columns) + 1) << line;  // the carriage return
      }
    }
  }
  const Outcome coloured = program.run_on_terminal({"attention", kText}, 80);
  EXPECT_THAT(coloured.out, HasSubstr("\x1b[48;5;"));
}

TEST_F(Attention, JsonHoldsTheMapTheTokensAndTheRanking) {
  const Outcome outcome = attention({kText, "--word", "bank", "--layer", "0", "--pieces", "--json"});
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json.at("kind"), "mean");
  EXPECT_EQ(json.at("layer"), 0);
  EXPECT_TRUE(json.at("head").is_null());
  EXPECT_EQ(json.at("tokens").size(), 11U);
  EXPECT_EQ(json.at("tokens")[5].at("piece"), "river");
  ASSERT_EQ(json.at("weights").size(), 11U);
  for (const auto& row : json.at("weights")) {
    double sum = 0;
    for (const double weight : row) sum += weight;
    EXPECT_NEAR(sum, 1, 1e-5);
  }
  EXPECT_EQ(json.at("word").at("attends_to").size(), 11U);
  EXPECT_THAT(json.at("counting").get<std::string>(), HasSubstr("count from 0"));
}

TEST_F(Attention, StepsAndRolesExplainAHead) {
  const Outcome steps = attention({kText, "--word", "bank", "--layer", "0", "--head", "1", "--steps"});
  EXPECT_THAT(steps.out, HasSubstr("= 8, through softmax."));
  EXPECT_THAT(steps.out, HasSubstr("softmax(q.k/sqrt(d_k))"));
  EXPECT_THAT(attention({kText, "--roles"}).out, HasSubstr("the token before"));
  expect_refused({"attention", kText, "--steps"}, "name them: --word, --layer, --head");
}

TEST_F(Attention, PositionsStandSideBySide) {
  const Outcome outcome = attention({kText, "--word", "bank", "--positions"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              HasSubstr("none      learned   sinusoidal       rotary    ALiBi 1/2  ALiBi 1/256\n  [CLS]  "));
  EXPECT_THAT(outcome.out, HasSubstr("\n  bank "));
  expect_refused({"attention", kText, "--positions"}, "name it with --word");
}

TEST_F(Attention, WritesAPageOrNothing) {
  const Outcome written = attention({kText, "--pair", "a boat", "--html", path("page.html")});
  EXPECT_EQ(written.exit_code, 0);
  EXPECT_THAT(written.err, HasSubstr("open it in a browser"));
  std::ifstream file(path("page.html"));
  const std::string page(std::istreambuf_iterator<char>(file), {});
  EXPECT_THAT(page, StartsWith("<!doctype html>"));
  expect_refused({"attention", kText, "--html", path("nowhere/page.html")}, "nowhere");
  EXPECT_FALSE(std::filesystem::exists(path("nowhere")));
  expect_refused({"contrast", "bank", "the bank", "a bank", "--html", path("book")}, "book");
}

TEST_F(Attention, SaysWhatCannotBe) {
  expect_refused({"attention", " "}, "text is empty");
  expect_refused({"attention", kText, "--layer", "2"}, "there is no layer 2: the model's layers count from 0 to 1");
  expect_refused({"attention", kText, "--layer", "-1"}, "count from 0 to 1");
  expect_refused({"attention", kText, "--layer", "0", "--head", "3"}, "heads count from 0 to 2");
  expect_refused({"attention", kText, "--head", "1"}, "--layer 3 --head 1");
  expect_refused({"attention", kText, "--layer", "0", "--head", "1", "--mean"}, "leave out --head");
  expect_refused({"attention", kText, "--word", "boat"}, "does not have the word \"boat\"");
  expect_refused({"attention", kText, "--tokens", "2"}, "from 3 to the model's 128");
}

TEST_F(Attention, OfATextOverTheWindowIsOfAPartThatIsNamed) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "water ";
  text += "bank";
  EXPECT_THAT(attention({text}).err, HasSubstr("the text has 203 tokens; 128 from its start on were read"));
  EXPECT_THAT(attention({text, "--word", "bank"}).err, HasSubstr("128 around \"bank\" were read"));
  expect_refused({"attention", text, "--word", "bank", "--keep", "start"}, "in the first 128 tokens");
  EXPECT_THAT(attention({text, "--pair", "a bank"}).err, HasSubstr("cut to 128 tokens"));
}

TEST_F(Attention, OfHostileTextHarmsNoTerminal) {
  const std::string hostile = "bank </script> \x1b[31mred \xe2\x80\xae gnab \xff";
  for (const Outcome& outcome : {attention({hostile, "--word", "bank"}), attention({hostile, "--pieces"}),
                                 program.run({"contrast", "bank", hostile, "the bank"})}) {
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, Not(HasSubstr("\x1b")));
    EXPECT_THAT(outcome.out, Not(HasSubstr("\xe2\x80\xae")));
  }
}

class ContrastCommand : public ProgramTest {};

TEST_F(ContrastCommand, PrintsPairsAttentionAndAReading) {
  const Outcome outcome = program.run({"contrast", "bank", "She sat on the bank.", "The bank gave a loan.", "A bank."});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("  1 She sat on the ▌bank▐."));
  EXPECT_THAT(outcome.out, HasSubstr("  layer    1-2    1-3    2-3\n   word  1.000  1.000  1.000\n"));
  EXPECT_THAT(outcome.out, HasSubstr("starts as one vector everywhere; after layer 2"));
  EXPECT_THAT(outcome.out, HasSubstr("Layer word is the row of the embedding table"));
}

TEST_F(ContrastCommand, JsonKeepsItsSchema) {
  const auto json = nlohmann::json::parse(
      program.run({"contrast", "bank,bank#2", "The bank at the bank.", "The bank at the bank.", "--json"}).out);
  EXPECT_EQ(json.at("layers").size(), 4U);
  EXPECT_EQ(json.at("layers")[0].at("layer"), "word");
  EXPECT_EQ(json.at("layers")[1].at("layer"), 0);
  EXPECT_NEAR(json.at("layers")[0].at("cosine")[0][1].get<double>(), 1, 1e-6);
  EXPECT_LT(json.at("layers")[3].at("cosine")[1][0].get<double>(), 1);
  EXPECT_EQ(json.at("sentences")[1].at("begin"), 16);
  EXPECT_EQ(json.at("attention").size(), 2U);
  EXPECT_EQ(json.at("sentences")[0].at("pieces"), nlohmann::json::array({"bank"}));
}

TEST_F(ContrastCommand, SaysWhatIsMissing) {
  const Outcome one = program.run({"contrast", "bank", "the bank"});
  EXPECT_EQ(one.exit_code, 2);
  EXPECT_THAT(one.err, HasSubstr("at least two sentences"));
  const Outcome none = program.run({"contrast", "bank", "the bank", "the banks"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("\"the banks\" does not have the word \"bank\"; it has banks"));
  const Outcome pieces = program.run({"contrast", "boats", "the boats", "a boats boats"});
  EXPECT_THAT(pieces.out, HasSubstr("Of 2 pieces (boat ##s); their mean counts."));
  EXPECT_THAT(pieces.out, HasSubstr("It stands 2 times here"));
}

}  // namespace
}  // namespace riverbank::cli
