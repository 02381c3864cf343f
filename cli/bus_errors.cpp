#include "cli/bus_errors.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string_view>

#include "cli/session.h"

// All that is reached from on_bus_error() is async-signal-safe (signal-safety(7)): no allocation, no stdio, no locks.

namespace riverbank::cli {
namespace {

void say(std::string_view text) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

/// The kernel's table of mappings, line by line: "7f0c2000-7f0c3000 r--p 00000000 08:01 1234   /a/path".
class Mappings {
 public:
  Mappings() : file_(::open("/proc/self/maps", O_RDONLY | O_CLOEXEC)) {}
  ~Mappings() {
    if (file_ >= 0) ::close(file_);
  }
  Mappings(const Mappings&) = delete;
  Mappings& operator=(const Mappings&) = delete;

  /// The next line, what does not fit cut off; false after the last one.
  bool next(std::string_view& line) {
    std::size_t size = 0;
    for (char c = 0; read_one(c);) {
      if (c == '\n') {
        line = {line_, size};
        return true;
      }
      if (size < sizeof line_) line_[size++] = c;
    }
    return false;
  }

 private:
  bool read_one(char& c) {
    if (at_ == filled_) {
      const auto got = file_ < 0 ? 0 : ::read(file_, piece_, sizeof piece_);
      if (got <= 0) return false;
      filled_ = static_cast<std::size_t>(got);
      at_ = 0;
    }
    c = piece_[at_++];
    return true;
  }

  int file_;
  char piece_[1024], line_[1024];
  std::size_t at_ = 0, filled_ = 0;
};

/// Takes a hexadecimal number off the front.
std::uintptr_t take_number(std::string_view& text) {
  std::uintptr_t value = 0;
  for (; !text.empty(); text.remove_prefix(1)) {
    const char c = text[0];
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) break;
    value = value * 16 + static_cast<std::uintptr_t>(digit);
  }
  return value;
}

/// The path in a line whose mapping holds the address; empty for another line, or a mapping of no file.
std::string_view path_in(std::string_view line, std::uintptr_t address) {
  const std::uintptr_t begin = take_number(line);
  if (line.empty()) return {};
  line.remove_prefix(1);
  const std::uintptr_t end = take_number(line);
  const std::size_t path = line.find('/');
  return address >= begin && address < end && path != std::string_view::npos ? line.substr(path) : std::string_view();
}

/// What a terminal would obey goes nowhere near it; the kernel has made line ends "\012".
void say_path(std::string_view path) {
  for (const char c : path) {
    const bool is_plain = c >= 0x20 && c < 0x7F;
    say(is_plain ? std::string_view(&c, 1) : "?");
  }
}

void on_bus_error(int number, siginfo_t* info, void* /*context*/) {
  Mappings mappings;
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  for (std::string_view line; info->si_code == BUS_ADRERR && mappings.next(line);) {
    const std::string_view path = path_in(line, address);
    if (path.empty()) continue;
    if (::isatty(STDERR_FILENO) == 1) say("\r\x1b[K");
    say("riverbank: another program changed ");
    say_path(path);
    say(" while it was being read, or its disk failed; run this again\n");
    ::_exit(kFailed);
  }
  ::signal(number, SIG_DFL);
  ::raise(number);  // when this returns
}

}  // namespace

void explain_bus_errors() {
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace riverbank::cli
