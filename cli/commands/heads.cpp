#include "lib/insight/heads.h"

#include <fmt/format.h>

#include <memory>

#include "cli/arguments.h"
#include "cli/collections.h"
#include "cli/commands/commands.h"
#include "cli/output/json.h"
#include "cli/output/numbers.h"
#include "cli/output/progress.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"
#include "riverbank/model.h"

namespace riverbank::cli {
namespace {

struct HeadsArguments {
  std::string file, test, model = kDefaultModel;
  int threads = 0;
  bool combine = false, json = false;
};

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

std::string described(const Share& share) {
  return fmt::format("{} ({} of {}, 95 % interval {:.1f}–{:.1f})", percent(share.value()), with_thousands(share.right),
                     with_thousands(share.of), 100 * share.low(), 100 * share.high());
}

nlohmann::ordered_json as_json(const Share& share) {
  return {{"accuracy", share.value()},
          {"right", share.right},
          {"of", share.of},
          {"interval", {share.low(), share.high()}},
          {"interval_method", "Wilson, 95 %"}};
}

nlohmann::ordered_json as_json(HeadName name, const Share& share) {
  nlohmann::ordered_json json{{"layer", name.layer}, {"head", name.head}};
  json.update(as_json(share));
  return json;
}

/// Layers down, heads across, the best one marked.
std::string table_of(const HeadTable& table, const Terminal& terminal) {
  const HeadName best = table.best();
  std::string text = "  layer";
  for (std::size_t head = 0; head < table.heads; ++head) text += fmt::format("{:>6}", head);
  text += "\n";
  for (std::size_t layer = 0; layer < table.layers; ++layer) {
    text += fmt::format("  {:>5}", layer);
    for (std::size_t head = 0; head < table.heads; ++head) {
      const std::string cell = fmt::format("{:>6.1f}", 100 * table.at({layer, head}).value());
      const bool is_best = layer == best.layer && head == best.head;
      text += is_best ? terminal.styled(cell, Style::kMark) : cell;
    }
    text += "\n";
  }
  return text;
}

nlohmann::ordered_json as_json(const HeadsArguments& arguments, const HeadsReport& report) {
  const HeadTable& table = report.chosen_on.table;
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (std::size_t layer = 0; layer < table.layers; ++layer) {
    nlohmann::ordered_json row = nlohmann::ordered_json::array();
    for (std::size_t head = 0; head < table.heads; ++head) row.push_back(table.at({layer, head}).value());
    rows.push_back(row);
  }
  nlohmann::ordered_json json{{"model", arguments.model}};
  set_path(json, "file", arguments.file);
  json["heads"] = rows;
  json["best"] = as_json(report.best, table.at(report.best));
  json["first_name"] = as_json(report.chosen_on.first_name);
  if (report.test) {
    json["test"] = as_json(report.test->table.at(report.best));
    set_path(json["test"], "file", arguments.test);
    json["test"]["first_name"] = as_json(report.test->first_name);
  }
  if (report.combined) {
    const CombinedHeads& combined = *report.combined;
    json["combined"] = {{"method", "ridge logistic regression of the heads' log-ratios"},
                        {"penalty", combined.penalty},
                        {"both_directions", combined.both_directions},
                        {"cross_validated", as_json(combined.cross_validated)},
                        {"weights", combined.weights}};
    if (combined.test) json["combined"]["test"] = as_json(*combined.test);
  }
  return json;
}

void print_for_reading(Terminal& terminal, const HeadsArguments& arguments, const HeadsReport& report) {
  const HeadsOfFile& chosen_on = report.chosen_on;
  terminal.print(fmt::format("{}  {}: {} with exactly one true name\n", shown(arguments.file),
                             printable(arguments.model), counted(chosen_on.rows, "row", "rows")));
  terminal.print("How often (%) the pronoun attends more to the right name; layers down, heads across, from 0:\n\n");
  terminal.print(table_of(chosen_on.table, terminal) + "\n");
  const std::string name = fmt::format("layer {}, head {}", report.best.layer, report.best.head);
  terminal.print(fmt::format("  best: {}: {}\n", name, described(chosen_on.table.at(report.best))));
  terminal.print(fmt::format("  always the first name: {}\n", percent(chosen_on.first_name.value())));
  if (report.combined) {
    terminal.print(
        fmt::format("  all heads together ({}; ridge logistic regression, penalty {:g}): {} cross-validated\n",
                    report.combined->both_directions ? "pronoun to names and names to pronoun" : "pronoun to names",
                    report.combined->penalty, described(report.combined->cross_validated)));
  }
  if (!report.test) return;
  terminal.print(fmt::format("\n{}: the same head on {} that had no part in the choice\n", shown(arguments.test),
                             counted(report.test->rows, "row", "rows")));
  terminal.print(fmt::format("  {}: {}\n", name, described(report.test->table.at(report.best))));
  if (report.combined) {
    terminal.print(fmt::format("  all heads together: {}\n", described(*report.combined->test)));
  }
  terminal.print(fmt::format("  always the first name: {}\n", percent(report.test->first_name.value())));
}

int run_heads(Session& session, const HeadsArguments& arguments) {
  ProgressLine line(session.terminal);
  HeadsOptions options;
  options.file = arguments.file;
  if (!arguments.test.empty()) options.test = arguments.test;
  options.model = arguments.model;
  options.threads = arguments.threads;
  options.combine = arguments.combine;
  options.stop = session.interrupts.token();
  options.progress = [&](const std::filesystem::path& file, std::size_t done, std::size_t total) {
    line.show(static_cast<double>(done) / static_cast<double>(total),
              fmt::format("{}: {}/{} texts", shown(file), with_thousands(done), with_thousands(total)));
  };
  const HeadsReport report = measure_heads(options);
  line.clear();
  if (arguments.json) {
    session.terminal.print(dump(as_json(arguments, report)) + "\n");
  } else {
    print_for_reading(session.terminal, arguments, report);
  }
  return kDone;
}

}  // namespace

void add_heads_command(CLI::App& app, Session& session) {
  auto arguments = std::make_shared<HeadsArguments>();
  CLI::App* verb =
      add_verb(app, "heads", "Find the attention head that knows which name a pronoun stands for.",
               "  riverbank heads gap-development.tsv --test gap-test.tsv\n"
               "  riverbank heads gap-development.tsv --test gap-test.tsv --combine --model all-MiniLM-L6-v2\n"
               "  riverbank heads gap-development.tsv --json\n");
  verb->add_option("file", arguments->file, "Cases in GAP's layout; the best head is chosen on them")
      ->required()
      ->type_name("FILE.tsv");
  verb->add_option("--test", arguments->test, "Other cases, on which the chosen head is measured")
      ->type_name("OTHER.tsv");
  verb->add_flag("--combine", arguments->combine, "Also ask all heads together, with weights learned on FILE.tsv");
  verb->add_option("--model", arguments->model, "Encoder, by name or folder")->capture_default_str()->type_name("NAME");
  verb->add_option("--threads", arguments->threads, "Threads; 0: one for each core")->type_name("N");
  verb->add_flag("--json", arguments->json, "Print everything as JSON");
  verb->callback(
      [&session, arguments] { session.run = [&session, arguments] { return run_heads(session, *arguments); }; });
}

}  // namespace riverbank::cli
