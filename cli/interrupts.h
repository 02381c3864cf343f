#pragma once

#include <stop_token>

namespace riverbank::cli {

/// Ctrl-C (SIGINT), SIGTERM and SIGHUP as a stop token. Made once, first thing in main(), before any thread starts: the
/// signals are blocked everywhere and one thread waits for them, so no code ever runs inside a signal handler.
/// Work that asked for token() is stopped cleanly by the first signal; a second one, or work that did not ask, ends the
/// process at once with exit code 130.
class Interrupts {
 public:
  Interrupts();

  std::stop_token token();
  bool stopped() const { return source_.stop_requested(); }

 private:
  std::stop_source source_;
};

}  // namespace riverbank::cli
