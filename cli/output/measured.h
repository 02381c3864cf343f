#pragma once

#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/output/terminal.h"
#include "riverbank/metrics.h"

namespace riverbank::cli {

/// One ranking of one set's questions, with what every metric says of it.
// clang-tidy fears for nlohmann's noexcept move, which throws nothing.
struct Measured {        // NOLINT(bugprone-exception-escape)
  std::string set;       ///< "scifact"
  std::string settings;  ///< what tells it from the others: "--mode vector", or a run file's name
  std::string model;     ///< empty for a run file
  std::string title;     ///< one line on what was measured
  nlohmann::ordered_json json_settings;
  std::size_t questions = 0;
  double seconds = 0;  ///< for all questions; 0 for a run file
  std::vector<Metric> metrics;
  std::vector<std::vector<double>> values;  ///< (metrics, questions)
  /// With --by: value of the column -> places of its questions in `values`.
  std::map<std::string, std::vector<std::size_t>> groups;
};

/// Title, metrics with their intervals, groups.
void print_measured(Terminal& terminal, const Measured& measured);
/// Both, their difference B - A, its interval and the p of the randomisation test.
void print_comparison(Terminal& terminal, const Measured& a, const Measured& b);
/// A Markdown table: a row for each settings and model, a column for each set and metric, the best of a column bold.
void print_table(Terminal& terminal, const std::vector<Measured>& measured);

nlohmann::ordered_json to_json(const Measured& measured);
nlohmann::ordered_json comparison_as_json(const Measured& a, const Measured& b);

}  // namespace riverbank::cli
