#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "cli/arguments.h"
#include "cli/bench/attention_cost.h"
#include "cli/commands/bench.h"
#include "cli/output/json.h"
#include "cli/output/numbers.h"
#include "cli/output/output_file.h"
#include "cli/output/plot.h"
#include "cli/output/progress.h"
#include "lib/base/file.h"
#include "lib/base/printable.h"

namespace riverbank::cli {
namespace {

struct BenchAttentionArguments {
  std::int64_t max_length = 16384;
  std::string svg;
  bool json = false;
};

double seconds_of(const AttentionCost& cost) { return cost.seconds; }
double bytes_of(const AttentionCost& cost) { return static_cast<double>(cost.bytes); }

/// "850 µs", "12.3 ms", "2.10 s".
std::string short_time(double seconds) {
  if (seconds < 1e-3) return fmt::format("{:.3g} µs", seconds * 1e6);
  if (seconds < 1) return fmt::format("{:.3g} ms", seconds * 1e3);
  return fmt::format("{:.3g} s", seconds);
}

std::string short_bytes(double bytes) { return in_bytes(static_cast<std::uint64_t>(bytes)); }
std::string round_bytes(double bytes) {  // a tick: 64 KiB, not 64.0 KiB
  std::string text = short_bytes(bytes);
  if (const auto at = text.find(".0 "); at != std::string::npos) text.erase(at, 2);
  return text;
}

std::string growth(const AttentionCurve& curve, double (*value)(const AttentionCost&)) {
  const auto exponent = fitted_exponent(curve.costs, value);
  return exponent ? fmt::format("N^{:.2f}", *exponent) : "–";
}

/// One row a length, one column a form, and under them how each grows.
std::string table(const std::vector<AttentionCurve>& curves, const Terminal& terminal, const std::string& title,
                  double (*value)(const AttentionCost&), std::string (*write)(double)) {
  std::size_t lengths = 0;
  for (const AttentionCurve& curve : curves) lengths = std::max(lengths, curve.costs.size());
  const auto row = [&](const std::string& first, const auto& cell) {
    std::string line = fmt::format("{:>8}", first);
    for (const AttentionCurve& curve : curves) line += fmt::format("{:>12}", cell(curve));
    return line + "\n";
  };
  std::string text = "\n" + terminal.styled(title, Style::kBold) + "\n";
  text += row("tokens", [](const AttentionCurve& curve) { return curve.name; });
  for (std::size_t i = 0; i < lengths; ++i) {
    const std::uint64_t tokens = std::uint64_t{64} << i;
    text += row(with_thousands(tokens), [&](const AttentionCurve& curve) {
      return i < curve.costs.size() ? write(value(curve.costs[i])) : std::string("–");
    });
  }
  return text + terminal.styled(row("grows as", [&](const AttentionCurve& curve) { return growth(curve, value); }),
                                Style::kBold);
}

std::string described() {
  return fmt::format(
      "One head of d_k {}, float32, one thread. Time is the processor's, the fastest of several runs; memory is what "
      "the\n"
      "matrices that stand at once hold at most, the result included. Growth is fitted to the upper half of the "
      "lengths.\n",
      kBenchHeadWidth);
}

nlohmann::ordered_json as_json(const std::vector<AttentionCurve>& curves) {
  nlohmann::ordered_json forms = nlohmann::ordered_json::array();
  for (const AttentionCurve& curve : curves) {
    nlohmann::ordered_json costs = nlohmann::ordered_json::array();
    for (const AttentionCost& cost : curve.costs) {
      costs.push_back({{"tokens", cost.tokens}, {"seconds", cost.seconds}, {"bytes", cost.bytes}});
    }
    const auto exponent = [&](double (*value)(const AttentionCost&)) {
      const auto fitted = fitted_exponent(curve.costs, value);
      return fitted ? nlohmann::ordered_json(*fitted) : nlohmann::ordered_json(nullptr);
    };
    forms.push_back({{"name", curve.name},
                     {"function", curve.function},
                     {"costs", costs},
                     {"time_exponent", exponent(seconds_of)},
                     {"memory_exponent", exponent(bytes_of)}});
  }
  return {{"d_k", kBenchHeadWidth}, {"precision", "float32"}, {"threads", 1}, {"forms", forms}};
}

LogLogPlot plot_of(const std::vector<AttentionCurve>& curves, const std::string& title,
                   double (*value)(const AttentionCost&), std::string (*format)(double), double step) {
  LogLogPlot plot{title, "tokens in the text", {}, nullptr, format, step};
  plot.format_x = [](double tokens) { return with_thousands(static_cast<std::uint64_t>(tokens)); };
  for (const AttentionCurve& curve : curves) {
    PlotSeries series{curve.name + "  " + growth(curve, value), {}};
    for (const AttentionCost& cost : curve.costs) {
      if (value(cost) > 0) series.points.emplace_back(static_cast<double>(cost.tokens), value(cost));
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

void say_what_is_missing(Terminal& terminal, const std::vector<AttentionCurve>& curves, std::uint64_t available) {
  for (const AttentionCurve& curve : curves) {
    if (curve.bytes_missing == 0) continue;
    const std::int64_t tokens = curve.costs.empty() ? 64 : curve.costs.back().tokens * 2;
    terminal.note(fmt::format("{} attention was left out from {} tokens on: it needs {}, and {} are free", curve.name,
                              with_thousands(static_cast<std::uint64_t>(tokens)), in_bytes(curve.bytes_missing),
                              in_bytes(available)));
  }
}

int run_bench_attention(Session& session, const BenchAttentionArguments& arguments) {
  require_writable(arguments.svg);
  // A process that takes the last of the memory is killed; a tenth stays free.
  const std::uint64_t available = available_memory().value_or(std::numeric_limits<std::uint64_t>::max());
  ProgressLine line(session.terminal);
  const auto progress = [&](const std::string& form, std::int64_t tokens, double fraction) {
    line.show(fraction, fmt::format("{}, {} tokens", form, with_thousands(static_cast<std::uint64_t>(tokens))));
  };
  const std::vector<AttentionCurve> curves =
      measure_attention(arguments.max_length, available / 10 * 9, progress, session.interrupts.token());
  line.clear();

  if (arguments.json) {
    session.terminal.print(dump(as_json(curves)) + "\n");
  } else {
    session.terminal.print(described() + table(curves, session.terminal, "Time", seconds_of, short_time) +
                           table(curves, session.terminal, "Memory", bytes_of, short_bytes));
  }
  if (!arguments.svg.empty()) {
    const std::string svg = as_svg("What attention costs",
                                   "One head of d_k 32, float32, one thread. Both axes are logarithmic: the slope is "
                                   "the power of N",
                                   {plot_of(curves, "Time", seconds_of, short_time, 10),
                                    plot_of(curves, "Memory at its peak", bytes_of, round_bytes, 16)});
    write_file_atomically(arguments.svg, svg, 0644);
    session.terminal.note("  the plot is in " + printable(arguments.svg));
  }
  say_what_is_missing(session.terminal, curves, available);
  return kDone;
}

}  // namespace

void add_bench_attention(CLI::App& bench, Session& session) {
  auto arguments = std::make_shared<BenchAttentionArguments>();
  CLI::App* verb = add_verb(bench, "attention",
                            "Measure what each form of attention in lib/transformer costs, by the length of the text.",
                            "  riverbank bench attention --max-length 1024\n"
                            "  riverbank bench attention --svg cost.svg --max-length 512\n"
                            "  riverbank bench attention --json --max-length 512\n");
  verb->add_option("--max-length", arguments->max_length,
                   "Measure texts of 64, 128, ... tokens up to this; 16,384 takes 2 GiB and half a minute")
      ->capture_default_str()
      ->type_name("TOKENS");
  verb->add_option("--svg", arguments->svg, "Draw time and memory against length into this file")->type_name("FILE");
  verb->add_flag("--json", arguments->json, "Print all measurements as JSON");
  verb->callback([&session, arguments] {
    session.run = [&session, arguments] { return run_bench_attention(session, *arguments); };
  });
}

}  // namespace riverbank::cli
