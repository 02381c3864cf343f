#include <fmt/format.h>

#include <memory>

#include "cli/arguments.h"
#include "cli/collections.h"
#include "cli/commands/commands.h"
#include "cli/output/json.h"
#include "cli/output/numbers.h"
#include "cli/output/progress.h"
#include "lib/base/printable.h"
#include "lib/insight/sense_eval.h"
#include "lib/insight/words.h"
#include "riverbank/model.h"

namespace riverbank::cli {
namespace {

struct SensesEvalArguments {
  std::string folder, model = kDefaultModel;
  int threads = 0;
  bool json = false;
};

nlohmann::ordered_json as_json(const SensesEvalArguments& arguments, const SenseEvalReport& report) {
  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  for (const SenseEvalRow& row : report.rows) {
    nlohmann::ordered_json words = nlohmann::ordered_json::object();
    for (const auto& [word, share] : row.words) words[word] = share.value();
    nlohmann::ordered_json layer;
    layer["layer"] = row.layer == kWordTable ? nlohmann::ordered_json("word") : nlohmann::ordered_json(row.layer);
    layer["micro"] = row.micro.value();
    layer["words"] = words;
    layers.push_back(layer);
  }
  nlohmann::ordered_json words = nlohmann::ordered_json::object();
  for (const auto& [word, counts] : report.words) {
    words[word] = {{"training", counts.training}, {"test", counts.test}, {"senses", counts.senses}};
  }
  return {{"model", arguments.model}, {"set", arguments.folder}, {"words", words}, {"layers", layers}};
}

void print_table(Terminal& terminal, const SensesEvalArguments& arguments, const SenseEvalReport& report) {
  constexpr std::size_t kAcross = 8;  // layers that fit beside a word: the word table, 0, and the last ones
  const std::size_t layers = report.rows.size();
  std::vector<std::size_t> shown_layers;
  for (std::size_t i = 0; i < layers; ++i) {
    if (layers <= kAcross || i < 2 || i + kAcross - 2 >= layers) shown_layers.push_back(i);
  }
  terminal.print(fmt::format("{}  {}: {}, {} to tell apart\n", shown(arguments.folder), printable(arguments.model),
                             counted(report.words.size(), "word", "words"),
                             counted(report.rows.front().micro.of, "sentence", "sentences")));
  terminal.print("Nearest sense centroid, % right after each layer:\n\n");
  std::string header = fmt::format("  {:<16}{:>7}", "", "senses");
  for (const std::size_t i : shown_layers) header += fmt::format("{:>7}", layer_name(report.rows[i].layer));
  terminal.print(header + "\n");
  for (const auto& [word, counts] : report.words) {
    std::string line = fmt::format("  {:<16}{:>7}", printable(word), counts.senses);
    for (const std::size_t i : shown_layers) {
      line += fmt::format("{:>7.1f}", 100 * report.rows[i].words.at(word).value());
    }
    terminal.print(line + "\n");
  }
  std::string line = fmt::format("  {:<23}", "micro average");
  for (const std::size_t i : shown_layers) line += fmt::format("{:>7.1f}", 100 * report.rows[i].micro.value());
  terminal.print(line + "\n");
  const Share& last = report.rows.back().micro;
  terminal.print(fmt::format("\n  at the last layer {:.1f} % (95 % interval {:.1f}–{:.1f}); all layers: --json\n",
                             100 * last.value(), 100 * last.low(), 100 * last.high()));
  terminal.note("  " + std::string(kHowLayersCount));
}

int run_eval_senses(Session& session, const SensesEvalArguments& arguments) {
  ProgressLine line(session.terminal);
  SenseEvalOptions options;
  options.folder = arguments.folder;
  options.model = arguments.model;
  options.threads = arguments.threads;
  options.stop = session.interrupts.token();
  options.progress = [&](const std::string& word, std::size_t done, std::size_t total) {
    line.show(static_cast<double>(done) / static_cast<double>(total),
              fmt::format("{}: {}/{} sentences", printable(word), with_thousands(done), with_thousands(total)));
  };
  const SenseEvalReport report = measure_senses(options);
  line.clear();
  if (arguments.json) {
    session.terminal.print(dump(as_json(arguments, report)) + "\n");
  } else {
    print_table(session.terminal, arguments, report);
  }
  return kDone;
}

}  // namespace

void add_eval_senses_command(CLI::App& eval, Session& session) {
  auto arguments = std::make_shared<SensesEvalArguments>();
  CLI::App* verb =
      add_verb(eval, "senses", "Which sense a word has, by the nearest sense centroid (CoarseWSD-20), at every layer.",
               "  riverbank eval senses ~/CoarseWSD-20\n"
               "  riverbank eval senses ~/CoarseWSD-20 --model all-MiniLM-L6-v2 --json\n");
  verb->add_option("dir", arguments->folder, "Folder with WORD/{train,test}.{data,gold}.txt")
      ->required()
      ->type_name("DIR");
  verb->add_option("--model", arguments->model, "Encoder, by name or folder")->capture_default_str()->type_name("NAME");
  verb->add_option("--threads", arguments->threads, "Threads; 0: one for each core")->type_name("N");
  verb->add_flag("--json", arguments->json, "Print every layer and word as JSON");
  verb->callback(
      [&session, arguments] { session.run = [&session, arguments] { return run_eval_senses(session, *arguments); }; });
}

}  // namespace riverbank::cli
