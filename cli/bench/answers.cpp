#include "cli/bench/answers.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>

#include "cli/bench/measuring.h"
#include "cli/session.h"
#include "lib/base/clock.h"
#include "riverbank/error.h"

namespace riverbank::cli {
namespace {

using std::chrono::steady_clock;

/// One question's cost.
struct Cost {
  double seconds = 0, processor = 0;
};

AnswerTimes times_of(std::string what, const std::vector<std::string>& questions, const std::stop_token& stop,
                     const std::function<Cost(const std::string&)>& ask) {
  ask(questions.front());  // files come into memory
  std::vector<double> seconds;
  AnswerTimes times{.what = std::move(what), .asked = questions.size(), .processor = 1e9};
  for (const std::string& question : questions) {
    throw_if_stopped(stop);
    const Cost cost = ask(question);
    seconds.push_back(cost.seconds);
    times.processor = std::min(times.processor, cost.processor);
  }
  std::ranges::sort(seconds);
  times.least = seconds.front();
  times.median = seconds[seconds.size() / 2];
  times.highest = seconds.back();
  return times;
}

[[noreturn]] void fail_to_start(int error) {
  throw Error(ErrorKind::kIo, std::string("cannot start riverbank anew: ") + std::strerror(error));
}

/// Runs this program with its output thrown away.
Cost run_anew(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawnattr_init(&attributes);
  sigset_t none{};  // this process blocks its signals
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t child = -1;
  const auto start = steady_clock::now();
  const int error = ::posix_spawn(&child, "/proc/self/exe", &actions, &attributes, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) fail_to_start(error);
  int status = 0;
  rusage usage{};
  while (::wait4(child, &status, 0, &usage) < 0) {
    if (errno != EINTR) fail_to_start(errno);
  }
  const double seconds = seconds_since(start);
  const bool answered = WIFEXITED(status) && (WEXITSTATUS(status) == kDone || WEXITSTATUS(status) == kNothingFound);
  if (!answered)
    throw Error(ErrorKind::kIo, "a question asked in a process of its own failed; its reason stands above");
  const auto in_seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return {seconds, in_seconds(usage.ru_utime) + in_seconds(usage.ru_stime)};
}

}  // namespace

std::vector<AnswerTimes> measure_answers(const Index& index, const std::vector<std::string>& questions,
                                         const std::stop_token& stop) {
  const auto measured = [&](const char* what, const std::function<void(const std::string&)>& ask) {
    return times_of(what, questions, stop, [&](const std::string& question) {
      const double processor = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
      const auto start = steady_clock::now();
      ask(question);
      return Cost{seconds_since(start), seconds_of(CLOCK_PROCESS_CPUTIME_ID) - processor};
    });
  };
  const auto search = [&](SearchMode mode, bool best_sentences) {
    return [&index, mode, best_sentences](const std::string& question) {
      SearchOptions options;
      options.mode = mode;
      options.best_sentences = best_sentences;
      index.search(question, options);
    };
  };
  return {measured("encode", [&](const std::string& question) { index.embedder().embed(question, TextKind::kQuery); }),
          measured("vectors", search(SearchMode::kVector, false)),
          measured("words", search(SearchMode::kKeyword, false)),
          measured("hybrid", search(SearchMode::kHybrid, false)),
          measured("hybrid, best sentences", search(SearchMode::kHybrid, true))};
}

AnswerTimes measure_cold_answers(const std::vector<std::string>& questions, const std::vector<std::string>& arguments,
                                 const std::stop_token& stop) {
  return times_of("a new process", questions, stop, [&](const std::string& question) {
    std::vector<std::string> all{"riverbank", "query", question};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return run_anew(all);
  });
}

}  // namespace riverbank::cli
