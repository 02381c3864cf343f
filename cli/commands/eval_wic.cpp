#include <fmt/format.h>

#include <memory>

#include "cli/arguments.h"
#include "cli/collections.h"
#include "cli/commands/commands.h"
#include "cli/output/json.h"
#include "cli/output/numbers.h"
#include "cli/output/progress.h"
#include "lib/base/printable.h"
#include "lib/insight/wic.h"
#include "lib/insight/words.h"
#include "riverbank/model.h"

namespace riverbank::cli {
namespace {

struct WicArguments {
  std::string folder, model = kDefaultModel;
  int threads = 0;
  bool json = false;
};

nlohmann::ordered_json layer_as_json(int layer) {
  return layer == kWordTable ? nlohmann::ordered_json("word") : nlohmann::ordered_json(layer);
}

nlohmann::ordered_json as_json(const WicRow& row) {
  return {{"layer", layer_as_json(row.layer)}, {"reading", name_of(row.reading)},
          {"threshold", row.threshold},        {"train_accuracy", row.train.value()},
          {"accuracy", row.dev.value()},       {"interval", {row.dev.low(), row.dev.high()}}};
}

nlohmann::ordered_json as_json(const WicArguments& arguments, const WicReport& report) {
  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  nlohmann::ordered_json readings = nlohmann::ordered_json::array();
  for (const WicRow& row : report.rows) {
    if (row.reading == WicReading::kPlain) layers.push_back(as_json(row));
    readings.push_back(as_json(row));
  }
  return {{"model", arguments.model},
          {"set", arguments.folder},
          {"train_pairs", report.train_pairs},
          {"dev_pairs", report.dev_pairs},
          {"layers", layers},
          {"readings", readings},
          {"chosen", as_json(report.rows[report.chosen])}};
}

void print_table(Terminal& terminal, const WicArguments& arguments, const WicReport& report) {
  terminal.print(fmt::format("{}  {}: {} to choose thresholds on, {} to measure\n", shown(arguments.folder),
                             printable(arguments.model), counted(report.train_pairs, "pair", "pairs"),
                             counted(report.dev_pairs, "pair", "pairs")));
  terminal.print("Same sense or not, % right on dev (on train):\n\n");
  const std::size_t layers = report.rows.size() / kWicReadings;
  std::string header = "  layer";
  for (std::size_t reading = 0; reading < kWicReadings; ++reading) {
    header += fmt::format("{:>18}", name_of(report.rows[reading * layers].reading));
  }
  terminal.print(header + "\n");
  for (std::size_t layer = 0; layer < layers; ++layer) {
    std::string line = fmt::format("  {:>5}", layer_name(report.rows[layer].layer));
    for (std::size_t reading = 0; reading < kWicReadings; ++reading) {
      const std::size_t place = reading * layers + layer;
      const WicRow& row = report.rows[place];
      const std::string cell = fmt::format("{:.1f} ({:.1f})", 100 * row.dev.value(), 100 * row.train.value());
      line +=
          std::string(18 - cell.size(), ' ') + (place == report.chosen ? terminal.styled(cell, Style::kMark) : cell);
    }
    terminal.print(line + "\n");
  }
  const WicRow& chosen = report.rows[report.chosen];
  terminal.print(fmt::format("\n  chosen on train: layer {}, {}: {:.1f} % on dev (95 % interval {:.1f}–{:.1f})\n",
                             layer_name(chosen.layer), name_of(chosen.reading), 100 * chosen.dev.value(),
                             100 * chosen.dev.low(), 100 * chosen.dev.high()));
  terminal.note("  " + std::string(kHowLayersCount));
}

int run_eval_wic(Session& session, const WicArguments& arguments) {
  ProgressLine line(session.terminal);
  WicOptions options;
  options.folder = arguments.folder;
  options.model = arguments.model;
  options.threads = arguments.threads;
  options.stop = session.interrupts.token();
  options.progress = [&](const char* what, std::size_t done, std::size_t total) {
    line.show(static_cast<double>(done) / static_cast<double>(total),
              fmt::format("{}: {}/{} sentences", what, with_thousands(done), with_thousands(total)));
  };
  const WicReport report = measure_wic(options);
  line.clear();
  if (arguments.json) {
    session.terminal.print(dump(as_json(arguments, report)) + "\n");
  } else {
    print_table(session.terminal, arguments, report);
  }
  return kDone;
}

}  // namespace

void add_eval_wic_command(CLI::App& eval, Session& session) {
  auto arguments = std::make_shared<WicArguments>();
  CLI::App* verb = add_verb(eval, "wic", "Same sense of a word in two sentences or not (WiC), at every layer.",
                            "  riverbank eval wic ~/wic\n"
                            "  riverbank eval wic ~/wic --model all-MiniLM-L6-v2 --json\n");
  verb->add_option("dir", arguments->folder, "Folder with train.tsv and dev.tsv")->required()->type_name("DIR");
  verb->add_option("--model", arguments->model, "Encoder, by name or folder")->capture_default_str()->type_name("NAME");
  verb->add_option("--threads", arguments->threads, "Threads; 0: one for each core")->type_name("N");
  verb->add_flag("--json", arguments->json, "Print every layer and reading as JSON");
  verb->callback(
      [&session, arguments] { session.run = [&session, arguments] { return run_eval_wic(session, *arguments); }; });
}

}  // namespace riverbank::cli
