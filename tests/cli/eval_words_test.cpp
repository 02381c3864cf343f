#include <nlohmann/json.hpp>

#include "tests/cli/fixture.h"

namespace riverbank::cli {
namespace {

class EvalWords : public ProgramTest {
 protected:
  EvalWords() {
    const std::string pairs =
        "word\tpos\tidx1\tidx2\tsent1\tsent2\tlabel\nbank\tN\t1\t1\tthe bank\tthe bank\tT\n"
        "bank\tN\t1\t3\tthe bank\tshe sat on bank\tF\n";
    write("pairs/train.tsv", pairs);
    write("pairs/dev.tsv", pairs);
    for (const char* part : {"train", "test"}) {
      write(std::string("wsd/bank/") + part + ".data.txt", "1\tthe bank\n0\tbank money\n");
      write(std::string("wsd/bank/") + part + ".gold.txt", "0\n1\n");
    }
  }
};

TEST_F(EvalWords, WicPrintsATableAndJson) {
  const Outcome table = program.run({"eval", "wic", path("pairs")});
  ASSERT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("chosen on train"));
  EXPECT_THAT(table.err, HasSubstr("Layer word is the row of the embedding table"));
  const Outcome run = program.run({"eval", "wic", path("pairs"), "--json"});
  const auto json = nlohmann::json::parse(run.out);
  ASSERT_EQ(json.at("layers").size(), 4U);
  EXPECT_EQ(json.at("layers").at(0).at("layer"), "word");
  EXPECT_EQ(json.at("layers").at(3).at("layer"), 2);
  EXPECT_EQ(json.at("layers").at(3).at("accuracy"), 1.0);
  EXPECT_EQ(json.at("chosen").at("accuracy"), 1.0);
}

TEST_F(EvalWords, SensesPrintATableAndJson) {
  const Outcome table = program.run({"eval", "senses", path("wsd")});
  ASSERT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("micro average"));
  const auto json = nlohmann::json::parse(program.run({"eval", "senses", path("wsd"), "--json"}).out);
  ASSERT_EQ(json.at("layers").size(), 4U);
  EXPECT_EQ(json.at("layers").at(3).at("micro"), 1.0);
  EXPECT_EQ(json.at("layers").at(3).at("words").at("bank"), 1.0);
}

TEST_F(EvalWords, AFolderOfTheSameNameIsReached) {
  write("wic/corpus.jsonl", "{\"_id\": \"a\", \"title\": \"River\", \"text\": \"Reeds on the bank.\"}\n");
  write("wic/queries.jsonl", "{\"_id\": \"1\", \"text\": \"reeds\"}\n");
  write("wic/qrels.tsv", "query-id\tcorpus-id\tscore\n1\ta\t1\n");
  program.work_in(program.home());
  const Outcome set = program.run({"eval", "./wic", "--json"});
  EXPECT_EQ(set.exit_code, 0) << set.err;
  EXPECT_THAT(set.out, HasSubstr("ndcg@10"));
  const Outcome verb = program.run({"eval", "wic", "./wic"});
  EXPECT_EQ(verb.exit_code, 2);
  EXPECT_THAT(verb.err, HasSubstr("train.tsv"));
  const Outcome nothing = program.run({"eval"});
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_THAT(nothing.err, HasSubstr("DIR"));
}

}  // namespace
}  // namespace riverbank::cli
