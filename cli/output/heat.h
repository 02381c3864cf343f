#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/output/terminal.h"
#include "lib/math/matrix.h"

namespace riverbank::cli {

/// Weights between 0 and 1 with a name for each row and column.
struct HeatMap {
  std::vector<std::string> rows;     ///< printable
  std::vector<std::string> columns;  ///< printable; numbered as in the rows when both are the same
  Matrix weights;                    ///< (rows, columns)
};

/// A heat map as lines that fit the terminal: per cent in cells of three columns while they fit, else a shade in one
/// column each, else blocks of neighbours joined (columns summed, rows averaged). Coloured when the terminal is. The
/// last line says how to read it.
std::vector<std::string> heat_lines(const HeatMap& map, const Terminal& terminal);

/// A number in a cell's colour when the terminal has colours, padded to `columns`.
std::string heat_cell(double weight, const std::string& text, const Terminal& terminal);

/// `text` cut to `columns` columns, "…" where something was cut off, padded with spaces.
std::string fitted(const std::string& text, std::size_t columns);

/// A bar of at most `columns` columns, as long as the weight's share of the largest.
std::string bar_of(double weight, double largest, std::size_t columns);

}  // namespace riverbank::cli
