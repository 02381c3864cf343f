#include <nlohmann/json.hpp>

#include "lib/math/cpu.h"
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

  EXPECT_EQ(program.run({"embed", "--format", "f32", "-o", "-"}, "The river.\nThe bank.\n").out, raw.out);
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
  EXPECT_THAT(program.run({"embed", text, "--long", "cut"}).err, HasSubstr("1 of 1 texts are longer"));
  EXPECT_THAT(program.run({"embed", text, "--long", "cut"}).err, HasSubstr("cut there"));
  const Outcome threads = program.run({"embed", "river", "--threads", "100000"});
  EXPECT_EQ(threads.exit_code, 2);
  EXPECT_THAT(threads.err, HasSubstr("100000"));
}

/// What stands behind the model's limit counts, unless it is said to be cut.
TEST_F(Embed, ReadsLongTextsThroughWindows) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += i < 150 ? "The river rose. " : "A loan of money.\n";
  write("long.txt", text);
  const auto vector_of = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"embed", "--null", "--file", path("long.txt"), "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = program.run(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out);
  };
  const auto windows = vector_of({});
  EXPECT_EQ(windows.at("windowed"), 1);
  EXPECT_EQ(windows.at("truncated"), 0);
  EXPECT_EQ(windows.at("embeddings").size(), 1U);  // the whole file is one text
  EXPECT_GT(windows.at("tokens"), 900);
  const auto cut = vector_of({"--long", "cut"});
  EXPECT_EQ(cut.at("windowed"), 0);
  EXPECT_EQ(cut.at("truncated"), 1);
  EXPECT_NE(windows.at("embeddings")[0].at("embedding"), cut.at("embeddings")[0].at("embedding"));
  EXPECT_THAT(program.run({"embed", "--null", "--file", path("long.txt")}).err, HasSubstr("read through windows"));
  const Outcome wrong = program.run({"embed", "x", "--long", "fold"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("fold"));
}

TEST_F(Embed, TextsMayEndWithAZeroByte) {
  const std::string texts("The river\nrose.\0The bank.\0", 26);
  const auto rows = nlohmann::json::parse(program.run({"embed", "-0", "--json"}, texts).out).at("embeddings");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].at("text"), "The river\nrose.");
  EXPECT_EQ(rows[1].at("text"), "The bank.");
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
    EXPECT_EQ(json.at("settings").at("precision"), "f32");
    EXPECT_EQ(json.at("metrics").at("recall@100"), 1.0);
    if (std::string(mode) == "keyword") {
      EXPECT_EQ(json.at("metrics").at("ndcg@10"), 1.0);
    }
  }
  EXPECT_EQ(program.run({"eval", path("set"), "--whole"}).exit_code, 0);
}

TEST_F(Eval, KeepsItsIndexAndSaysWhere) {
  const Outcome first = program.run({"eval", path("set")});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.err, HasSubstr("2 passages encoded"));
  EXPECT_THAT(first.err, HasSubstr("cache/riverbank/eval/"));
  const Outcome again = program.run({"eval", path("set"), "--mode", "keyword"});
  EXPECT_EQ(again.err, "");
  EXPECT_THAT(again.out, HasSubstr("nDCG@10     1.0000  [1.0000, 1.0000]"));
}

/// Each instruction set rounds in its own way, int8 the most: what one of them made would be measured as another's.
TEST_F(Eval, KeepsAnIndexForEachInstructionSet) {
  if (supported_instruction_sets().size() < 2) GTEST_SKIP() << "this processor has one alone";
  EXPECT_THAT(program.run({"eval", path("set")}).err, HasSubstr("2 passages encoded"));
  program.set("RIVERBANK_ISA", "portable");
  EXPECT_THAT(program.run({"eval", path("set")}).err, HasSubstr("2 passages encoded"));
  EXPECT_EQ(program.run({"eval", path("set")}).err, "");
}

TEST_F(Eval, ComparesTwoSettings) {
  const std::vector<std::string> compare{"eval", path("set"), "--compare", "--exact", "--mode keyword"};
  const Outcome text = program.run(compare);
  ASSERT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("A  --exact\n  B  --mode keyword"));
  auto with_json = compare;
  with_json.emplace_back("--json");
  const auto json = nlohmann::json::parse(program.run(with_json).out);
  EXPECT_EQ(json.at("a").at("settings").at("exact"), true);
  EXPECT_EQ(json.at("b").at("settings").at("mode"), "keyword");
  EXPECT_EQ(json.at("differences").at("ndcg@10").at("p"), 1.0);
  const Outcome wrong = program.run({"eval", path("set"), "--compare", "--mode magic", ""});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("the settings \"--mode magic\" cannot be read"));
}

