#include <fstream>
#include <vector>

#include "tests/cli/fixture.h"

namespace riverbank::cli {
namespace {

using testing::lines_of;

/// The first words of the lines that stand under "Subcommands:".
std::vector<std::string> verbs_of(const std::string& help) {
  std::vector<std::string> verbs;
  bool inside = false;
  for (const std::string& line : lines_of(help)) {
    if (inside && line.starts_with("  ") && line.size() > 2 && line[2] != ' ')
      verbs.push_back(line.substr(2, line.find(' ', 2) - 2));
    if (line == "Subcommands:") inside = true;
  }
  return verbs;
}

std::vector<std::string> examples_of(const std::string& help) {
  std::vector<std::string> examples;
  bool inside = false;
  for (const std::string& line : lines_of(help)) {
    if (inside && !line.starts_with("  ")) break;
    if (inside) examples.push_back(line.substr(2));
    if (line == "Examples:") inside = true;
  }
  return examples;
}

class Help : public ProgramTest {
 protected:
  Help() {
    write("papers/one.txt", "The river rose.\n");
    write("notes/two.txt", "The loan is due at the bank.\n");
    write("sentences.txt", "The river.\nThe bank.\n");
    write("beir/scifact/corpus.jsonl",
          "{\"_id\": \"d\", \"title\": \"River\", \"text\": \"The bank of the river.\"}\n");
    write("beir/scifact/queries.jsonl", "{\"_id\": \"q\", \"text\": \"river bank\"}\n");
    for (const char* file : {"gap-development.tsv", "gap-test.tsv"}) {
      std::string rows = "ID\tText\tPronoun\tPronoun-offset\tA\tA-offset\tA-coref\tB\tB-offset\tB-coref\tURL\n";
      for (int i = 0; i < 20; ++i)
        rows += "x\tThe boat, the tree, he sat.\the\t20\tboat\t4\tTRUE\ttree\t14\tFALSE\tu\n";
      write(std::string("book/") + file, rows);
    }
    write("beir/scifact/qrels.tsv", "query-id\tcorpus-id\tscore\nq\td\t1\n");
    write("questions.tsv", "Where does she sit?\triver.md:3\n");
    testing::write_tiny_model(program.home() / "my-bert");
    std::filesystem::remove_all(program.home() / "data/riverbank/models/bge-small-en-v1.5");
    EXPECT_EQ(program.run({"model", "import", path("my-bert"), "--name", "bge-small-en-v1.5"}).exit_code, 0);
    write("tokenizer.json", "{}");
    program.run({"index", path("book")});
    program.work_in(program.home() / "book");
  }

  /// What an example needs of the world to be run here, put in front of it.
  static std::string prepared(const std::string& example) {
    std::string setting = "cd ~ && ";
    if (example.find("remove") != std::string::npos)
      setting +=
          "mkdir -p ~/book/drafts && echo 'The tree.' > ~/book/appendix.md && cp ~/book/appendix.md ~/book/drafts/ && "
          "riverbank index ~/book >/dev/null && ";
    if (example.find("~/letters") != std::string::npos) {
      setting += "mkdir -p ~/letters && echo 'The rent goes up in May.' > ~/letters/may.txt && ";
    }
    if (example.find("/papers") == std::string::npos) setting += "cd ~/book && cp -r ~/my-bert ~/sentences.txt . && ";
    return setting + example;
  }

