#include <fmt/format.h>

#include <memory>

#include "cli/arguments.h"
#include "cli/bench/scratch.h"
#include "cli/collections.h"
#include "cli/commands/bench.h"
#include "cli/commands/update.h"
#include "cli/output/json.h"
#include "cli/output/numbers.h"
#include "riverbank/error.h"
#include "riverbank/model.h"

namespace riverbank::cli {
namespace {

struct BenchIndexArguments {
  std::string folder, model = kDefaultModel;
  int threads = 0;
  bool json = false;
};

double share(double seconds, const UpdateReport& report) { return report.seconds > 0 ? seconds / report.seconds : 0; }

int run_bench_index(Session& session, const BenchIndexArguments& arguments) {
  const ScratchFolder scratch;
  UpdateRequest request;
  request.index_options.model = arguments.model;
  request.index_options.threads = arguments.threads;
  request.folders = {place_of_documents(arguments.folder)};
  Index index = open_index(session, {scratch.path() / "index", "", "", false}, request.index_options);
  const ModelInfo& model = index.embedder().info();  // loaded before the clock starts, as for every question
  const UpdateReport first = update_index(session, index, request);
  const UpdateReport again = first.stopped ? first : update_index(session, index, request);
  if (again.stopped) throw Error(ErrorKind::kCancelled, "Stopped while measuring.");
  const double rate =
      first.seconds_encoding > 0 ? static_cast<double>(first.tokens_encoded) / first.seconds_encoding : 0;
  if (arguments.json) {
    session.terminal.print(dump({{"results",
                                  {{{"model", arguments.model},
                                    {"isa", model.instruction_set},
                                    {"precision", model.precision},
                                    {"threads", model.threads},
                                    {"files", first.files_read},
                                    {"chunks", first.chunks_encoded},
                                    {"tokens", first.tokens_encoded},
                                    {"seconds", first.seconds},
                                    {"seconds_encoding", first.seconds_encoding},
                                    {"seconds_graph", first.seconds_graph},
                                    {"seconds_neither", first.seconds_neither()},
                                    {"tokens_per_second", rate},
                                    {"seconds_unchanged", again.seconds}}}}}) +
                           "\n");
    return kDone;
  }
  session.terminal.print(fmt::format(
      "{}, {} in {} on {}, {}: {}, {}, {} tokens\n\n"
      "encoding    {:>9}  {:>5.1f}%  ({} tokens/s)\ngraph       {:>9}  {:>5.1f}%, beside it\nall else    {:>9}  "
      "{:>5.1f}%\n"
      "from nothing{:>9}\nunchanged   {:>9}\n",
      shown(arguments.folder), arguments.model, model.precision, model.instruction_set,
      counted(static_cast<std::uint64_t>(model.threads), "thread", "threads"),
      counted(first.files_read, "file", "files"), counted(first.chunks_encoded, "chunk", "chunks"),
      with_thousands(first.tokens_encoded), in_seconds(first.seconds_encoding),
      100 * share(first.seconds_encoding, first), with_thousands(static_cast<std::uint64_t>(rate)),
      in_seconds(first.seconds_graph), 100 * share(first.seconds_graph, first), in_seconds(first.seconds_neither()),
      100 * share(first.seconds_neither(), first), in_seconds(first.seconds), in_seconds(again.seconds)));
  return kDone;
}

}  // namespace

void add_bench_index(CLI::App& bench, Session& session) {
  auto arguments = std::make_shared<BenchIndexArguments>();
  CLI::App* verb = add_verb(bench, "index", "A folder indexed from nothing, in a place of its own, and then unchanged.",
                            "  riverbank bench index ~/book\n"
                            "  riverbank bench index ~/book --model all-MiniLM-L6-v2 --threads 1 --json\n");
  verb->add_option("folder", arguments->folder, "What to index")->required()->type_name("FOLDER");
  verb->add_option("--model", arguments->model, "Encoder, by name or folder")->capture_default_str()->type_name("NAME");
  verb->add_option("--threads", arguments->threads, "Threads; 0: one for each core")->type_name("N");
  verb->add_flag("--json", arguments->json, "Print it as JSON");
  verb->callback(
      [&session, arguments] { session.run = [&session, arguments] { return run_bench_index(session, *arguments); }; });
}

}  // namespace riverbank::cli
