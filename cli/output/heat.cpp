#include "cli/output/heat.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "cli/output/wrap.h"
#include "lib/base/printable.h"

namespace riverbank::cli {
namespace {

constexpr std::size_t kLabel = 18;  // "12 representation "
constexpr std::size_t kNumberCell = 3;

/// From nothing to 1 by the square root, so that small weights show: a colour of the 256 behind, and one of ink on it.
struct Shade {
  double from;
  const char* symbol;
  int background;
  int ink;
};
constexpr std::array<Shade, 6> kShades{{{0.5, "█", 18, 231},
                                        {0.25, "▓", 25, 231},
                                        {0.10, "▒", 74, 16},
                                        {0.04, "░", 153, 16},
                                        {0.01, "·", 195, 16},
                                        {0.0, " ", 0, 0}}};

const Shade& shade_of(double weight) {
  return *std::find_if(kShades.begin(), kShades.end(), [&](const Shade& shade) { return weight >= shade.from; });
}

/// Neighbours joined by `size` until the map fits: columns summed and rows averaged, so that rows still sum to 1.
HeatMap in_blocks(const HeatMap& map, std::size_t size) {
  const auto blocks = [&](std::size_t count) { return (count + size - 1) / size; };
  HeatMap joined;
  joined.weights = Matrix::Zero(static_cast<Eigen::Index>(blocks(map.rows.size())),
                                static_cast<Eigen::Index>(blocks(map.columns.size())));
  for (std::size_t i = 0; i < map.rows.size(); ++i) {
    if (i % size == 0) joined.rows.emplace_back();
    joined.rows.back() += (i % size == 0 ? "" : " ") + map.rows[i];
    const std::size_t in_block = std::min(size, map.rows.size() - i / size * size);
    for (std::size_t j = 0; j < map.columns.size(); ++j) {
      joined.weights(static_cast<Eigen::Index>(i / size), static_cast<Eigen::Index>(j / size)) +=
          map.weights(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) / static_cast<float>(in_block);
    }
  }
  joined.columns.resize(blocks(map.columns.size()));
  return joined;
}

std::string label_of(std::size_t number, const std::string& name) {
  return fitted(fmt::format("{:>3} {}", number, name), kLabel - 1) + " ";
}

std::string number_cell(double weight, const Terminal& terminal) {
  const auto whole = static_cast<int>(std::lround(100 * weight));
  return heat_cell(weight,
                   whole == 0 ? fmt::format("{:>{}}", "·", kNumberCell) : fmt::format("{:>{}}", whole, kNumberCell),
                   terminal);
}

std::vector<std::string> with_legend(std::vector<std::string> lines, const std::string& legend,
                                     const Terminal& terminal) {
  constexpr std::size_t kIndent = 2;
  constexpr std::size_t kMostLines = 5;
  for (std::string& line : wrap({{legend, Style::kFaint}}, terminal, terminal.width(), kIndent, kMostLines)) {
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> in_numbers(const HeatMap& map, const Terminal& terminal) {
  std::vector<std::string> lines(1, std::string(kLabel, ' '));
  for (std::size_t j = 0; j < map.columns.size(); ++j) lines[0] += fmt::format("{:>{}}", j, kNumberCell);
  lines[0] = terminal.styled(lines[0], Style::kFaint);
  for (std::size_t i = 0; i < map.rows.size(); ++i) {
    std::string line = label_of(i, map.rows[i]);
    for (Eigen::Index j = 0; j < map.weights.cols(); ++j) {
      line += number_cell(map.weights(static_cast<Eigen::Index>(i), j), terminal);
    }
    lines.push_back(line);
  }
  return with_legend(std::move(lines), "Rows attend to columns, by number; in per cent, · is below 0.5.", terminal);
}

std::vector<std::string> in_shades(const HeatMap& map, std::size_t block, const Terminal& terminal) {
  std::vector<std::string> lines;
  std::string ruler(kLabel, ' ');
  constexpr std::size_t kStep = 10;
  for (std::size_t j = 0; j < map.columns.size(); j += kStep) {
    const std::string number = std::to_string(j * block);
    if (j + number.size() <= map.columns.size()) ruler += fitted(number, kStep);
  }
  while (ruler.ends_with(' ')) ruler.pop_back();
  lines.push_back(terminal.styled(ruler, Style::kFaint));
  for (std::size_t i = 0; i < map.rows.size(); ++i) {
    std::string line = label_of(i * block, map.rows[i]);
    for (Eigen::Index j = 0; j < map.weights.cols(); ++j) {
      const double weight = map.weights(static_cast<Eigen::Index>(i), j);
      line += terminal.color() ? heat_cell(weight, " ", terminal) : shade_of(weight).symbol;
    }
    lines.push_back(line);
  }
  std::string legend = "Rows attend to columns, by number: · from 1 %, ░ 4, ▒ 10, ▓ 25, █ 50.";
  if (terminal.color()) legend = "Rows attend to columns, by number: shades from 1, 4, 10, 25 and 50 %.";
  if (block > 1) legend += fmt::format(" Each cell is {0} x {0} of them: columns summed, rows averaged.", block);
  return with_legend(std::move(lines), legend, terminal);
}

}  // namespace

std::string fitted(const std::string& text, std::size_t columns) {
  std::size_t used = columns_of(text);
  if (used <= columns) return text + std::string(columns - used, ' ');
  std::string_view left = text;
  std::string out;
  used = 0;
  while (!left.empty()) {
    const auto length = static_cast<std::size_t>(std::max(1, utf8_sequence_length(left)));
    const std::size_t wide = columns_of(left.substr(0, length));
    if (used + wide + 1 > columns) break;
    out += left.substr(0, length);
    used += wide;
    left.remove_prefix(length);
  }
  return out + "…" + std::string(columns - used - 1, ' ');
}

std::string heat_cell(double weight, const std::string& text, const Terminal& terminal) {
  const Shade& shade = shade_of(weight);
  if (!terminal.color() || shade.from == 0.0) return text;
  return fmt::format("\x1b[48;5;{}m\x1b[38;5;{}m{}\x1b[0m", shade.background, shade.ink, text);
}

std::string bar_of(double weight, double largest, std::size_t columns) {
  const double share = largest > 0 ? std::clamp(weight / largest, 0.0, 1.0) : 0.0;
  std::string bar;
  for (auto left = static_cast<std::size_t>(std::lround(share * static_cast<double>(columns))); left > 0; --left) {
    bar += "━";
  }
  return bar;
}

std::vector<std::string> heat_lines(const HeatMap& map, const Terminal& terminal) {
  const std::size_t room = terminal.width() - kLabel;
  const std::size_t longest = std::max(map.rows.size(), map.columns.size());
  if (longest * kNumberCell <= room) return in_numbers(map, terminal);
  const std::size_t block = (longest + room - 1) / room;
  return in_shades(block == 1 ? map : in_blocks(map, block), block, terminal);
}

}  // namespace riverbank::cli
