#include "cli/output/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "lib/insight/html.h"

namespace riverbank::cli {

namespace {

constexpr double kPanelWidth = 645;
constexpr double kHeight = 500;
constexpr double kLeft = 76;  // what stands around the frame of one panel
constexpr double kRight = 168;
constexpr double kAbove = 104;
constexpr double kBottom = 58;
constexpr double kLabelHeight = 17;

constexpr const char* kStyle =
    "text{font:13px system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;fill:#1c2430}"
    ".title{font-size:20px;font-weight:650}.soft{fill:#5a6675}.panel{font-size:15px;font-weight:650}"
    ".paper{fill:#fbfaf7}.grid{stroke:#d9dde2;stroke-width:1}.line{fill:none;stroke-width:2.5;stroke-linejoin:round}"
    ".s0{stroke:#b3261e;fill:#b3261e}.s1{stroke:#0b5c8a;fill:#0b5c8a}.s2{stroke:#157a52;fill:#157a52}"
    ".s3{stroke:#a64d08;fill:#a64d08}.s4{stroke:#7a3fa0;fill:#7a3fa0}.s5{stroke:#4a5563;fill:#4a5563}"
    "text.label{stroke:none;font-weight:600}"
    "@media (prefers-color-scheme:dark){text{fill:#e8edf2}.soft{fill:#9aa7b5}.paper{fill:#12161c}.grid{stroke:#333d49}"
    ".s0{stroke:#ff8f80;fill:#ff8f80}.s1{stroke:#6fc3ee;fill:#6fc3ee}.s2{stroke:#5fd3a5;fill:#5fd3a5}"
    ".s3{stroke:#f0a35e;fill:#f0a35e}.s4{stroke:#cba6f2;fill:#cba6f2}.s5{stroke:#aab4c0;fill:#aab4c0}}"
    ".line{fill:none!important}";

/// A logarithmic axis from low to high, drawn from `begin` to `end`.
struct Axis {
  double low = 0, high = 0, begin = 0, end = 0;

  double at(double value) const {
    return begin + (end - begin) * (std::log(value) - std::log(low)) / (std::log(high) - std::log(low));
  }
};

/// The powers of `step` from the one at or below `low` to the one at or above `high`, at least two.
std::vector<double> powers(double step, double low, double high) {
  constexpr double kRounding = 1e-9;
  const double first = std::floor(std::log(low) / std::log(step) + kRounding);
  const double last = std::max(first + 1, std::ceil(std::log(high) / std::log(step) - kRounding));
  std::vector<double> ticks;
  for (double exponent = first; exponent <= last; ++exponent) ticks.push_back(std::pow(step, exponent));
  return ticks;
}

std::pair<double, double> range_of(const LogLogPlot& plot, double (*coordinate)(const std::pair<double, double>&)) {
  double low = std::numeric_limits<double>::infinity();
  double high = 0;
  for (const PlotSeries& series : plot.series) {
    for (const auto& point : series.points) {
      low = std::min(low, coordinate(point));
      high = std::max(high, coordinate(point));
    }
  }
  return high > 0 ? std::pair(low, high) : std::pair(1.0, 10.0);
}

std::string grid(const LogLogPlot& plot, const Axis& x, const Axis& y, const std::vector<double>& x_ticks,
                 const std::vector<double>& y_ticks) {
  std::string svg;
  for (const double tick : y_ticks) {
    svg += fmt::format("<path class=\"grid\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>", x.begin, y.at(tick), x.end);
    svg += fmt::format("<text class=\"soft\" text-anchor=\"end\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", x.begin - 8,
                       y.at(tick) + 4.5, escape_html(plot.format_y(tick)));
  }
  constexpr std::size_t kMostLabels = 6;
  const std::size_t every = (x_ticks.size() + kMostLabels - 1) / kMostLabels;
  for (std::size_t i = 0; i < x_ticks.size(); ++i) {
    const double at = x.at(x_ticks[i]);
    svg += fmt::format("<path class=\"grid\" d=\"M{:.1f} {:.1f}V{:.1f}\"/>", at, y.begin, y.end);
    if (i % every != 0) continue;
    svg += fmt::format("<text class=\"soft\" text-anchor=\"middle\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", at,
                       y.begin + 20, escape_html(plot.format_x(x_ticks[i])));
  }
  svg += fmt::format("<text class=\"soft\" text-anchor=\"middle\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
                     (x.begin + x.end) / 2, y.begin + 42, escape_html(plot.x_title));
  return svg;
}

/// Where the names stand: beside their lines' ends, moved apart so that none covers another.
std::vector<double> label_places(const LogLogPlot& plot, const Axis& y) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < plot.series.size(); ++i) {
    if (!plot.series[i].points.empty()) order.push_back(i);
  }
  const auto end_of = [&](std::size_t i) { return y.at(plot.series[i].points.back().second); };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return end_of(a) < end_of(b); });
  std::vector<double> places(plot.series.size(), 0);
  double lowest = -std::numeric_limits<double>::infinity();
  for (const std::size_t i : order) lowest = places[i] = std::max(end_of(i), lowest + kLabelHeight);
  double bound = y.begin;  // and back up where the lowest fell out of the frame
  for (auto i = order.rbegin(); i != order.rend(); ++i) {
    places[*i] = std::min(places[*i], bound);
    bound = places[*i] - kLabelHeight;
  }
  return places;
}

