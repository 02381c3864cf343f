#pragma once

#include <string>
#include <string_view>

namespace riverbank {

/// `bytes` made safe for a terminal and for one line: control characters (C0, DEL, C1), line separators, bidirectional
/// overrides and ill-formed UTF-8 become visible escapes (\n, \x1b, \u202e); all else stays as it is.
/// Every name or text from outside that reaches a message goes through this.
std::string printable(std::string_view bytes);

/// The length of the well-formed UTF-8 sequence that `bytes` begins with, 0 when it begins with none.
int utf8_sequence_length(std::string_view bytes);

}  // namespace riverbank
