#include <fmt/format.h>

#include <memory>

#include "cli/arguments.h"
#include "cli/bench/answers.h"
#include "cli/bench/texts.h"
#include "cli/commands/asking.h"
#include "cli/commands/bench.h"
#include "cli/output/json.h"
#include "cli/output/numbers.h"
#include "cli/output/progress.h"

namespace riverbank::cli {
namespace {

struct BenchQueryArguments : AskArguments {
  std::string texts;
  std::size_t limit = 20;
  bool json = false;
};

/// What `query` is to be given so that it asks the same collection in the same way.
std::vector<std::string> for_query(const BenchQueryArguments& arguments, const Collection& collection) {
  std::vector<std::string> all{"-k", "5", "--json"};
  if (arguments.index.empty() && !collection.root.empty()) {
    all.push_back((collection.root / collection.below).lexically_normal().string());
  } else {
    all.insert(all.end(), {"--index", collection.location.string()});
  }
  if (arguments.no_refresh) all.emplace_back("--no-refresh");
  if (arguments.threads != 0) all.push_back("--threads=" + std::to_string(arguments.threads));
  return all;
}

std::string in_milliseconds(double seconds) { return fmt::format("{:.2f} ms", seconds * 1e3); }

int run_bench_query(Session& session, const BenchQueryArguments& arguments) {
  const auto questions = bench_texts(arguments.texts, arguments.limit).front().texts;
  const auto [collection, index] = open_to_ask(session, arguments);
  const std::stop_token stop = session.interrupts.token();
  ProgressLine line(session.terminal);
  line.show(-1, "asking");
  std::vector<AnswerTimes> all = measure_answers(index, questions, stop);
  all.push_back(measure_cold_answers(questions, for_query(arguments, collection), stop));
  line.clear();
  const IndexStatus status = index.status();
  const ModelInfo& model = index.embedder().info();
  nlohmann::ordered_json results = nlohmann::ordered_json::array();
  std::string text =
      fmt::format("{} of {} in {} on {}, {}; {} each\n\n{:<24}{:>12}{:>12}{:>12}{:>12}\n",
                  counted(status.chunks, "chunk", "chunks"), status.model, model.precision, model.instruction_set,
                  counted(static_cast<std::uint64_t>(model.threads), "thread", "threads"),
                  counted(questions.size(), "question", "questions"), "", "least", "median", "most", "processor");
  for (const AnswerTimes& times : all) {
    text +=
        fmt::format("{:<24}{:>12}{:>12}{:>12}{:>12}\n", times.what, in_milliseconds(times.least),
                    in_milliseconds(times.median), in_milliseconds(times.highest), in_milliseconds(times.processor));
    results.push_back({{"what", times.what},
                       {"questions", times.asked},
                       {"least_seconds", times.least},
                       {"median_seconds", times.median},
                       {"most_seconds", times.highest},
                       {"least_processor_seconds", times.processor}});
  }
  const nlohmann::ordered_json json{{"model", status.model},        {"isa", model.instruction_set},
                                    {"precision", model.precision}, {"threads", model.threads},
                                    {"chunks", status.chunks},      {"results", results}};
  session.terminal.print(arguments.json ? dump(json) + "\n" : text);
  return kDone;
}

}  // namespace

void add_bench_query(CLI::App& bench, Session& session) {
  auto arguments = std::make_shared<BenchQueryArguments>();
  CLI::App* verb = add_verb(bench, "query", "From question to answer, in this process and in a new one for each.",
                            "  riverbank bench query ~/book --limit 5\n"
                            "  riverbank bench query ~/book --texts sentences.txt --threads 1 --json\n");
  add_collection_flags(*verb, *arguments);
  verb->add_option("--texts", arguments->texts, "One question a line; none: made-up ones")->type_name("FILE");
  verb->add_option("--limit", arguments->limit, "Ask no more questions than this; 0: all")
      ->capture_default_str()
      ->type_name("N");
  verb->add_flag("--json", arguments->json, "Print it as JSON");
  verb->callback(
      [&session, arguments] { session.run = [&session, arguments] { return run_bench_query(session, *arguments); }; });
}

}  // namespace riverbank::cli
