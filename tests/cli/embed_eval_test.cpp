#include <nlohmann/json.hpp>

#include "tests/cli/fixture.h"

namespace riverbank::cli {
namespace {

class Embed : public ProgramTest {};

TEST_F(Embed, GivesUnitVectorsInEveryFormat) {
  const Outcome json = program.run({"embed", "--json", "The river.", "The bank."});
  ASSERT_EQ(json.exit_code, 0) << json.err;
  const auto rows = nlohmann::json::parse(json.out).at("embeddings");
  ASSERT_EQ(rows.size(), 2U);
  double norm = 0;
  for (const double value : rows[0].at("embedding")) norm += value * value;
  EXPECT_NEAR(norm, 1.0, 1e-5);
  EXPECT_EQ(rows[1].at("text"), "The bank.");

  const Outcome raw = program.run({"embed", "--format", "f32"}, "The river.\nThe bank.\n");
  ASSERT_EQ(raw.out.size(), 2U * 24 * sizeof(float));
  float first = 0;
  std::memcpy(&first, raw.out.data(), sizeof first);
  EXPECT_FLOAT_EQ(first, rows[0].at("embedding").at(0).get<float>());

  const Outcome npy = program.run({"embed", "--format", "npy"}, "The river.\r\nThe bank.");
  EXPECT_EQ(npy.out.substr(npy.out.size() - raw.out.size()), raw.out);
}

TEST_F(Embed, TakesAFolderOfOnesOwnAsTheModel) {
  testing::write_tiny_model(program.home() / "my-bert");
  EXPECT_EQ(program.run({"embed", "--model", "./my-bert", "river"}).exit_code, 0);
  const Outcome none = program.run({"embed", "--model", "./your-bert", "river"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("your-bert"));
}

TEST_F(Embed, RefusesBytesOnATerminalAndSaysWhatWasCut) {
  EXPECT_EQ(program.run_on_terminal({"embed", "--format", "npy", "river"}).exit_code, 2);
  std::string text;
  for (int i = 0; i < 500; ++i) text += "river ";
  EXPECT_THAT(program.run({"embed", text}).err, HasSubstr("cut"));
  const Outcome threads = program.run({"embed", "river", "--threads", "100000"});
  EXPECT_EQ(threads.exit_code, 2);
  EXPECT_THAT(threads.err, HasSubstr("100000"));
}

class Eval : public ProgramTest {
 protected:
  Eval() {
    write("set/corpus.jsonl",
          "{\"_id\": \"a\", \"title\": \"River\", \"text\": \"Reeds grew on the bank of the river.\"}\n"
          "{\"_id\": \"b\", \"title\": \"Money\", \"text\": \"He paid the loan in money.\"}\n");
    write("set/queries.jsonl", "{\"_id\": \"1\", \"text\": \"reeds\"}\n{\"_id\": \"2\", \"text\": \"loan\"}\n");
    write("set/qrels.tsv", "query-id\tcorpus-id\tscore\n1\ta\t1\n2\tb\t1\n");
  }
};

TEST_F(Eval, MeasuresTheProductItself) {
  for (const char* mode : {"keyword", "hybrid", "vector"}) {
    const Outcome outcome = program.run({"eval", path("set"), "--mode", mode, "--json"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const auto json = nlohmann::json::parse(outcome.out);
    EXPECT_EQ(json.at("settings").at("mode"), mode);
    EXPECT_EQ(json.at("settings").at("questions"), 2);
    EXPECT_EQ(json.at("metrics").at("recall@100"), 1.0);
    if (std::string(mode) == "keyword") {
      EXPECT_EQ(json.at("metrics").at("ndcg@10"), 1.0);
    }
  }
  EXPECT_EQ(program.run({"eval", path("set"), "--whole"}).exit_code, 0);
}

TEST_F(Eval, SaysWhichLineOfWhichFileIsBroken) {
  write("set/corpus.jsonl", "{\"_id\": \"a\", \"text\": \"x\"}\n{broken\n");
  const Outcome broken = program.run({"eval", path("set")});
  EXPECT_EQ(broken.exit_code, 2);
  EXPECT_THAT(broken.err, HasSubstr("corpus.jsonl:2"));
  EXPECT_EQ(program.run({"eval", path("book")}).exit_code, 2);
}

}  // namespace
}  // namespace riverbank::cli
