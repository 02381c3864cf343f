#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "cli/output/terminal.h"
#include "riverbank/index.h"
#include "riverbank/model.h"

namespace riverbank::cli {

/// Shows on stderr how far long work is: a line that is redrawn ten times a second on a terminal, a line a minute
/// elsewhere. Gone when the object goes. One thread.
class ProgressLine {
 public:
  explicit ProgressLine(const Terminal& terminal);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// `fraction` in 0..1 draws the bar; below 0 there is none.
  void show(double fraction, std::string_view text);
  void clear();

 private:
  bool on_terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_;
};

/// "81/97 files  1,020 chunks  41,200 tokens/s  1 s left".
std::string describe(const IndexProgress& progress);
/// "model.safetensors  61.2/127.3 MiB  8.1 MiB/s  8 s left".
std::string describe(const TransferProgress& progress);

}  // namespace riverbank::cli
