#include "lib/insight/senses_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "lib/insight/html.h"

namespace riverbank {
namespace {

constexpr double kWidth = 900, kHeight = 560, kMargin = 24;
constexpr std::size_t kMostPoints = 10'000;
constexpr std::size_t kColours = 6;  // senses.css has as many; more begin again

/// Where a value of [low, high] stands on an axis of that length.
double on_axis(double value, double low, double high, double length) {
  const double share = high > low && std::isfinite(value) ? (value - low) / (high - low) : 0.5;
  return kMargin + share * (length - 2 * kMargin);
}

struct Range {
  double low = 0, high = 0;
};

template <typename Get>
Range range_of(std::span<const SensePoint> points, Get get) {
  Range range;
  for (const SensePoint& point : points) {
    range.low = std::min(range.low, get(point));
    range.high = std::max(range.high, get(point));
  }
  return range;
}

/// A sense's mark: colour alone is not enough for everybody.
std::string shape(std::size_t sense, double x, double y) {
  constexpr double r = 6;
  switch (sense % 3) {
    case 0:
      return fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="{:.1f}"/>)", x, y, r);
    case 1:
      return fmt::format(R"(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>)", x - r, y - r, 2 * r, 2 * r);
    default:
      return fmt::format(R"(<polygon points="{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}"/>)", x, y - r - 1, x - r - 1,
                         y + r, x + r + 1, y + r);
  }
}

std::string legend(std::span<const SenseGroup> senses) {
  std::string html = "<ul class=\"senses\">\n";
  for (std::size_t i = 0; i < senses.size(); ++i) {
    html += fmt::format(
        "<li><svg width=\"20\" height=\"20\" aria-hidden=\"true\" class=\"sense-{}\">{}</svg> "
        "<span class=\"text\">{}. {}</span></li>\n",
        i % kColours, shape(i, 10, 10), i + 1, escape_html(senses[i].title));
  }
  return html + "</ul>\n";
}

std::string point_html(const SensePoint& point, double x, double y) {
  const std::string passage = point.before + point.word + point.after;
  return fmt::format(
      "<g class=\"point sense-{}\" role=\"img\" tabindex=\"-1\" data-place=\"{}\" data-before=\"{}\" data-word=\"{}\" "
      "data-after=\"{}\" data-sense=\"{}\" aria-label=\"{}\">{}</g>\n",
      point.sense % kColours, escape_html(point.place), escape_html(point.before), escape_html(point.word),
      escape_html(point.after), point.sense + 1,
      escape_html(fmt::format("sense {}, {}: {}", point.sense + 1, point.place, passage)), shape(point.sense, x, y));
}

}  // namespace

std::string senses_page(std::string_view title, std::string_view lead, std::span<const SenseGroup> senses,
                        std::span<const SensePoint> points) {
  points = points.first(std::min(points.size(), kMostPoints));
  const Range x = range_of(points, [](const SensePoint& point) { return point.x; });
  const Range y = range_of(points, [](const SensePoint& point) { return point.y; });
  std::string body =
      fmt::format("<h1 class=\"text\">{}</h1>\n<p class=\"soft text\">{}</p>\n", escape_html(title), escape_html(lead));
  body += legend(senses);
  body += fmt::format(
      "<div class=\"card\"><svg id=\"plane\" viewBox=\"0 0 {} {}\" role=\"group\" tabindex=\"0\" aria-label=\"Uses of "
      "the "
      "word in two dimensions; arrow keys go from one to the next\">\n",
      kWidth, kHeight);
  for (const SensePoint& point : points) {
    body +=
        point_html(point, on_axis(point.x, x.low, x.high, kWidth), kHeight - on_axis(point.y, y.low, y.high, kHeight));
  }
  body +=
      "</svg></div>\n<div class=\"card\" id=\"passage\" aria-live=\"polite\"><p class=\"soft\">Point at a use, or "
      "press "
      "<kbd>Tab</kbd> and the arrow keys, to read it.</p></div>\n";
  HtmlPage page;
  page.title = title;
  page.body = std::move(body);
  page.styles = {"senses.css"};
  page.scripts = {"senses.js"};
  return make_html(page);
}

}  // namespace riverbank