  void expect_examples_to_run(const std::vector<std::string>& verb) {
    std::vector<std::string> arguments = verb;
    arguments.emplace_back("--help");
    const Outcome help = program.run(arguments);
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_EQ(lines_of(help.out).at(2), "Examples:") << help.out;
    const auto examples = examples_of(help.out);
    EXPECT_FALSE(examples.empty());
    for (const std::string& example : examples) {
      SCOPED_TRACE(example);
      const Outcome run = program.shell(prepared(example));
      const bool wants_network = example.find("model pull") != std::string::npos;
      const bool wants_onnx = example.find("model.onnx") != std::string::npos;
      if (wants_network || wants_onnx) {
        // Understood, and then stopped by what is not here: nobody answers on this machine's network.
        EXPECT_EQ(run.exit_code, 2);
        EXPECT_THAT(run.err,
                    ::testing::AnyOf(HasSubstr("127.0.0.1"), HasSubstr("mirror.example"), HasSubstr("model.onnx")));
      } else {
        // forget asks, and here nobody is there to answer.
        const bool asks = example.find("forget") != std::string::npos && example.find("--yes") == std::string::npos;
        EXPECT_THAT(run.exit_code, asks ? ::testing::Matcher<int>(2) : ::testing::Matcher<int>(::testing::Lt(2)))
            << run.out << run.err;
      }
      EXPECT_THAT(run.err, Not(HasSubstr("--help")));  // what a misunderstood line is told
    }
  }
};

TEST_F(Help, OfTheProgramNamesEveryVerbAndItsExamplesRun) {
  const Outcome help = program.run({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  const auto verbs = verbs_of(help.out);
  EXPECT_THAT(verbs, ::testing::IsSupersetOf(
                         {"index", "query", "status", "verify", "remove", "forget", "embed", "eval", "model"}));
  expect_examples_to_run({});
}

TEST_F(Help, OfEachVerbLeadsWithExamplesThatRun) {
  for (const std::string& verb : verbs_of(program.run({"--help"}).out)) {
    SCOPED_TRACE(verb);
    expect_examples_to_run({verb});
  }
}

TEST_F(Help, OfEachModelVerbLeadsWithExamplesThatRun) {
  const auto verbs = verbs_of(program.run({"model", "--help"}).out);
  EXPECT_THAT(verbs, ::testing::UnorderedElementsAre("list", "pull", "import", "verify", "path"));
  for (const std::string& verb : verbs) {
    SCOPED_TRACE(verb);
    expect_examples_to_run({"model", verb});
  }
}

TEST_F(Help, OfEachBenchVerbLeadsWithExamplesThatRun) {
  const auto verbs = verbs_of(program.run({"bench", "--help"}).out);
  EXPECT_THAT(verbs, ::testing::Contains("attention"));
  for (const std::string& verb : verbs) {
    SCOPED_TRACE(verb);
    expect_examples_to_run({"bench", verb});
  }
}

TEST_F(Help, OfEachEvalVerbLeadsWithExamplesThatRun) {
  write("wic/train.tsv", "word\tpos\tidx1\tidx2\tsent1\tsent2\tlabel\nbank\tN\t1\t1\tthe bank\ta bank\tT\n");
  write("wic/dev.tsv", "word\tpos\tidx1\tidx2\tsent1\tsent2\tlabel\nbank\tN\t1\t1\tthe bank\ta bank\tT\n");
  for (const char* part : {"train", "test"}) {
    write(std::string("CoarseWSD-20/bank/") + part + ".data.txt", "1\tthe bank\n0\tbank money\n");
    write(std::string("CoarseWSD-20/bank/") + part + ".gold.txt", "0\n1\n");
  }
  const auto verbs = verbs_of(program.run({"eval", "--help"}).out);
  EXPECT_THAT(verbs, ::testing::IsSupersetOf({"wic", "senses"}));
  for (const std::string& verb : verbs) {
    SCOPED_TRACE(verb);
    expect_examples_to_run({"eval", verb});
  }
}

TEST_F(Help, TheCommandsOfTheReadmeRun) {
  std::ifstream readme(std::filesystem::path(RIVERBANK_SOURCE_DIR) / "README.md");
  int commands = 0;
  for (std::string line; std::getline(readme, line);) {
    if (!line.starts_with("$ riverbank ") || line.find("samples/documents") != std::string::npos) continue;
    SCOPED_TRACE(line);
    const Outcome run = program.shell("riverbank index ~/book >/dev/null && cd ~/book && " + line.substr(2));
    EXPECT_LT(run.exit_code, 2) << run.err;
    ++commands;
  }
  EXPECT_GT(commands, 5);
}

TEST_F(Help, AllShowsTheFlagsOfEveryVerb) {
  const Outcome help = program.run({"--help-all"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("--no-refresh"));
  EXPECT_THAT(help.out, HasSubstr("--reencode"));
}

TEST_F(Help, IsShortWhenNothingIsAsked) {
  const Outcome welcome = program.run({});
  EXPECT_EQ(welcome.exit_code, 0);
  EXPECT_THAT(welcome.out, HasSubstr("Try:"));
  EXPECT_THAT(welcome.out, HasSubstr("~/book"));
}

TEST_F(Help, VersionIsOneLine) {
  const Outcome version = program.run({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.out, ::testing::MatchesRegex("riverbank [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST_F(Help, MistypedVerbsAndFlagsSuggestTheNearest) {
  const Outcome verb = program.run({"qeury", "river"});
  EXPECT_EQ(verb.exit_code, 2);
  EXPECT_THAT(verb.err, HasSubstr("did you mean query?"));
  const Outcome flag = program.run({"query", "river", path("book"), "--exat"});
  EXPECT_EQ(flag.exit_code, 2);
  EXPECT_THAT(flag.err, HasSubstr("did you mean --exact?"));
  const Outcome value = program.run({"query", "river", path("book"), "-k", "many"});
  EXPECT_EQ(value.exit_code, 2);
  EXPECT_THAT(value.err, HasSubstr("many"));
  EXPECT_EQ(program.run({"query"}).exit_code, 2);
  EXPECT_EQ(program.run({"query", "river", path("book"), "--mode", "magic"}).exit_code, 2);
}

}  // namespace
}  // namespace riverbank::cli
