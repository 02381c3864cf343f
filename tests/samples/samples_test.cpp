// The samples that need no model of anybody else's, run for real: what they print, what they refuse, how they exit.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/program.h"

namespace riverbank {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Outcome;
using testing::Program;

Outcome run(const Program& program, const std::string& sample_and_arguments) {
  return program.shell((std::filesystem::path(RIVERBANK_PROGRAM).parent_path() / "samples/").string() +
                       sample_and_arguments);
}

/// What it prints is what tests/lib/transformer/attention_test.cpp has worked out by hand.
TEST(AttentionByHand, PrintsEveryStep) {
  const Outcome outcome = run(Program(), "attention_by_hand");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("scores = Q K^T: how well each query fits each key\n"
                                     "   1.0000   0.0000   1.0000\n"
                                     "   0.0000   1.0000   1.0000\n"
                                     "   1.0000   1.0000   2.0000\n"));
  EXPECT_THAT(outcome.out, HasSubstr("   0.7071   0.0000   0.7071\n"
                                     "   0.0000   0.7071   0.7071\n"
                                     "   0.7071   0.7071   1.4142\n"));
  EXPECT_THAT(outcome.out, HasSubstr("   0.4011   0.1978   0.4011\n"
                                     "   0.1978   0.4011   0.4011\n"
                                     "   0.2483   0.2483   0.5035\n"));
  EXPECT_THAT(outcome.out, HasSubstr("   6.0167   3.9833\n"
                                     "   3.9833   6.0167\n"
                                     "   5.0000   5.0000\n"));
}

TEST(TranslateNumbers, PrintsTheTranslationAndWhatItLookedAt) {
  const Outcome outcome = run(Program(), "translate_numbers 'ninety-seven thousand two hundred'");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("ninety-seven thousand two hundred\nquatre-vingt-dix-sept mille deux cents\n"));
  EXPECT_THAT(outcome.out, HasSubstr("ninety  seven  thousand  two  hundred  [EOS]\nquatre"));
  EXPECT_THAT(outcome.out, HasSubstr("\n-vingt     ██"));
}

/// The picture that its README shows is the one it draws.
TEST(TranslateNumbers, PrintsWhatItsReadmeShows) {
  std::ifstream file(std::filesystem::path(RIVERBANK_SOURCE_DIR) / "samples/translate_numbers/README.md");
  const std::string readme(std::istreambuf_iterator<char>(file), {});
  const std::string command = "$ build/samples/translate_numbers \"ninety-seven thousand two hundred\"\n";
  const std::size_t shown = readme.find(command);
  ASSERT_NE(shown, std::string::npos);
  const Outcome outcome = run(Program(), "translate_numbers 'ninety-seven thousand two hundred'");
  EXPECT_EQ(readme.substr(shown + command.size(), outcome.out.size()), outcome.out);
}

TEST(TranslateNumbers, TakesDigitsAndLooseWords) {
  const Program program;
  EXPECT_THAT(run(program, "translate_numbers 97,200").out, HasSubstr("\nquatre-vingt-dix-sept mille deux cents\n"));
  EXPECT_THAT(run(program, "translate_numbers four hundred").out, HasSubstr("\nquatre cents\n"));
  EXPECT_THAT(run(program, "translate_numbers 0").out, HasSubstr("zero\nzéro\n"));
  EXPECT_THAT(run(program, "translate_numbers two hundred and eighty").out, HasSubstr("\ndeux cent quatre-vingts\n"));
  EXPECT_THAT(run(program, "translate_numbers a thousand and one").out, HasSubstr("\nmille un\n"));
  EXPECT_THAT(run(program, "translate_numbers").out, HasSubstr("\nquatre-vingt-dix-sept mille deux cents\n"));
}

TEST(TranslateNumbers, WritesThePage) {
  const Program program;
  const Outcome outcome = run(program, "translate_numbers ninety --html page.html");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  std::ifstream file(program.home() / "page.html");
  const std::string page(std::istreambuf_iterator<char>(file), {});
  EXPECT_THAT(page, HasSubstr("quatre-vingt-dix"));
  EXPECT_THAT(page, HasSubstr("Cross-attention"));
  const Outcome refused = run(program, "translate_numbers ninety --html nowhere/page.html");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(refused.err, "translate_numbers: cannot write nowhere/page.html\n");
}

TEST(TranslateNumbers, RefusesInOneSentence) {
  const Program program;
  for (const auto& [arguments, sentence] :
       {std::pair{"1000000", "\"1000000\" is no whole number from 0 to 999,999, which this model reads."},
        {"-- -5", "use it as: translate_numbers NUMBER|WORDS [--html FILE]"},
        {"-5", "\"-5\" is no whole number from 0 to 999,999, which this model reads."},
        {"3.5", "\"3.5\" is no whole number from 0 to 999,999, which this model reads."},
        {"two million", "\"two million\" is out of range: this model reads 0 to 999,999."},
        {"five hundred hundred", "\"five hundred hundred\" is no number as English says it."},
        {"twenty twelve", "\"twenty twelve\" is no number as English says it."},
        {"one hundred and", "\"one hundred and\" is no number as English says it."},
        {"''", "\"\" is no number as English says it."},
        {"twenty-ate", "\"ate\" is no word of an English number."},
        {"\"$(printf 'a\\033[31mb')\"",
         "\"a?[31mb\" is no whole number from 0 to 999,999, which this model "
         "reads."},
        {"--html", "use it as: translate_numbers NUMBER|WORDS [--html FILE]"}}) {
    const Outcome outcome = run(program, std::string("translate_numbers ") + arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments;
    EXPECT_EQ(outcome.err, fmt::format("translate_numbers: {}\n", sentence));
    EXPECT_THAT(outcome.out, IsEmpty()) << arguments;
  }
}

}  // namespace
}  // namespace riverbank
