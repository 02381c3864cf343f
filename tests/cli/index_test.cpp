#include <signal.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <regex>
#include <thread>

#include "tests/cli/fixture.h"

namespace riverbank::cli {
namespace {

class IndexVerb : public ProgramTest {
 protected:
  nlohmann::json index(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"index", path("book"), "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = program.run(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out).at(0);
  }
};

TEST_F(IndexVerb, ReadsOnlyWhatChanged) {
  const auto first = index();
  EXPECT_EQ(first.at("files_read"), 3);
  EXPECT_EQ(first.at("chunks_encoded"), 3);
  const auto again = index();
  EXPECT_EQ(again.at("files_read"), 0);
  EXPECT_EQ(again.at("files_unchanged"), 3);
  EXPECT_EQ(again.at("chunks_encoded"), 0);
  std::filesystem::rename(path("book/money.md"), path("book/cash.md"));
  const auto renamed = index();
  EXPECT_EQ(renamed.at("files_renamed"), 1);
  EXPECT_EQ(renamed.at("chunks_encoded"), 0);
  std::filesystem::remove(path("book/cash.md"));
  EXPECT_EQ(index().at("files_removed"), 1);
}

TEST_F(IndexVerb, SaysWhereTheTimeWentWhenAsked) {
  const Outcome outcome = program.run({"index", path("book"), "--stats"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* part : {"reading", "tokenizing", "encoding", "writing", "graph", "all"}) {
    EXPECT_THAT(outcome.out, ::testing::ContainsRegex(std::string("  ") + part + " +[0-9]+\\.[0-9]{3} s"));
  }
  EXPECT_THAT(outcome.out, HasSubstr("% of all but the graph, neither encoding nor linking\n"));
  EXPECT_THAT(program.run({"index", path("book")}).out, ::testing::Not(HasSubstr("neither encoding")));
  const auto json = index();
  double parts = 0;
  for (const char* part : {"reading", "tokenizing", "encoding", "writing", "graph", "neither"}) {
    parts += json.at(std::string("seconds_") + part).get<double>();
  }
  EXPECT_GT(parts, 0);
  EXPECT_LE(json.at("seconds_neither"), json.at("seconds"));
}

TEST_F(IndexVerb, SaysWhatItSkippedAndWhy) {
  write("book/a.zip", std::string("PK\x03\x04\0\0binary", 12));
  write("book/large.txt", std::string(5000, 'x'));
  const Outcome outcome = program.run({"index", path("book"), "--max-file-size", "4KB"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("skipped 2 files"));
  EXPECT_THAT(outcome.out, HasSubstr("binary (a.zip)"));
  EXPECT_THAT(outcome.out, HasSubstr("large.txt"));
}

TEST_F(IndexVerb, KeepsSeveralFoldersInOneIndexWhenTold) {
  write("papers/one.txt", "The zigzag river.\n");
  const Outcome made = program.run({"index", path("book"), path("papers"), "--index", path("all")});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  const Outcome found = program.run({"query", "zigzag", "--mode", "keyword", "--index", path("all")});
  EXPECT_EQ(found.exit_code, 0) << found.err;
  EXPECT_THAT(found.out, HasSubstr("papers/one.txt"));
}

TEST_F(IndexVerb, RefusesAnotherModelAndSaysTheWayOut) {
  index();
  const Outcome refused = program.run({"index", path("book"), "--model", "all-MiniLM-L6-v2"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--reencode"));
  EXPECT_EQ(index({"--model", "all-MiniLM-L6-v2", "--reencode"}).at("chunks_encoded"), 3);
  EXPECT_EQ(query("loan money").exit_code, 0);
}

TEST_F(IndexVerb, AFolderThatIsMissingEmptyOrUnreadable) {
  const Outcome missing = program.run({"index", path("bok")});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, HasSubstr("did you mean"));
  std::filesystem::create_directories(path("empty"));
  const Outcome empty = program.run({"index", path("empty")});
  EXPECT_EQ(empty.exit_code, 0) << empty.err;
  EXPECT_THAT(empty.out, HasSubstr("0 files read"));
}

TEST_F(IndexVerb, CtrlCStopsCleanlyAndTheNextRunGoesOn) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "The bank of the river number " + std::to_string(i) + ". ";
  for (int i = 0; i < 300; ++i) write("large/" + std::to_string(i) + ".txt", text + std::to_string(i));
  bool sent = false;
  const Outcome stopped =
      program.run_on_terminal({"index", path("large")}, 100, "", [&](const std::string& seen, pid_t process) {
        if (!sent && std::regex_search(seen, std::regex("[1-9][0-9]/300 files"))) {
          ::kill(process, SIGINT);
          sent = true;
        }
      });
  ASSERT_TRUE(sent) << stopped.out;
  EXPECT_EQ(stopped.exit_code, 130) << stopped.out;
  EXPECT_THAT(stopped.out, HasSubstr("Run it again to go on"));
  EXPECT_EQ(program.run({"query", "river", path("large"), "--no-refresh", "--min-relevance", "0"}).exit_code, 0);
  const Outcome rest = program.run({"index", path("large"), "--json"});
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  const auto report = nlohmann::json::parse(rest.out).at(0);
  EXPECT_EQ(report.at("files_read").get<int>() + report.at("files_unchanged").get<int>(), 300);
  EXPECT_GT(report.at("files_unchanged").get<int>(), 0);
  EXPECT_EQ(program.run({"verify", path("large")}).exit_code, 0);
}

TEST_F(IndexVerb, RepairsADamagedGraphWithoutBeingAsked) {
  index();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path("data/riverbank/collections"))) {
    if (entry.path().filename().string().find("graph") != std::string::npos)
      std::filesystem::resize_file(entry.path(), 100);
  }
  const Outcome outcome = query("loan money", {"--mode", "vector"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("graph"));
  EXPECT_THAT(outcome.out, HasSubstr("money.md"));
  EXPECT_EQ(query("loan money").err, "");
}

TEST_F(IndexVerb, StatusVerifyRemoveAndForget) {
  index();
  const auto status = nlohmann::json::parse(program.run({"status", "--json"}).out).at(0);
  EXPECT_EQ(status.at("documents"), 3);
  EXPECT_EQ(status.at("folders").at(0), path("book"));
  EXPECT_THAT(program.run({"status"}).out, HasSubstr("~/book"));
  EXPECT_EQ(program.run({"verify", path("book")}).exit_code, 0);
  EXPECT_THAT(program.run({"remove", path("book/money.md")}).out, HasSubstr("1 document removed"));
  EXPECT_EQ(nlohmann::json::parse(program.run({"status", "--json"}).out).at(0).at("documents"), 2);
  EXPECT_EQ(program.run({"remove", path("book/nothing.md")}).exit_code, 2);
  const Outcome nobody_asked = program.run({"forget", path("book")});
  EXPECT_EQ(nobody_asked.exit_code, 2);
  EXPECT_THAT(nobody_asked.err, HasSubstr("--yes"));
  const Outcome no = program.run_on_terminal({"forget", path("book")}, 80, "n\n");
  EXPECT_THAT(no.out, HasSubstr("Nothing was changed"));
  EXPECT_EQ(program.run({"forget", path("book"), "--yes"}).exit_code, 0);
  EXPECT_THAT(program.run({"status"}).out, HasSubstr("Nothing is indexed yet"));
  EXPECT_TRUE(std::filesystem::exists(path("book/river.md")));
}

TEST_F(IndexVerb, TwoAtOnceTakeTurnsAndAQuestionDoesNotWait) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "The bank of the river number " + std::to_string(i) + ". ";
  write("book/first.txt", "The zigzag.\n");
  index();
  for (int i = 0; i < 200; ++i) write("book/many/" + std::to_string(i) + ".txt", text + std::to_string(i));
  const pid_t one = program.start({"index", path("book")}, program.home() / "one.log");
  const pid_t two = program.start({"index", path("book")}, program.home() / "two.log");
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const Outcome meanwhile = query("zigzag", {"--mode", "keyword"});
  EXPECT_EQ(meanwhile.exit_code, 0) << meanwhile.err;
  EXPECT_THAT(meanwhile.out, HasSubstr("first.txt"));
  EXPECT_EQ(testing::Program::wait_for(one), 0);
  EXPECT_EQ(testing::Program::wait_for(two), 0);
  EXPECT_EQ(nlohmann::json::parse(program.run({"status", "--json"}).out).at(0).at("documents"), 204);
  EXPECT_EQ(program.run({"verify", path("book")}).exit_code, 0);
}

}  // namespace
}  // namespace riverbank::cli
