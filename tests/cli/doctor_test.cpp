#include <fstream>
#include <nlohmann/json.hpp>

#include "lib/math/cpu.h"
#include "lib/math/precision.h"
#include "tests/cli/fixture.h"

namespace riverbank::cli {
namespace {

class Doctor : public ProgramTest {
 protected:
  nlohmann::json examine(int exit_code = 0) const {
    const Outcome outcome = program.run({"doctor", "--json"});
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.out << outcome.err;
    return nlohmann::json::parse(outcome.out);
  }
  std::filesystem::path packed_file() const {
    for (const auto& entry : std::filesystem::directory_iterator(program.home() / "cache/riverbank/packed")) {
      if (entry.path().filename().string().ends_with("_f32")) return entry.path();
    }
    return {};
  }
};

TEST_F(Doctor, SaysThatAllIsWellAndWhatRuns) {
  program.run({"index", path("book")});
  const Outcome outcome = program.run({"doctor"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  EXPECT_EQ(outcome.err, "");
  const std::string best(to_string(supported_instruction_sets().back()));
  EXPECT_THAT(outcome.out, HasSubstr("bge-small-en-v1.5  (default)"));
  EXPECT_THAT(outcome.out, HasSubstr("<- runs: the best here"));
  EXPECT_THAT(outcome.out, HasSubstr("computes   " + best + " in f32"));
  EXPECT_THAT(outcome.out, HasSubstr("mapped"));
  EXPECT_THAT(outcome.out, HasSubstr("~/data/riverbank/collections: 1,"));
  EXPECT_THAT(outcome.out, HasSubstr("\nAll is well.\n"));

  const auto json = examine();
  EXPECT_EQ(json.at("instruction_sets").size(), supported_instruction_sets().size());
  EXPECT_EQ(json.at("instruction_sets").back().at("chosen"), true);
  EXPECT_EQ(json.at("problems").size(), 0U);
  EXPECT_EQ(json.at("data").at("collections"), 1);
  EXPECT_GT(json.at("data").at("free_bytes"), 0);
  ASSERT_EQ(json.at("models").size(), 2U);
  for (const auto& model : json.at("models")) {
    EXPECT_EQ(model.at("precision"), "f32");  // the weights are not those that were measured
    EXPECT_GT(model.at("cosine_to_float32"), 0.9999);
    EXPECT_EQ(model.at("packed_weights").at("mapped"), true);
    EXPECT_EQ(model.at("packed_weights").at("bytes"),
              std::filesystem::file_size(model.at("packed_weights").at("file").get<std::string>()));
  }
}

TEST_F(Doctor, SaysWhatIsForced) {
  program.set("RIVERBANK_ISA", "portable");
  const Outcome outcome = program.run({"doctor"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("<- runs: RIVERBANK_ISA asks for it"));
  EXPECT_THAT(outcome.out, HasSubstr("computes   portable in f32: portable has nothing faster"));
  program.set("RIVERBANK_PRECISION", "f32");
  EXPECT_EQ(examine().at("models")[0].at("precision_reason"), "asked");
}

TEST_F(Doctor, FindsWhatIsBroken) {
  const auto expect_problem = [&](const std::string& part) {
    const Outcome outcome = program.run({"doctor"});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.out, HasSubstr("Broken: "));
    EXPECT_THAT(outcome.out, HasSubstr(part));
    EXPECT_THAT(outcome.out, Not(HasSubstr("All is well")));
    EXPECT_EQ(examine(2).at("problems").size(), 1U);
  };
  program.set("RIVERBANK_ISA", "mmx");
  expect_problem("\"mmx\", which riverbank does not know");
  program.set("RIVERBANK_ISA", "");
  program.set("RIVERBANK_PRECISION", "fp4");
  expect_problem("\"fp4\"");
  program.set("RIVERBANK_PRECISION", "");

  program.run({"index", path("book")});
  program.set("RIVERBANK_ISA", "mmx");
  expect_problem("\"mmx\", which riverbank does not know");
  const Outcome asked = program.run({"verify"});
  EXPECT_EQ(asked.exit_code, 2);
  EXPECT_THAT(asked.err, HasSubstr("\"mmx\", which riverbank does not know"));
  EXPECT_THAT(asked.err + asked.out, Not(HasSubstr("graph"))) << "it is no damage";
  program.set("RIVERBANK_ISA", "");
  for (const auto& entry : std::filesystem::directory_iterator(program.home() / "data/riverbank/collections")) {
    std::ofstream(entry.path() / "store.db") << "no store";
  }
  expect_problem("cannot be opened");
  std::filesystem::remove_all(program.home() / "data/riverbank/collections");

  write("data/riverbank/models/all-MiniLM-L6-v2/model.safetensors", "no weights");
  expect_problem("model.safetensors");
  std::filesystem::remove_all(program.home() / "data/riverbank/models");
  expect_problem("there is no model on this machine; get one: riverbank model pull");
}

TEST_F(Doctor, WithoutTheDefaultModelIsOnlyWorthANote) {
  std::filesystem::remove_all(program.home() / "data/riverbank/models/bge-small-en-v1.5");
  const auto json = examine();
  ASSERT_EQ(json.at("notes").size(), 1U);
  EXPECT_THAT(json.at("notes")[0].get<std::string>(), HasSubstr("the default model, bge-small-en-v1.5, is not here"));
}

TEST_F(Doctor, ACacheThatCannotBeIsANote) {
  program.set("XDG_CACHE_HOME", "/dev/null/cache");
  const Outcome outcome = program.run({"doctor"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("Note: /dev/null/cache/riverbank cannot be written"));
  EXPECT_THAT(outcome.out, HasSubstr("packed anew by every process"));
}

/// Whoever meets a damaged file says so and mends it: query, embed, doctor.
TEST_F(Doctor, DamagedPackedWeightsAreMendedAndSaidByEveryVerb) {
  ASSERT_EQ(query("river").exit_code, 0);
  const auto damage = [&] {
    std::fstream file(packed_file(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-1, std::ios::end);
    file.put('\x55');
  };
  const std::string sentence = "does not have its checksum; packing them again";
  damage();
  const Outcome asked = query("river");
  EXPECT_EQ(asked.exit_code, 0);
  EXPECT_THAT(asked.err, HasSubstr(sentence));
  EXPECT_EQ(query("river").err, "");
  damage();
  EXPECT_THAT(program.run({"embed", "river"}).err, HasSubstr(sentence));
  EXPECT_EQ(program.run({"embed", "river"}).err, "");
  damage();
  EXPECT_THAT(program.run({"doctor"}).out, HasSubstr("Note: the packed weights in "));
  EXPECT_EQ(examine().at("notes").size(), 0U);
}

}  // namespace
}  // namespace riverbank::cli
