#include <nlohmann/json.hpp>

#include "tests/cli/fixture.h"

namespace riverbank::cli {
namespace {

class Heads : public ProgramTest {
 protected:
  Heads() {
    std::string rows = "ID\tText\tPronoun\tPronoun-offset\tA\tA-offset\tA-coref\tB\tB-offset\tB-coref\tURL\n";
    for (int i = 0; i < 24; ++i) {
      const bool a = i % 3 == 0;
      rows += "r\tThe boat, the tree, he sat.\the\t20\tboat\t4\t" + std::string(a ? "TRUE" : "FALSE") + "\ttree\t14\t" +
              (a ? "FALSE" : "TRUE") + "\tu\n";
    }
    write("cases.tsv", rows);
  }
};

TEST_F(Heads, PrintTheTableTheBestAndTheOtherFile) {
  const Outcome run = program.run({"heads", path("cases.tsv"), "--test", path("cases.tsv"), "--combine"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("24 rows with exactly one true name"));
  EXPECT_THAT(run.out, HasSubstr("best: layer"));
  EXPECT_THAT(run.out, HasSubstr("no part in the choice"));
  EXPECT_THAT(run.out, HasSubstr("always the first name: 33.3 %"));
  EXPECT_THAT(run.out, HasSubstr("all heads together"));
}

TEST_F(Heads, InJsonHaveTheirAccuracyAndInterval) {
  const Outcome run = program.run({"heads", path("cases.tsv"), "--test", path("cases.tsv"), "--combine", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto json = nlohmann::json::parse(run.out);
  ASSERT_EQ(json.at("heads").size(), 2U);
  ASSERT_EQ(json.at("heads").at(0).size(), 3U);
  const auto& best = json.at("best");
  EXPECT_EQ(json.at("heads").at(best.at("layer").get<std::size_t>()).at(best.at("head").get<std::size_t>()),
            best.at("accuracy"));
  // One text: every head says the same of all rows, and is right in 8 or in 16 of the 24.
  EXPECT_NEAR(best.at("accuracy").get<double>(), 2.0 / 3, 1e-9);
  EXPECT_EQ(json.at("test").at("accuracy"), best.at("accuracy"));
  EXPECT_LT(json.at("test").at("interval").at(0).get<double>(), 2.0 / 3);
  EXPECT_GT(json.at("test").at("interval").at(1).get<double>(), 2.0 / 3);
  EXPECT_EQ(json.at("combined").at("weights").size(), json.at("combined").at("both_directions") ? 12U : 6U);
}

TEST_F(Heads, SayWhatIsWrongWithAFile) {
  write("bad.tsv", "ID\tText\tPronoun\n");
  const Outcome bad = program.run({"heads", path("bad.tsv")});
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.err, HasSubstr("bad.tsv:1: "));
  EXPECT_THAT(bad.err, HasSubstr("Pronoun-offset"));
  EXPECT_EQ(program.run({"heads", path("none.tsv")}).exit_code, 2);
  EXPECT_EQ(program.run({"heads", path("cases.tsv"), "--model", "no-such-model"}).exit_code, 2);
  EXPECT_EQ(program.run({"heads"}).exit_code, 2);
}

}  // namespace
}  // namespace riverbank::cli