std::string curves(const LogLogPlot& plot, const Axis& x, const Axis& y) {
  std::string svg;
  const std::vector<double> places = label_places(plot, y);
  for (std::size_t i = 0; i < plot.series.size(); ++i) {
    const PlotSeries& series = plot.series[i];
    if (series.points.empty()) continue;
    std::string path;
    std::string dots;
    for (const auto& [px, py] : series.points) {
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x.at(px), y.at(py));
      dots += fmt::format("<circle class=\"s{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"/>", i, x.at(px), y.at(py));
    }
    svg += fmt::format("<path class=\"line s{}\" d=\"{}\"/>{}\n", i, path, dots);
    svg += fmt::format("<text class=\"label s{}\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", i,
                       x.at(series.points.back().first) + 10, places[i] + 4.5, escape_html(series.name));
  }
  return svg;
}

std::string panel(const LogLogPlot& plot, double left) {
  const auto [x_low, x_high] = range_of(plot, [](const std::pair<double, double>& point) { return point.first; });
  const auto [y_low, y_high] = range_of(plot, [](const std::pair<double, double>& point) { return point.second; });
  const std::vector<double> x_ticks = powers(2, x_low, x_high);
  const std::vector<double> y_ticks = powers(plot.y_step, y_low, y_high);
  const Axis x{x_ticks.front(), x_ticks.back(), left + kLeft, left + kPanelWidth - kRight};
  const Axis y{y_ticks.front(), y_ticks.back(), kHeight - kBottom, kAbove};
  return fmt::format("<text class=\"panel\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", x.begin, kAbove - 14,
                     escape_html(plot.title)) +
         grid(plot, x, y, x_ticks, y_ticks) + curves(plot, x, y);
}

}  // namespace

std::string as_svg(const std::string& title, const std::string& subtitle, const std::vector<LogLogPlot>& plots) {
  const double width = kPanelWidth * static_cast<double>(plots.size());
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\">\n"
      "<title>{2}</title>\n<style>{3}</style>\n<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n"
      "<text class=\"title\" x=\"24\" y=\"36\">{2}</text>\n<text class=\"soft\" x=\"24\" y=\"60\">{4}</text>\n",
      width, kHeight, escape_html(title), kStyle, escape_html(subtitle));
  for (std::size_t i = 0; i < plots.size(); ++i) svg += panel(plots[i], kPanelWidth * static_cast<double>(i));
  return svg + "</svg>\n";
}

}  // namespace riverbank::cli
