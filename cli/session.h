#pragma once

#include <functional>

#include "cli/interrupts.h"
#include "cli/output/terminal.h"

namespace riverbank::cli {

/// Exit codes: the contract of the command line.
inline constexpr int kDone = 0;
inline constexpr int kNothingFound = 1;
inline constexpr int kFailed = 2;
inline constexpr int kInterrupted = 130;

/// What a verb needs of the process, and the verb that the arguments chose.
struct Session {
  Terminal terminal;
  Interrupts interrupts;
  std::function<int()> run;  ///< set by the parsed verb; returns the exit code
};

}  // namespace riverbank::cli
