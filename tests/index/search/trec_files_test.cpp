#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "riverbank/metrics.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace riverbank {
namespace {

using testing::expect_error;

class TrecFiles : public ::testing::Test {
 protected:
  std::filesystem::path file(const std::string& name) const { return folder_.path() / name; }
  void expect_corrupt_run(const std::string& text, const std::string& message) const {
    folder_.write("run", text);
    expect_error(ErrorKind::kCorrupt, message, [&] { read_run(file("run")); });
  }
  void expect_corrupt_qrels(const std::string& text, const std::string& message) const {
    folder_.write("qrels", text);
    expect_error(ErrorKind::kCorrupt, message, [&] { read_qrels(file("qrels")); });
  }
  testing::TemporaryFolder folder_;
};

/// trec_eval's own values, by tests/golden/make_trec_golden.py, through files as both programs read them.
TEST_F(TrecFiles, GiveWhatTrecEvalGivesTiesIncluded) {
  std::ifstream golden(std::filesystem::path(RIVERBANK_SOURCE_DIR) / "tests/golden/trec_eval.json");
  const nlohmann::json json = nlohmann::json::parse(golden);
  std::string run_text, qrels_text;
  for (const auto& [question, ranking] : json.at("run").items()) {
    for (const auto& [document, score] : ranking.items()) {
      run_text += question + " Q0 " + document + " 1 " + score.dump() + "\ttag\n";
    }
  }
  for (const auto& [question, grades] : json.at("qrels").items()) {
    for (const auto& [document, grade] : grades.items()) {
      qrels_text += question + " 0 " + document + " " + grade.dump() + "\n";
    }
  }
  folder_.write("run", run_text);
  folder_.write("qrels", qrels_text);
  const riverbank::Run run = read_run(file("run"));
  const Qrels qrels = read_qrels(file("qrels"));

  double worst = 0;
  std::size_t compared = 0;
  for (const auto& [question, values] : json.at("expected").items()) {
    for (const auto& [name, expected] : values.items()) {
      const double found = parse_metrics(name).at(0).of(run.at(question), qrels.at(question));
      EXPECT_NEAR(found, expected.get<double>(), 1e-6) << question << ' ' << name;
      worst = std::max(worst, std::abs(found - expected.get<double>()));
      ++compared;
    }
  }
  EXPECT_EQ(compared, 39U * 15U);
  std::cout << "  worst difference from trec_eval over " << compared << " values: " << worst << '\n';
}

TEST_F(TrecFiles, KeepTheOrderOfARunThroughEqualScores) {
  const riverbank::Run run{{"q 1", {{"a", 0.5}, {"z", 0.5}, {"100% b\t", 0.5}, {"c", 0.5 - 1e-12}, {"d", 0.25}}}};
  write_run(file("run"), run, "my run");
  const auto back = read_run(file("run"));
  ASSERT_TRUE(back.contains("q%201"));
  std::vector<std::string> order;
  for (const RankedDocument& document : back.at("q%201")) order.push_back(document.id);
  EXPECT_EQ(order, (std::vector<std::string>{"a", "z", "100%25%20b%09", "c", "d"}));
  EXPECT_EQ(back.at("q%201").back().score, 0.25);

  const Qrels qrels{{"q", {{"a", 2}, {"b", 0}}}};
  write_qrels(file("qrels"), qrels);
  EXPECT_EQ(read_qrels(file("qrels")), qrels);
}

TEST_F(TrecFiles, ReadJudgementsOfBothKinds) {
  folder_.write("qrels", "\xEF\xBB\xBFquery-id\tcorpus-id\tscore\r\nq 1\td 1\t2\r\n");
  EXPECT_EQ(read_qrels(file("qrels")), (Qrels{{"q 1", {{"d 1", 2}}}}));
  folder_.write("qrels", "1 0 d1 +1\n1\t0\td2\t-1\n\n");
  EXPECT_EQ(read_qrels(file("qrels")), (Qrels{{"1", {{"d1", 1}, {"d2", -1}}}}));
}

TEST_F(TrecFiles, SayTheFileAndTheLineThatIsWrong) {
  expect_corrupt_run("1 Q0 d1 1 0.5 t\n1 Q0 d2 1 0.5\n", "run:2: expected the six columns of a TREC run");
  expect_corrupt_run("1 Q0 d1 1 high t\n", "run:1: the score \"high\" is not a number");
  expect_corrupt_run("1 Q0 d1 1 nan t\n", "run:1: the score \"nan\" is not a number");
  expect_corrupt_run("1 Q0 d1 1 1 t\n1 Q0 d1 2 0.5 t\n", "run:2: the document \"d1\" appears for the second time");
  expect_corrupt_qrels("1 d1\n", "qrels:1: expected three columns");
  expect_corrupt_qrels("1 0 d1 x\x1b\n", "qrels:1: the grade \"x\\x1b\" is not a whole number");
  expect_corrupt_qrels("1 0 d1 1\n1 0 d1 0\n", "qrels:2: the document \"d1\" has another grade");
  expect_error(ErrorKind::kNotFound, "nowhere", [&] { read_run(file("nowhere")); });
  expect_error(ErrorKind::kNotFound, "nowhere", [&] { read_qrels(file("nowhere")); });
}

}  // namespace
}  // namespace riverbank
