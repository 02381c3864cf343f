#include "cli/output/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "riverbank/error.h"

namespace riverbank::cli {

Terminal::Terminal() : out_is_terminal_(::isatty(STDOUT_FILENO) == 1), err_is_terminal_(::isatty(STDERR_FILENO) == 1) {
  choose_color(ColorChoice::kAuto);
}

void Terminal::choose_color(ColorChoice choice) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool wanted = (no_color == nullptr || *no_color == '\0') && (term == nullptr || std::strcmp(term, "dumb") != 0);
  color_ = choice == ColorChoice::kAlways || (choice == ColorChoice::kAuto && out_is_terminal_ && wanted);
}

std::size_t Terminal::width() const {
  constexpr std::size_t kNarrowest = 40;
  constexpr std::size_t kWidest = 120;  // longer lines are hard to read
  constexpr std::size_t kUnknown = 100;
  winsize size{};
  if (!out_is_terminal_ || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUnknown;
  return std::clamp<std::size_t>(size.ws_col, kNarrowest, kWidest);
}

std::string Terminal::styled(std::string_view text, Style style) const {
  if (!color_ || style == Style::kPlain) return std::string(text);
  const char* escape = style == Style::kBold    ? "\x1b[1m"
                       : style == Style::kFaint ? "\x1b[2m"
                       : style == Style::kPath  ? "\x1b[36m"
                                                : "\x1b[1;33m";
  return escape + std::string(text) + "\x1b[0m";
}

void Terminal::print(std::string_view text) {
  if (reader_gone_ || text.empty()) return;
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size()) return;
  if (errno != EPIPE) throw Error(ErrorKind::kIo, std::string("cannot write the results: ") + std::strerror(errno));
  reader_gone_ = true;
}

void Terminal::note(std::string_view message) {
  std::fflush(stdout);
  if (message.substr(0, 2) != "  ") std::fputs("riverbank: ", stderr);
  std::fwrite(message.data(), 1, message.size(), stderr);
  std::fputc('\n', stderr);
}

void Terminal::finish() {
  if (reader_gone_ || std::fflush(stdout) == 0 || errno == EPIPE) return;
  throw Error(ErrorKind::kIo, std::string("cannot write the results: ") + std::strerror(errno));
}

}  // namespace riverbank::cli
