#pragma once

#include <string>
#include <vector>

namespace riverbank::cli {

/// All of standard input. Throws Error kUnsupported beyond 1 GiB.
std::string read_standard_input();

/// The text of a file, or of standard input for "-" and for no name. Throws Error: kNotFound, kIo, kUnsupported, and
/// kInvalidArgument with `hint` when nothing is named and standard input is a terminal.
std::string read_input(const std::string& file, const std::string& hint);

/// Without their ends, "\n" or "\r\n".
std::vector<std::string> lines_of(const std::string& text);

}  // namespace riverbank::cli
