#pragma once

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace riverbank::testing {

struct Outcome {
  int exit_code = -1;  ///< 128 + signal when one ended it, as a shell says
  std::string out;
  std::string err;  ///< empty on a terminal, where both come mixed in out
};

inline std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// The built program, run for real with a home of its own: nothing that it finds or leaves there is the user's.
class Program {
 public:
  Program() {
    environment_ = {{"HOME", home().string()},
                    {"XDG_DATA_HOME", (home() / "data").string()},
                    {"XDG_CACHE_HOME", (home() / "cache").string()},
                    {"HF_HOME", (home() / "hub").string()},
                    {"HF_ENDPOINT", "http://127.0.0.1:9"},  // the discard port: nobody answers
                    {"PATH", (std::filesystem::path(RIVERBANK_PROGRAM).parent_path()).string() + ":/usr/bin:/bin"},
                    {"LC_ALL", "C.UTF-8"},
                    {"TERM", "xterm"}};
  }

  const std::filesystem::path& home() const { return folder_.path(); }
  const TemporaryFolder& folder() const { return folder_; }
  void set(const std::string& variable, const std::string& value) { environment_[variable] = value; }
  void work_in(const std::filesystem::path& folder) { working_folder_ = folder; }

  /// Arguments as the program gets them. `input` is its standard input.
  Outcome run(std::vector<std::string> arguments, const std::string& input = "") const {
    arguments.insert(arguments.begin(), RIVERBANK_PROGRAM);
    return execute(arguments, input);
  }
  /// A line for the shell, with the program on its path.
  Outcome shell(const std::string& line) const { return execute({"/bin/sh", "-c", line}, ""); }

  /// On a terminal of `columns` columns. `typed` is what the person types at once; `watch` sees the output grow and may
  /// signal the process.
  Outcome run_on_terminal(std::vector<std::string> arguments, int columns = 80, const std::string& typed = "",
                          const std::function<void(const std::string& seen, pid_t process)>& watch = {}) const {
    arguments.insert(arguments.begin(), RIVERBANK_PROGRAM);
    winsize size{};
    size.ws_col = static_cast<unsigned short>(columns);
    size.ws_row = 40;
    int master = -1;
    const pid_t child = ::forkpty(&master, nullptr, nullptr, &size);
    if (child < 0) throw std::runtime_error("cannot make a terminal");
    if (child == 0) become(arguments);
    [[maybe_unused]] const auto ignored = ::write(master, typed.data(), typed.size());
    Outcome outcome;
    std::array<char, 4096> piece;
    for (ssize_t got = 0; (got = ::read(master, piece.data(), piece.size())) > 0;) {
      outcome.out.append(piece.data(), static_cast<std::size_t>(got));
      if (watch) watch(outcome.out, child);
    }
    ::close(master);
    outcome.exit_code = wait_for(child);
    return outcome;
  }

  /// Starts it without waiting; its output goes to `out_file`. End it with wait_for().
  pid_t start(std::vector<std::string> arguments, const std::filesystem::path& out_file) const {
    arguments.insert(arguments.begin(), RIVERBANK_PROGRAM);
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("cannot fork");
    if (child == 0) {
      const int file = ::open(out_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      ::dup2(file, STDOUT_FILENO);
      ::dup2(file, STDERR_FILENO);
      become(arguments);
    }
    return child;
  }

  static int wait_for(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  [[noreturn]] void become(const std::vector<std::string>& arguments) const {
    std::vector<std::string> settings;
    for (const auto& [variable, value] : environment_) settings.push_back(variable + "=" + value);
    std::vector<char*> argv;
    std::vector<char*> envp;
    for (const std::string& text : arguments) argv.push_back(const_cast<char*>(text.c_str()));
    for (const std::string& text : settings) envp.push_back(const_cast<char*>(text.c_str()));
    argv.push_back(nullptr);
    envp.push_back(nullptr);
    if (::chdir((working_folder_.empty() ? home() : working_folder_).c_str()) == 0) {
      ::execve(argv[0], argv.data(), envp.data());
    }
    ::_exit(127);
  }

  Outcome execute(const std::vector<std::string>& arguments, const std::string& input) const {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    std::array<int, 2> err{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0 ||
        ::pipe2(err.data(), O_CLOEXEC) != 0) {
      throw std::runtime_error("cannot make a pipe");
    }
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("cannot fork");
    if (child == 0) {
      ::dup2(in[0], STDIN_FILENO);
      ::dup2(out[1], STDOUT_FILENO);
      ::dup2(err[1], STDERR_FILENO);
      become(arguments);
    }
    for (const int end : {in[0], out[1], err[1]}) ::close(end);
    ::signal(SIGPIPE, SIG_IGN);
    Outcome outcome;
    exchange(in[1], input, out[0], outcome.out, err[0], outcome.err);
    outcome.exit_code = wait_for(child);
    return outcome;
  }

  /// Feeds and reads all three at once, so that no full pipe can block anybody.
  static void exchange(int in, const std::string& input, int out, std::string& out_text, int err,
                       std::string& err_text) {
    std::size_t written = 0;
    std::array<pollfd, 3> ends{pollfd{in, POLLOUT, 0}, pollfd{out, POLLIN, 0}, pollfd{err, POLLIN, 0}};
    const auto end_input = [&] {
      if (ends[0].fd >= 0) ::close(ends[0].fd);
      ends[0].fd = -1;
    };
    if (input.empty()) end_input();
    while (ends[1].fd >= 0 || ends[2].fd >= 0) {
      if (::poll(ends.data(), ends.size(), -1) < 0) continue;
      if (ends[0].fd >= 0 && ends[0].revents != 0) {
        const ssize_t put =
            ::write(ends[0].fd, input.data() + written, std::min<std::size_t>(input.size() - written, 65536));
        if (put > 0) written += static_cast<std::size_t>(put);
        if (put <= 0 || written == input.size()) end_input();
      }
      for (const std::size_t i : {std::size_t{1}, std::size_t{2}}) {
        if (ends[i].fd < 0 || ends[i].revents == 0) continue;
        std::array<char, 65536> piece;
        const ssize_t got = ::read(ends[i].fd, piece.data(), piece.size());
        if (got > 0) {
          (i == 1 ? out_text : err_text).append(piece.data(), static_cast<std::size_t>(got));
        } else {
          ::close(ends[i].fd);
          ends[i].fd = -1;
        }
      }
    }
    end_input();
  }

  TemporaryFolder folder_;
  std::map<std::string, std::string> environment_;
  std::filesystem::path working_folder_;
};

}  // namespace riverbank::testing
