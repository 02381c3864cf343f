#pragma once

#include <chrono>
#include <string_view>

namespace riverbank::cli {

/// A stretch of time that a person named, [begin, end): "2026", "2026-11", "2026-11-21" (a year, a month, a day of the
/// local calendar), "2026-11-21T13:05" (a minute), "today", "yesterday"; or a moment ago: "90m", "12h", "7d", "2w",
/// "1y" (365 days), where both ends are that moment.
struct Period {
  std::chrono::system_clock::time_point begin, end;
};

/// Throws Error kInvalidArgument for anything else, a date that never was included. `flag` names it in the message.
Period read_period(std::string_view text, std::string_view flag);

}  // namespace riverbank::cli