TEST_F(Eval, PrintsATableOfEverySetAndSettings) {
  std::filesystem::copy(path("set"), path("other"));
  const Outcome table = program.run({"eval", path("set"), path("other"), "--table", "--metrics", "mrr", "--settings",
                                     "--mode keyword", "--settings", "--whole"});
  ASSERT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, StartsWith("| settings | model | set MRR | other MRR | a question |\n|---|---|--:|--:|--:|\n"
                                    "| --mode keyword | bge-small-en-v1.5 | **1.0000** | **1.0000** |"));
  EXPECT_THAT(table.out, HasSubstr("\n| --whole | bge-small-en-v1.5 |"));
}

TEST_F(Eval, WritesAndReadsTrecFiles) {
  const std::vector<std::string> metrics{"--metrics", "ndcg@10,map,mrr,recall@1", "--json"};
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), metrics.begin(), metrics.end());
    const Outcome outcome = program.run(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out);
  };
  const auto asked = run({"eval", path("set"), "--write-run", path("run"), "--write-qrels", path("qrels")});
  const auto read = run({"eval", "--run", path("run"), "--qrels", path("qrels")});
  EXPECT_EQ(asked.at("metrics"), read.at("metrics"));
  const auto both = run({"eval", "--run", path("run"), "--run", path("run"), "--qrels", path("set/qrels.tsv")});
  EXPECT_EQ(both.at("differences").at("map").at("difference"), 0);
}

TEST_F(Eval, SaysWhatARunLacks) {
  write("run", "1 Q0 a 1 0.5 t\n9 Q0 a 1 0.5 t\n");
  const std::vector<std::string> arguments{"eval",      "--run", path("run"), "--qrels", path("set/qrels.tsv"),
                                           "--metrics", "map"};
  const Outcome outcome = program.run(arguments);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("MAP         1.0000"));
  EXPECT_THAT(outcome.err, HasSubstr("nothing on 1 of 2 judged questions"));
  EXPECT_THAT(outcome.err, HasSubstr("1 question that nobody judged"));
  auto complete = arguments;
  complete.emplace_back("--complete");
  EXPECT_THAT(program.run(complete).out, HasSubstr("MAP         0.5000"));
  write("run", "8 Q0 a 1 0.5 t\n");
  EXPECT_EQ(program.run(arguments).exit_code, 2);
}

TEST_F(Eval, AsksQuestionsToAFolderOfOnesOwn) {
  write("questions.tsv",
        "question\tfile\tkind\nreeds grew river\triver.md:3\twet\nloan\tmoney.md\tdry\nx\tgone.md\tdry\n");
  const Outcome outcome = program.run({"eval", path("book"), "--questions", path("questions.tsv"), "--mode", "keyword",
                                       "--metrics", "success@1", "--by", "kind"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("1 question left out: it names a file that is not in the folder (\"gone.md\")"));
  EXPECT_THAT(outcome.out, HasSubstr("2 questions over 3 documents"));
  EXPECT_THAT(outcome.out, HasSubstr("  wet, 1 question\n    success@1 1.0000"));
  const Outcome no_column = program.run({"eval", path("book"), "--questions", path("questions.tsv"), "--by", "size"});
  EXPECT_EQ(no_column.exit_code, 2);
  EXPECT_THAT(no_column.err, HasSubstr("no column \"size\"; they have kind"));
}

TEST_F(Eval, RefusesWhatMakesNoSense) {
  const auto refused = [&](std::vector<std::string> arguments, const std::string& message) {
    arguments.insert(arguments.begin(), "eval");
    const Outcome outcome = program.run(arguments);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr(message));
  };
  refused({}, "name a set to measure");
  refused({path("set"), "--metrics", "ndcg@0"}, "looks at no document");
  refused({path("set"), path("set"), "--write-run", path("run")}, "one set");
  refused({"--run", path("run")}, "--qrels");
  refused({path("book")}, "--questions FILE");
  refused({path("nowhere")}, "nowhere");
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
