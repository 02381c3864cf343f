// bench encode and bench tokenize: what stands before any index.
#include <fmt/format.h>

#include <memory>

#include "cli/arguments.h"
#include "cli/bench/speed.h"
#include "cli/commands/bench.h"
#include "cli/output/json.h"
#include "cli/output/numbers.h"
#include "cli/output/progress.h"
#include "lib/base/parallel.h"
#include "lib/base/printable.h"
#include "riverbank/model.h"

namespace riverbank::cli {
namespace {

struct BenchEncodeArguments {
  std::string model = kDefaultModel, texts;
  std::size_t limit = 0;
  int threads = 1;
  bool json = false;
};

const char* what_counts(int threads) { return threads == 1 ? "processor time" : "time by the clock"; }

std::string whole(double number) { return with_thousands(static_cast<std::uint64_t>(number)); }

int run_bench_encode(Session& session, const BenchEncodeArguments& arguments) {
  const int threads = thread_count(arguments.threads);
  const auto texts = bench_texts(arguments.texts, arguments.limit);
  ProgressLine line(session.terminal);
  const auto speeds = measure_encoding(
      load_model(arguments.model), texts, threads,
      [&](const std::string& what, double fraction) { line.show(fraction, what); }, session.interrupts.token());
  line.clear();
  nlohmann::ordered_json results = nlohmann::ordered_json::array();
  std::string text =
      fmt::format("{}, {}; {}\n\n{:<12}{:<10}{:<11}{:>14}{:>14}{:>14}\n", printable(arguments.model),
                  counted(static_cast<std::uint64_t>(threads), "thread", "threads"), what_counts(threads), "texts",
                  "isa", "precision", "tokens/s", "GFLOP/s", "share of peak");
  for (const EncodingSpeed& speed : speeds) {
    text += fmt::format("{:<12}{:<10}{:<11}{:>14}{:>14}{:>13.0f}%\n", speed.texts, to_string(speed.instruction_set),
                        to_string(speed.precision), whole(speed.tokens_per_second),
                        whole(speed.operations_per_second / 1e9), 100 * speed.share_of_peak);
    results.push_back({{"model", arguments.model},
                       {"texts", speed.texts},
                       {"isa", to_string(speed.instruction_set)},
                       {"precision", to_string(speed.precision)},
                       {"threads", threads},
                       {"tokens", speed.tokens},
                       {"tokens_per_second", speed.tokens_per_second},
                       {"operations_per_second", speed.operations_per_second},
                       {"peak_operations_per_second", speed.peak},
                       {"share_of_peak", speed.share_of_peak}});
  }
  session.terminal.print(arguments.json ? dump({{"results", results}}) + "\n" : text);
  return kDone;
}

int run_bench_tokenize(Session& session, const BenchEncodeArguments& arguments) {
  const int threads = thread_count(arguments.threads);
  const auto texts = bench_texts(arguments.texts, arguments.limit);
  const auto speeds = measure_tokenizing(*load_model(arguments.model), texts, threads, session.interrupts.token());
  nlohmann::ordered_json results = nlohmann::ordered_json::array();
  std::string text = fmt::format("{}, {}; {}\n\n{:<12}{:>10}{:>14}\n", printable(arguments.model),
                                 counted(static_cast<std::uint64_t>(threads), "thread", "threads"),
                                 what_counts(threads), "texts", "MB/s", "tokens/s");
  for (const TokenizingSpeed& speed : speeds) {
    const double bytes = static_cast<double>(speed.bytes) / speed.seconds;
    const double tokens = static_cast<double>(speed.tokens) / speed.seconds;
    text += fmt::format("{:<12}{:>10.1f}{:>14}\n", speed.texts, bytes / 1e6, whole(tokens));
    results.push_back({{"model", arguments.model},
                       {"texts", speed.texts},
                       {"threads", threads},
                       {"bytes", speed.bytes},
                       {"tokens", speed.tokens},
                       {"bytes_per_second", bytes},
                       {"tokens_per_second", tokens}});
  }
  session.terminal.print(arguments.json ? dump({{"results", results}}) + "\n" : text);
  return kDone;
}

void add(CLI::App& bench, Session& session, const char* name, const char* what, const std::string& examples,
         int (*run)(Session&, const BenchEncodeArguments&)) {
  auto arguments = std::make_shared<BenchEncodeArguments>();
  CLI::App* verb = add_verb(bench, name, what, examples);
  verb->add_option("--model", arguments->model, "Encoder, by name or folder")->capture_default_str()->type_name("NAME");
  verb->add_option("--texts", arguments->texts, "One text a line, or JSON lines with a \"text\"; none: made-up ones")
      ->type_name("FILE");
  verb->add_option("--limit", arguments->limit, "Take no more texts than this; 0: all")->type_name("N");
  verb->add_option("--threads", arguments->threads, "Threads; 0: one for each core")
      ->capture_default_str()
      ->type_name("N");
  verb->add_flag("--json", arguments->json, "Print it as JSON");
  verb->callback(
      [&session, arguments, run] { session.run = [&session, arguments, run] { return run(session, *arguments); }; });
}

}  // namespace

void add_bench_encode(CLI::App& bench, Session& session) {
  add(bench, session, "encode",
      "Tokens a second in every instruction set and precision, and the share of the processor's own peak.",
      "  riverbank bench encode --limit 8\n"
      "  RIVERBANK_ISA=portable riverbank bench encode --texts sentences.txt --threads 0 --json\n",
      run_bench_encode);
  add(bench, session, "tokenize", "Bytes and tokens a second of the tokenizer.",
      "  riverbank bench tokenize --limit 8\n"
      "  riverbank bench tokenize --texts sentences.txt --json\n",
      run_bench_tokenize);
}

}  // namespace riverbank::cli
