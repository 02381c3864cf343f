#include "cli/output/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "cli/output/numbers.h"
#include "cli/output/wrap.h"
#include "lib/base/printable.h"

namespace riverbank::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::string bar(double fraction) {
  constexpr int kCells = 24;
  const int full = std::clamp(static_cast<int>(fraction * kCells), 0, kCells);
  std::string cells;
  for (int i = 0; i < kCells; ++i) cells += i < full ? "█" : "░";
  return cells;
}

std::string time_left(double seconds, double fraction) {
  constexpr double kTooEarly = 0.02;  // an estimate from less is a guess
  if (fraction < kTooEarly || fraction >= 1) return "";
  return "  " + in_seconds(std::max(1.0, seconds * (1 - fraction) / fraction)) + " left";
}

}  // namespace

ProgressLine::ProgressLine(const Terminal& terminal)
    : on_terminal_(terminal.err_is_terminal()), last_(steady_clock::now()) {}

ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::show(double fraction, std::string_view text) {
  // On a terminal what is over in a moment needs no line; then ten a second. Elsewhere one a minute.
  const auto interval = !on_terminal_ ? milliseconds(60'000) : drawn_ ? milliseconds(100) : milliseconds(400);
  const auto now = steady_clock::now();
  if (now - last_ < interval) return;
  last_ = now;
  if (!on_terminal_) {
    std::fputs((std::string(text) + "\n").c_str(), stderr);
    return;
  }
  winsize size{};
  const std::size_t width = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  std::string line = "  " + (fraction >= 0 ? bar(fraction) + "  " : "") + std::string(text);
  while (columns_of(line) >= width && !line.empty()) {  // a line that wraps cannot be redrawn
    do line.pop_back();
    while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xC0U) == 0x80U);
  }
  std::fputs(("\r\x1b[K" + line).c_str(), stderr);
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressLine::clear() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

std::string describe(const IndexProgress& progress) {
  switch (progress.phase) {
    case IndexProgress::Phase::kScanning:
      return fmt::format("looking at the files: {}", with_thousands(progress.files_done));
    case IndexProgress::Phase::kGraph:
      return "building the graph" + time_left(progress.seconds, progress.fraction);
    case IndexProgress::Phase::kEncoding:
      break;
  }
  const double rate = progress.seconds > 0 ? static_cast<double>(progress.tokens_done) / progress.seconds : 0;
  return fmt::format("{}/{} files  {} chunks  {} tokens/s{}", with_thousands(progress.files_done),
                     with_thousands(progress.files_total), with_thousands(progress.chunks_done),
                     with_thousands(static_cast<std::uint64_t>(rate)), time_left(progress.seconds, progress.fraction));
}

std::string describe(const TransferProgress& progress) {
  std::string text = printable(progress.file) + "  " + in_bytes(progress.done);
  if (progress.total > 0) text += " of " + in_bytes(progress.total);
  if (progress.bytes_per_second > 0) {
    text += "  " + in_bytes(static_cast<std::uint64_t>(progress.bytes_per_second)) + "/s";
    if (progress.total > progress.done) {
      text +=
          "  " + in_seconds(static_cast<double>(progress.total - progress.done) / progress.bytes_per_second) + " left";
    }
  }
  return text;
}

}  // namespace riverbank::cli
