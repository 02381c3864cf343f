#include <signal.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/fixture.h"

namespace riverbank::cli {
namespace {

class Query : public ProgramTest {};

TEST_F(Query, IndexesTheFolderFirstAndAnswersOneHitALineInAPipe) {
  const Outcome outcome = query("loan money", {"--mode", "keyword"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  std::istringstream lines(outcome.out);
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(std::count(line.begin(), line.end(), '\t'), 3) << line;
  EXPECT_THAT(line, HasSubstr("book/money.md:"));
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Query, JsonHoldsEverything) {
  const Outcome outcome = query("loan money", {"--json", "-k", "3"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json.at("question"), "loan money");
  EXPECT_EQ(json.at("mode"), "hybrid");
  ASSERT_EQ(json.at("hits").size(), 3U);
  const auto& hits = json.at("hits");
  const auto found =
      std::find_if(hits.begin(), hits.end(), [](const auto& h) { return h.at("document") == "money.md"; });
  ASSERT_NE(found, hits.end());
  const auto& hit = *found;
  EXPECT_EQ(hit.at("document"), "money.md");
  EXPECT_EQ(hit.at("file"), path("book/money.md"));
  EXPECT_EQ(hit.at("first_line"), 1);
  EXPECT_EQ(hit.at("last_line"), 3);
  EXPECT_EQ(hits.at(0).at("rank"), 1);
  EXPECT_TRUE(hit.at("cosine").is_number());
  EXPECT_TRUE(hit.at("bm25").is_number());
  const std::string text = hit.at("text");
  const auto& sentence = hit.at("best_sentence");
  EXPECT_EQ(text.substr(sentence.at("begin"),
                        sentence.at("end").get<std::size_t>() - sentence.at("begin").get<std::size_t>()),
            sentence.at("text"));
}

TEST_F(Query, ShowsAPersonTheMarkedSentenceWithoutColourInMarks) {
  query("loan");
  program.set("NO_COLOR", "1");
  const Outcome outcome = program.run_on_terminal({"query", "loan money", path("book"), "--min-relevance", "0"}, 60);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("▌"));
  EXPECT_THAT(outcome.out, HasSubstr("▐"));
  EXPECT_THAT(outcome.out, HasSubstr("hits in "));
  EXPECT_THAT(outcome.out, Not(HasSubstr("\x1b[1m")));
}

TEST_F(Query, ColoursATerminalAndNothingElse) {
  query("loan");
  EXPECT_THAT(program.run_on_terminal({"query", "loan", path("book"), "--min-relevance", "0"}).out,
              HasSubstr("\x1b[1;33m"));
  EXPECT_THAT(query("loan").out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(query("loan", {"--color", "never"}).out, Not(HasSubstr("\x1b")));
}

TEST_F(Query, AnswersFromTheCollectionThatOneStandsIn) {
  program.run({"index", path("book")});
  program.work_in(program.home() / "book" / "notes");
  const Outcome outcome = program.run({"query", "boat", "--min-relevance", "0"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("boat.txt"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("money.md")));  // of the folder that one stands in
}

TEST_F(Query, SaysWhichCollectionsThereAreWhenItCannotTell) {
  write("other/a.txt", "The tree.\n");
  program.run({"index", path("book")});
  program.run({"index", path("other")});
  const Outcome outcome = program.run({"query", "boat"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("~/book"));
  EXPECT_THAT(outcome.err, HasSubstr("~/other"));
}

TEST_F(Query, KeepsToTheFolderAndTheGlobThatWereNamed) {
  program.run({"index", path("book")});
  const Outcome below = program.run({"query", "bank", path("book/notes"), "--min-relevance", "0"});
  EXPECT_THAT(below.out, HasSubstr("boat.txt"));
  EXPECT_THAT(below.out, Not(HasSubstr(".md")));
  const Outcome glob = query("bank", {"--path", "*.md"});
  EXPECT_THAT(glob.out, HasSubstr("river.md"));
  EXPECT_THAT(glob.out, Not(HasSubstr("boat.txt")));
  const Outcome file = program.run({"query", "bank", path("book/river.md"), "--min-relevance", "0"});
  EXPECT_THAT(file.out, HasSubstr("river.md"));
  EXPECT_THAT(file.out, Not(HasSubstr("money.md")));
}

TEST_F(Query, RefreshesByItselfUnlessToldNotTo) {
  query("bank");
  write("book/new.txt", "An otter zigzags.\n");
  EXPECT_THAT(query("zigzags", {"--mode", "keyword", "--no-refresh"}).exit_code, 1);
  EXPECT_THAT(query("zigzags", {"--mode", "keyword"}).out, HasSubstr("new.txt"));
  std::filesystem::remove(program.home() / "book/new.txt");
  EXPECT_THAT(query("zigzags", {"--mode", "keyword"}).exit_code, 1);
}

TEST_F(Query, NothingFoundIsSaidAndIsOne) {
  const Outcome keyword = query("xylophone", {"--mode", "keyword"});
  EXPECT_EQ(keyword.exit_code, 1);
  EXPECT_EQ(keyword.out, "");
  EXPECT_THAT(keyword.err, HasSubstr("Nothing in ~/book"));
  const Outcome strict = program.run({"query", "bank", path("book"), "--min-relevance", "1"});
  EXPECT_EQ(strict.exit_code, 1);
  EXPECT_THAT(strict.err, HasSubstr("--min-relevance 0 shows it anyway"));
  const Outcome outside = program.run({"query", "bank", path("book"), "--min-relevance", "1.5"});
  EXPECT_EQ(outside.exit_code, 2);
  EXPECT_THAT(outside.err, HasSubstr("between 0 and 1"));
  const Outcome json = query("xylophone", {"--mode", "keyword", "--json"});
  EXPECT_EQ(json.exit_code, 1);
  EXPECT_TRUE(nlohmann::json::parse(json.out).at("hits").empty());
}

TEST_F(Query, ReranksBlendsRanksAndGivesSentences) {
  const Outcome plain = query("boat");
  for (const std::vector<std::string>& flags :
       {std::vector<std::string>{"--rerank"}, {"--fusion", "ranks"}, {"--fusion", "scores", "--rerank"}}) {
    const Outcome other = query("boat", flags);
    EXPECT_EQ(other.exit_code, 0) << other.err;
    EXPECT_THAT(other.out, HasSubstr("boat.txt"));
  }
  const Outcome sentences = query("money", {"--sentences", "--json", "-k", "3"});
  const auto hits = nlohmann::json::parse(sentences.out).at("hits");
  ASSERT_EQ(hits.size(), 3U);
  for (const auto& hit : hits) EXPECT_EQ(hit.at("best_sentence").at("text"), hit.at("text"));
  const Outcome none = query("boat", {"--rerank=no-such-model"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("no-such-model"));
  const std::string encoder = path("data/riverbank/models/bge-small-en-v1.5");
  EXPECT_THAT(query("boat", {"--rerank=" + encoder}).err, HasSubstr("cross-encoder is needed"));
  const std::string cross = RIVERBANK_SOURCE_DIR "/tests/golden/tiny_cross_encoder";
  EXPECT_EQ(query("boat", {"--rerank=" + cross}).exit_code, 0);
}

TEST_F(Query, AnyTextIsAQuestion) {
  query("bank");
  for (const std::string question : {"--exact bank?", "- bank", "\"bank", "bank AND NOT (", "NEAR(bank)", "bank*",
                                     "col:bank", "'; drop table chunks"}) {
    SCOPED_TRACE(question);
    EXPECT_THAT(query(question).exit_code, ::testing::AnyOf(0, 1));
  }
  EXPECT_THAT(query("?!").exit_code, ::testing::AnyOf(0, 1));
  const std::string megabyte = [] {
    std::string text;
    while (text.size() < 100'000) text += "bank of the river ";
    return text;
  }();
  EXPECT_EQ(query(megabyte).exit_code, 0);
  EXPECT_EQ(query(std::string("bank\x1b[31m\xff")).exit_code, 0);
}

TEST_F(Query, ControlCharactersNeverReachATerminal) {
  write("book/evil\x1b[31m\nname.txt", "The loan \x1b]0;owned\x07 is \xe2\x80\xae backwards zigzag." +
                                           std::string(2000, ' ') + std::string(2000, 'x'));
  const Outcome pipe = query("zigzag", {"--mode", "keyword"});
  EXPECT_EQ(pipe.exit_code, 0) << pipe.err;
  for (const char* bad : {"\x1b", "\x07", "\xe2\x80\xae"}) EXPECT_THAT(pipe.out, Not(HasSubstr(bad)));
  EXPECT_EQ(std::count(pipe.out.begin(), pipe.out.end(), '\n'), 1);
}

TEST_F(Query, BadArgumentsAreTwo) {
  const Outcome folder = program.run({"query", "bank", path("bok")});
  EXPECT_EQ(folder.exit_code, 2);
  EXPECT_THAT(folder.err, HasSubstr("book?)"));
  const Outcome none = program.run({"query", "bank"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("nothing is indexed yet"));
  EXPECT_EQ(query("bank", {"-k", "0"}).exit_code, 2);
  const Outcome model = query("bank", {"--model", "bge-smal-en-v1.5"});
  EXPECT_EQ(model.exit_code, 2);
  EXPECT_THAT(model.err, HasSubstr("bge-small-en-v1.5"));
}

TEST_F(Query, ABrokenPipeIsSuccessAndAFullDiskIsNot) {
  query("bank");
  EXPECT_EQ(
      program.shell("{ riverbank query bank ~/book --min-relevance 0 --json; echo $? >~/code; } | true").exit_code, 0);
  EXPECT_EQ(program.shell("cat ~/code").out, "0\n");
  const Outcome full = program.shell("riverbank query bank ~/book --min-relevance 0 --json >/dev/full");
  EXPECT_EQ(full.exit_code, 2);
  EXPECT_THAT(full.err, HasSubstr("No space left"));
}

double sum_of(const nlohmann::json& step) {
  double sum = step.at("base");
  for (const auto& side : step.at("sides")) sum += side.at("points").get<double>();
  return sum;
}

TEST_F(Query, SaysWhyHoweverHitsWereOrdered) {
  const std::string cross = std::string("--rerank=") + RIVERBANK_SOURCE_DIR "/tests/golden/tiny_cross_encoder";
  for (const char* mode : {"hybrid", "vector", "keyword"}) {
    for (const char* fusion : {"scores", "ranks"}) {
      for (const std::string& rerank : {std::string(), std::string("--rerank"), cross}) {
        SCOPED_TRACE(std::string(mode) + " " + fusion + " " + rerank);
        std::vector<std::string> flags{"--mode", mode, "--fusion", fusion, "--why", "--json"};
        if (!rerank.empty()) flags.push_back(rerank);
        const Outcome outcome = query("loan money", flags);
        ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
        const auto json = nlohmann::json::parse(outcome.out);
        ASSERT_FALSE(json.at("hits").empty());
        for (const auto& hit : json.at("hits")) {
          const auto& steps = hit.at("why").at("steps");
          ASSERT_EQ(steps.size(), rerank.empty() ? 1U : 2U);
          EXPECT_NEAR(std::clamp(sum_of(steps.back()), 0.0, 1.0), hit.at("score"), 1e-9);
        }
      }
    }
  }
  const Outcome text = query("loan money", {"--rerank", "--fusion", "ranks", "--why"});
  EXPECT_THAT(text.out, HasSubstr("    relevance "));
  EXPECT_THAT(text.out, HasSubstr("    before    "));
  EXPECT_THAT(text.out, HasSubstr("rank by cosine "));
  EXPECT_THAT(text.out, HasSubstr("by late interaction"));
  EXPECT_THAT(text.out, HasSubstr("    sentence  the marked one has "));
  EXPECT_THAT(text.err, HasSubstr("were read again"));
  EXPECT_EQ(query("loan", {"--why", "--sentences"}).exit_code, 2);
  EXPECT_EQ(query("loan", {"--why", "--minus", "money"}).exit_code, 2);
  EXPECT_EQ(query("loan", {"--html", path("why.html")}).exit_code, 2);
}

TEST_F(Query, WritesThePageOfReasons) {
  write("book/evil.txt", "The loan </script><script>alert(1)</script> \x1b[2J \xe2\x80\xae zigzag.\n");
  const Outcome outcome = query("zigzag loan </script>", {"--why", "--html", path("why.html")});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(outcome.out, Not(HasSubstr("\xe2\x80\xae")));
  std::ifstream file(path("why.html"));
  const std::string page((std::istreambuf_iterator<char>(file)), {});
  EXPECT_THAT(page, HasSubstr("relevance: "));
  EXPECT_THAT(page, HasSubstr("id=\"attention\""));
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, Not(HasSubstr("\x1b")));
  EXPECT_THAT(page, Not(HasSubstr("\xe2\x80\xae")));
  const Outcome unwritable = query("loan", {"--why", "--html", path("no/such/why.html")});
  EXPECT_EQ(unwritable.exit_code, 2);
  EXPECT_THAT(unwritable.err, HasSubstr("why.html"));
}

TEST_F(Query, RefusesWhatIsNoCountAndNoMode) {
  for (const char* count : {"-1", "3x", "99999999999999999999"}) {
    const Outcome outcome = query("boat", {"-k", count});
    EXPECT_EQ(outcome.exit_code, 2) << count;
    EXPECT_THAT(outcome.err, HasSubstr("a whole number of at most 12 digits is needed, not \"" + std::string(count)));
  }
  EXPECT_THAT(query("boat", {"--mode", "vectr"}).err,
              HasSubstr("\"vectr\" is none of hybrid, keyword, vector (did you mean vector?)"));
  EXPECT_THAT(query("boat", {"--word", "bank"}).err, HasSubstr("a word and its sense go together"));
}

TEST_F(Query, SaysThatAnEmptyFolderHoldsNothing) {
  std::filesystem::create_directory(path("empty"));
  const Outcome outcome = program.run({"query", "boat", path("empty")});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("Nothing is indexed in "));
}

TEST_F(Query, NamesTheIndexThatIsNotThere) {
  const Outcome outcome = program.run({"query", "boat", path("book"), "--no-refresh", "--index", path("none")});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("there is no index in "));
  EXPECT_THAT(outcome.err, HasSubstr("none; make one with: riverbank index FOLDER --index "));
}

TEST_F(Query, SaysWhy) {
  const Outcome text = query("loan money", {"--why"});
  ASSERT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("    score     "));
  EXPECT_THAT(text.out, HasSubstr("    bm25      "));
  EXPECT_THAT(text.out, HasSubstr("    question  cosine "));
  EXPECT_THAT(text.out, HasSubstr("    passage   cosine "));
  EXPECT_THAT(text.err, HasSubstr("[CLS]"));  // the method
  const Outcome machine = query("loan money", {"--why", "--json"});
  const auto json = nlohmann::json::parse(machine.out);
  EXPECT_THAT(json.at("why_method").get<std::string>(), HasSubstr("add up"));
  EXPECT_THAT(json.at("why_order").get<std::string>(), HasSubstr("standard scores"));
  for (const auto& hit : json.at("hits")) {
    const auto& why = hit.at("why");
    EXPECT_NEAR(sum_of(why.at("steps").back()), hit.at("score"), 1e-9);
    EXPECT_NEAR(1 / (1 + std::exp(-sum_of(why.at("relevance")))), hit.at("relevance"), 1e-9);
    EXPECT_TRUE(hit.at("best_sentence").at("score").is_number());
    double cosine = 0;
    for (const auto& word : why.at("passage").at("words")) cosine += word.at("share").get<double>();
    for (const auto& [name, share] : why.at("passage").at("rest").items()) cosine += share.get<double>();
    EXPECT_NEAR(cosine, why.at("cosine"), 1e-5);
  }
  EXPECT_EQ(query("\x1b[31m loan", {"--why"}).out.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace riverbank::cli
