#include <fmt/format.h>

#include <memory>

#include "cli/arguments.h"
#include "cli/bench/neighbours.h"
#include "cli/commands/bench.h"
#include "cli/output/json.h"
#include "cli/output/numbers.h"
#include "cli/output/output_file.h"
#include "cli/output/progress.h"
#include "lib/base/parallel.h"

namespace riverbank::cli {
namespace {

struct BenchVectorsArguments {
  std::string vectors, output;
  std::size_t limit = 10'000, dimensions = 384, fill = 0;
  int threads = 0;
  bool json = false;
};

std::string as_text(const NeighbourSpeed& speed, int threads) {
  std::string text = fmt::format("{} vectors of {} dimensions, {} questions; built by {}, asked by one\n\n",
                                 with_thousands(speed.count), speed.dimensions, speed.questions,
                                 counted(static_cast<std::uint64_t>(threads), "thread", "threads"));
  if (speed.interpolated > 0) {
    text += fmt::format("{} of them lie between neighbours of the others\n\n", with_thousands(speed.interpolated));
  }
  const auto a_vector = [&](std::uint64_t bytes) {
    return static_cast<double>(bytes) / static_cast<double>(speed.count);
  };
  text +=
      fmt::format("build   {} ({} vectors/s), {} of the processor\n", in_seconds(speed.build_seconds),
                  with_thousands(static_cast<std::uint64_t>(static_cast<double>(speed.count) / speed.build_seconds)),
                  in_seconds(speed.build_processor_seconds));
  text += fmt::format("save    {}\n", in_seconds(speed.save_seconds));
  text += fmt::format("graph   {} ({:.0f} bytes a vector: links and codes, what is walked)\n",
                      in_bytes(speed.graph_bytes), a_vector(speed.graph_bytes));
  text += fmt::format("vectors {} ({:.0f} bytes a vector: beside it, read for the best few alone)\n",
                      in_bytes(speed.vector_bytes), a_vector(speed.vector_bytes));
  text += fmt::format("map     {}, the first question {}\n\n{:>6}{:>12}{:>14}\n", in_seconds(speed.map_seconds),
                      in_seconds(speed.first_seconds), "ef", "recall@10", "questions/s");
  for (const SearchSpeed& search : speed.searches) {
    text += fmt::format("{:>6}{:>12.4f}{:>14}\n", search.ef, search.recall_at_10,
                        with_thousands(static_cast<std::uint64_t>(search.queries_per_second)));
  }
  return text + fmt::format("{:>6}{:>12.4f}{:>14}\n", "scan", 1.0,
                            with_thousands(static_cast<std::uint64_t>(speed.scan_queries_per_second)));
}

nlohmann::ordered_json as_json(const NeighbourSpeed& speed, int threads) {
  nlohmann::ordered_json searches = nlohmann::ordered_json::array();
  for (const SearchSpeed& search : speed.searches) {
    searches.push_back(
        {{"ef", search.ef}, {"recall_at_10", search.recall_at_10}, {"queries_per_second", search.queries_per_second}});
  }
  return {{"count", speed.count},
          {"interpolated", speed.interpolated},
          {"dimensions", speed.dimensions},
          {"questions", speed.questions},
          {"threads", threads},
          {"build_seconds", speed.build_seconds},
          {"build_processor_seconds", speed.build_processor_seconds},
          {"save_seconds", speed.save_seconds},
          {"map_seconds", speed.map_seconds},
          {"first_seconds", speed.first_seconds},
          {"graph_bytes", speed.graph_bytes},
          {"vector_bytes", speed.vector_bytes},
          {"searches", searches},
          {"scan_queries_per_second", speed.scan_queries_per_second}};
}

int run_bench_vectors(Session& session, const BenchVectorsArguments& arguments) {
  require_writable(arguments.output);
  const int threads = thread_count(arguments.threads);
  BenchVectors vectors = arguments.vectors.empty()
                             ? made_up_vectors(arguments.limit, arguments.dimensions)
                             : read_bench_vectors(arguments.vectors, arguments.dimensions, arguments.limit);
  if (arguments.fill > 0) {
    ThreadPool pool(threads);
    vectors = interpolated(std::move(vectors), arguments.fill, pool);
  }
  if (!arguments.output.empty()) write_bench_vectors(vectors, arguments.output);
  ProgressLine line(session.terminal);
  const NeighbourSpeed speed = measure_neighbours(
      vectors, threads, [&](const std::string& what, double fraction) { line.show(fraction, what); },
      session.interrupts.token());
  line.clear();
  session.terminal.print(arguments.json ? dump({{"results", {as_json(speed, threads)}}}) + "\n"
                                        : as_text(speed, threads));
  return kDone;
}

}  // namespace

void add_bench_vectors(CLI::App& bench, Session& session) {
  auto arguments = std::make_shared<BenchVectorsArguments>();
  CLI::App* verb = add_verb(bench, "vectors", "Build, file, recall and speed of the graph of near neighbours.",
                            "  riverbank bench vectors --limit 1000 --dimensions 64\n"
                            "  riverbank bench vectors --limit 500 --json\n");
  verb->add_option("--vectors", arguments->vectors, "Vectors as `embed --format f32` writes them; none: made-up ones")
      ->type_name("FILE");
  verb->add_option("--limit", arguments->limit, "Take no more vectors than this; 0: all of the file")
      ->capture_default_str()
      ->type_name("N");
  verb->add_option("--fill", arguments->fill,
                   "Make so many of them, with vectors between each and its nearest; fewer than there are: none")
      ->type_name("N");
  verb->add_option("-o,--output", arguments->output, "Write the vectors measured with here, the questions last")
      ->type_name("FILE");
  verb->add_option("--dimensions", arguments->dimensions, "Of a vector")->capture_default_str()->type_name("N");
  verb->add_option("--threads", arguments->threads, "Threads that build; 0: one for each core")->type_name("N");
  verb->add_flag("--json", arguments->json, "Print it as JSON");
  verb->callback([&session, arguments] {
    session.run = [&session, arguments] { return run_bench_vectors(session, *arguments); };
  });
}

}  // namespace riverbank::cli
