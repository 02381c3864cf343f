#include "cli/interrupts.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <thread>

namespace riverbank::cli {
namespace {

std::atomic<bool> somebody_listens{false};

[[noreturn]] void end_at_once() {
  constexpr char kClearLine[] = "\r\x1b[K";
  if (::isatty(STDERR_FILENO) == 1) {
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kClearLine, sizeof kClearLine - 1);
  }
  ::_exit(130);
}

}  // namespace

Interrupts::Interrupts() {
  ::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is seen as EPIPE where it is written
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction old {};
    ::sigaction(number, nullptr, &old);
    if (old.sa_handler != SIG_IGN) ::sigaddset(&set, number);  // nohup's wish is respected
  }
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::thread([set, source = source_]() mutable {
    int number = 0;
    ::sigwait(&set, &number);
    if (!somebody_listens.load()) end_at_once();
    source.request_stop();
    ::sigwait(&set, &number);
    end_at_once();
  }).detach();
}

std::stop_token Interrupts::token() {
  somebody_listens.store(true);
  return source_.get_token();
}

}  // namespace riverbank::cli
