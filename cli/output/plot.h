#pragma once

#include <string>
#include <utility>
#include <vector>

namespace riverbank::cli {

/// One line of a plot.
struct PlotSeries {
  std::string name;                               ///< stands at the line's end
  std::vector<std::pair<double, double>> points;  ///< x ascending, both above 0
};

/// Axes of which both are logarithmic, so that a power law is a straight line and its exponent the slope.
struct LogLogPlot {
  std::string title, x_title;
  std::vector<PlotSeries> series;             ///< at most 6, the same names in the same order in every panel
  std::string (*format_x)(double) = nullptr;  ///< writes the number beside a tick
  std::string (*format_y)(double) = nullptr;
  double y_step = 10;  ///< a tick at each power of it
};

/// The plots side by side as one SVG file: no script, no network, colours for light and dark. `title` and `subtitle`
/// stand above them; every text is escaped. A plot without points keeps its frame.
std::string as_svg(const std::string& title, const std::string& subtitle, const std::vector<LogLogPlot>& plots);

}  // namespace riverbank::cli
