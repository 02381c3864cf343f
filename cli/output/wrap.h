#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/output/terminal.h"

namespace riverbank::cli {

/// How many columns a terminal needs for well-formed, printable text.
std::size_t columns_of(std::string_view text);

/// A run of text in one style.
struct StyledText {
  std::string text;
  Style style = Style::kPlain;
};

/// The runs one after the other as lines of at most `width` columns, broken at white space (any run of which becomes
/// one space, or a line's end), each line indented. A word wider than a line is broken. At most `max_lines` lines, the
/// last one ending in "…" when more was to come.
std::vector<std::string> wrap(const std::vector<StyledText>& runs, const Terminal& terminal, std::size_t width,
                              std::size_t indent, std::size_t max_lines);

}  // namespace riverbank::cli
