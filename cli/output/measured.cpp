#include "cli/output/measured.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/output/numbers.h"
#include "cli/output/wrap.h"
#include "lib/base/printable.h"

namespace riverbank::cli {

using nlohmann::ordered_json;

namespace {

/// As papers write it: "nDCG@10", "MAP".
std::string title_of(const Metric& metric) {
  std::string name = metric.name();
  if (metric.kind == Metric::Kind::kNdcg) return "nDCG" + name.substr(4);
  if (metric.kind == Metric::Kind::kMap || metric.kind == Metric::Kind::kMrr) {
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
  }
  return name;
}

std::vector<double> at_places(const std::vector<double>& values, const std::vector<std::size_t>& places) {
  std::vector<double> chosen;
  chosen.reserve(places.size());
  for (const std::size_t place : places) chosen.push_back(values[place]);
  return chosen;
}

std::string with_interval(const std::vector<double>& values) {
  const Interval interval = bootstrap_interval(values);
  return fmt::format("{:.4f}  [{:.4f}, {:.4f}]", mean(values), interval.low, interval.high);
}

/// B - A, question by question.
std::vector<double> differences(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> result(a.size());
  std::transform(a.begin(), a.end(), b.begin(), result.begin(), [](double x, double y) { return y - x; });
  return result;
}

ordered_json as_json(const Interval& interval) { return {interval.low, interval.high}; }

/// {"metrics": {…}, "intervals": {…}} of some of the questions.
template <typename Choose>
void add_metrics(ordered_json& json, const Measured& measured, const Choose& choose) {
  json["metrics"] = ordered_json::object();
  json["intervals"] = ordered_json::object();
  for (std::size_t i = 0; i < measured.metrics.size(); ++i) {
    const std::vector<double> values = choose(measured.values[i]);
    json["metrics"][measured.metrics[i].name()] = mean(values);
    json["intervals"][measured.metrics[i].name()] = as_json(bootstrap_interval(values));
  }
}

/// A text as one cell of a Markdown table.
std::string cell(const std::string& text) {
  std::string escaped;
  for (const char c : printable(text)) escaped += c == '|' ? "\\|" : std::string(1, c);
  return escaped;
}

template <typename Of>
std::vector<std::string> in_order(const std::vector<Measured>& measured, const Of& of) {
  std::vector<std::string> names;
  for (const Measured& one : measured) {
    if (std::find(names.begin(), names.end(), of(one)) == names.end()) names.push_back(of(one));
  }
  return names;
}

}  // namespace

void print_measured(Terminal& terminal, const Measured& measured) {
  constexpr std::size_t kNameWidth = 12;
  terminal.print(measured.title + "\n");
  for (std::size_t i = 0; i < measured.metrics.size(); ++i) {
    terminal.print(
        fmt::format("  {:<{}}{}\n", title_of(measured.metrics[i]), kNameWidth, with_interval(measured.values[i])));
  }
  for (const auto& [group, places] : measured.groups) {
    const std::string name = printable(group.empty() ? "(none)" : group);
    terminal.print(fmt::format("  {}, {}\n", name, counted(places.size(), "question", "questions")));
    for (std::size_t i = 0; i < measured.metrics.size(); ++i) {
      terminal.print(fmt::format("    {:<{}}{}\n", title_of(measured.metrics[i]), kNameWidth - 2,
                                 with_interval(at_places(measured.values[i], places))));
    }
  }
  const std::string time =
      measured.seconds > 0 ? in_seconds(measured.seconds / static_cast<double>(measured.questions)) + " a question; "
                           : "";
  terminal.print("  " + time + "in brackets the 95 % bootstrap interval\n");
}

void print_comparison(Terminal& terminal, const Measured& a, const Measured& b) {
  const auto name_of = [](const Measured& measured) {
    return measured.settings.empty() ? std::string("(as they are)") : printable(measured.settings);
  };
  terminal.print(fmt::format("{}\n  A  {}\n  B  {}\n", a.title, name_of(a), name_of(b)));
  terminal.print(fmt::format("  {:<12}{:>8}{:>9}{:>10}  {:<20}{}\n", "", "A", "B", "B - A", "95 % interval", "p"));
  for (std::size_t i = 0; i < a.metrics.size(); ++i) {
    const std::vector<double> difference = differences(a.values[i], b.values[i]);
    const Interval interval = bootstrap_interval(difference);
    terminal.print(fmt::format("  {:<12}{:>8.4f}{:>9.4f}{:>+10.4f}  {:<20}{:.4f}\n", title_of(a.metrics[i]),
                               mean(a.values[i]), mean(b.values[i]), mean(difference),
                               fmt::format("[{:+.4f}, {:+.4f}]", interval.low, interval.high),
                               randomisation_test(a.values[i], b.values[i])));
  }
  if (a.seconds > 0 && b.seconds > 0) {
    terminal.print(fmt::format("  {:<12}{:>8}{:>9}\n", "a question",
                               in_seconds(a.seconds / static_cast<double>(a.questions)),
                               in_seconds(b.seconds / static_cast<double>(b.questions))));
  }
}

void print_table(Terminal& terminal, const std::vector<Measured>& measured) {
  const auto row_of = [](const Measured& one) { return "| " + cell(one.settings) + " | " + cell(one.model) + " |"; };
  const auto rows = in_order(measured, row_of);
  const auto sets = in_order(measured, [](const Measured& one) { return one.set; });
  const auto find = [&](const std::string& row, const std::string& set) -> const Measured& {
    return *std::find_if(measured.begin(), measured.end(),
                         [&](const Measured& one) { return row_of(one) == row && one.set == set; });
  };
  const std::vector<Metric>& metrics = measured.front().metrics;

  std::string head = "| settings | model |";
  std::string rule = "|---|---|";
  for (const std::string& set : sets) {
    for (const Metric& metric : metrics) {
      head += " " + cell(set) + " " + title_of(metric) + " |";
      rule += "--:|";
    }
  }
  terminal.print(head + " a question |\n" + rule + "--:|\n");
  for (const std::string& row : rows) {
    std::string line = row;
    double seconds = 0;
    std::size_t questions = 0;
    for (const std::string& set : sets) {
      const Measured& here = find(row, set);
      for (std::size_t i = 0; i < metrics.size(); ++i) {
        const auto shown = [&](const std::string& other) {
          return fmt::format("{:.4f}", mean(find(other, set).values[i]));
        };
        const bool best = rows.size() > 1 && std::all_of(rows.begin(), rows.end(), [&](const std::string& other) {
                            return shown(row) >= shown(other);
                          });
        line += best ? " **" + shown(row) + "** |" : " " + shown(row) + " |";
      }
      seconds += here.seconds;
      questions += here.questions;
    }
    terminal.print(line + " " + in_seconds(seconds / static_cast<double>(std::max<std::size_t>(1, questions))) +
                   " |\n");
  }
}

ordered_json to_json(const Measured& measured) {
  ordered_json json{{"settings", measured.json_settings}};
  add_metrics(json, measured, [](const std::vector<double>& values) { return values; });
  for (const auto& group : measured.groups) {
    const std::vector<std::size_t>& places = group.second;  // a lambda cannot take hold of a structured binding
    ordered_json& here = json["groups"][group.first];
    here["questions"] = places.size();
    add_metrics(here, measured, [&](const std::vector<double>& values) { return at_places(values, places); });
  }
  if (measured.seconds > 0) json["seconds"] = measured.seconds;
  return json;
}

ordered_json comparison_as_json(const Measured& a, const Measured& b) {
  ordered_json json{{"a", to_json(a)}, {"b", to_json(b)}, {"differences", ordered_json::object()}};
  for (std::size_t i = 0; i < a.metrics.size(); ++i) {
    const std::vector<double> difference = differences(a.values[i], b.values[i]);
    json["differences"][a.metrics[i].name()] = {{"difference", mean(difference)},
                                                {"interval", as_json(bootstrap_interval(difference))},
                                                {"p", randomisation_test(a.values[i], b.values[i])}};
  }
  return json;
}

}  // namespace riverbank::cli
