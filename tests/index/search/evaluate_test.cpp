#include "riverbank/evaluate.h"

#include <gtest/gtest.h>

#include "tests/index/search/sandbox.h"
#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using testing::expect_error;
using testing::Sandbox;
using testing::TemporaryFolder;

class RetrievalSetFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.write("corpus.jsonl", R"({"_id": "d1", "title": "River", "text": "The boat sat on the river."})"
                                  "\r\n"
                                  R"({"_id": "d2", "text": "She took a loan."})"
                                  "\n\n");
    folder_.write("queries.jsonl", R"({"_id": "q1", "text": "boat"})"
                                   "\n"
                                   R"({"_id": "q2", "text": "loan"})");
    folder_.write("qrels.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t2\nq2\td1\t0\n");
  }
  void expect_corrupt(const std::string& file, const std::string& text, const std::string& message) {
    folder_.write(file, text);
    expect_error(ErrorKind::kCorrupt, message, [&] { read_retrieval_set(folder_.path()); });
  }
  TemporaryFolder folder_;
};

TEST_F(RetrievalSetFiles, AreRead) {
  const RetrievalSet set = read_retrieval_set(folder_.path());
  ASSERT_EQ(set.corpus.size(), 2U);
  EXPECT_EQ(set.corpus[0].title, "River");
  EXPECT_EQ(set.corpus[1].id, "d2");
  EXPECT_EQ(set.queries.at("q2"), "loan");
  EXPECT_EQ(set.qrels.at("q2").at("d2"), 2);
}

TEST_F(RetrievalSetFiles, MayKeepTheirGradesInAFolder) {
  std::filesystem::create_directories(folder_.path() / "qrels");
  std::filesystem::rename(folder_.path() / "qrels.tsv", folder_.path() / "qrels/test.tsv");
  EXPECT_EQ(read_retrieval_set(folder_.path()).qrels.size(), 2U);
  std::filesystem::remove_all(folder_.path() / "qrels");
  expect_error(ErrorKind::kNotFound, "no qrels.tsv", [&] { read_retrieval_set(folder_.path()); });
  expect_error(ErrorKind::kNotFound, "corpus.jsonl", [&] { read_retrieval_set(folder_.path() / "nowhere"); });
}

TEST_F(RetrievalSetFiles, SayTheFileAndTheLineThatIsWrong) {
  const std::string good = R"({"_id": "d1", "text": "x"})";
  expect_corrupt("corpus.jsonl", good + "\n{\"_id\": ", "corpus.jsonl:2: expected a JSON object");
  expect_corrupt("corpus.jsonl", good + "\n" + good, "corpus.jsonl:2: the document \"d1\" appears for the second time");
  expect_corrupt("corpus.jsonl", R"({"_id": 3, "text": "x"})", "corpus.jsonl:1: the field \"_id\" is not a string");
  expect_corrupt("corpus.jsonl", R"({"_id": "", "text": "x"})", "corpus.jsonl:1: the field \"_id\" is empty");
  expect_corrupt("corpus.jsonl", R"({"_id": "d1"})", "corpus.jsonl:1: the field \"text\" is missing");
  expect_corrupt("corpus.jsonl", "{\"_id\": \"d1\", \"text\": \"\xff\"}", "corpus.jsonl:1: expected a JSON object");
}

TEST_F(RetrievalSetFiles, GradesOfWhatIsNotThereAreLeftOutAndCounted) {
  folder_.write("qrels.tsv", "q9\td1\t1\nq9\td2\t1\nq1\td7\t1\nq2\td9\t1\nq2\td2\t1\n");
  const RetrievalSet set = read_retrieval_set(folder_.path());
  EXPECT_EQ(set.qrels, (Qrels{{"q2", {{"d2", 1}}}}));
  ASSERT_EQ(set.left_out.size(), 2U);
  EXPECT_EQ(set.left_out[0],
            "2 judgements left out: each names a question that queries.jsonl does not have (\"q9\", …)");
  EXPECT_EQ(set.left_out[1],
            "2 judgements left out: each names a document that corpus.jsonl does not have (\"d7\", \"d9\")");
  expect_corrupt("qrels.tsv", "q9\td1\t1\n", "1 judgement left out: it names a question");
  expect_corrupt("qrels.tsv", "", "it judges nothing");
}

TEST_F(RetrievalSetFiles, GradesMustBeReadable) {
  expect_corrupt("qrels.tsv", "q1\td1\n", "qrels.tsv:1: expected three columns");
  expect_corrupt("qrels.tsv", "q1\td1\tone\n", "qrels.tsv:1: the grade \"one\" is not a whole number");
}

TEST_F(RetrievalSetFiles, AreEvaluated) {
  const RetrievalSet set = read_retrieval_set(folder_.path());
  const Sandbox box;
  Index index = box.open();
  index.add(set.corpus);
  EvaluationOptions options;
  options.search.mode = SearchMode::kKeyword;
  std::size_t told = 0;
  options.progress = [&](std::size_t done, std::size_t total) {
    told = done;
    EXPECT_EQ(total, 2U);
  };
  const Evaluation result = evaluate(index, set, options);
  EXPECT_EQ(told, 2U);
  ASSERT_EQ(result.run.size(), 2U);
  EXPECT_EQ(result.run.at("q1").front().id, "d1");
  for (const Metric& metric : parse_metrics("ndcg@10,recall@100")) {
    EXPECT_EQ(measure(metric, result.run, set.qrels), (std::vector<double>{1, 1}));
  }
  std::stop_source stop;
  stop.request_stop();
  options.stop = stop.get_token();
  expect_error(ErrorKind::kCancelled, "stopped", [&] { evaluate(index, set, options); });
}

TEST(Evaluate, DocumentCountsByItsBestPassage) {
  const Sandbox box;
  Index index = box.open();
  RetrievalSet set;
  for (unsigned i = 0; i < 150; ++i) {  // 150 documents of 4 passages each: 100 documents need more than 100 passages
    std::string text;
    for (unsigned part = 0; part < 4; ++part) text += testing::words_of(i * 4 + part, 30) + " river.\n\n";
    set.corpus.push_back({"d" + std::to_string(i), text, "", {}});
  }
  index.add(set.corpus);
  ASSERT_GT(index.status().chunks, 500U);
  set.queries["q"] = "river";
  for (unsigned i = 0; i < 150; ++i) set.qrels["q"]["d" + std::to_string(i)] = 1;
  for (const SearchMode mode : {SearchMode::kKeyword, SearchMode::kVector, SearchMode::kHybrid}) {
    EvaluationOptions options;
    options.search.mode = mode;
    const auto run = evaluate(index, set, options).run;
    EXPECT_EQ(run.at("q").size(), 100U);
    EXPECT_NEAR(measure({Metric::Kind::kRecall, 100}, run, set.qrels)[0], 100.0 / 150, 1e-9);
  }
}

}  // namespace
}  // namespace riverbank
