#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace riverbank::testing {

/// The path of a Chromium on this machine, or nothing.
inline std::optional<std::string> find_chromium() {
  for (const char* name : {"chromium", "chromium-browser", "google-chrome"}) {
    const std::string path = std::string("/usr/bin/") + name;
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return std::nullopt;
}

/// A page in a headless Chromium, driven through the DevTools protocol over two pipes (--remote-debugging-pipe): no
/// port, no driver, no display. One thread. What the page logs as an error, or throws, is kept in errors().
class Browser {
 public:
  Browser() {
    std::array<int, 2> commands{};
    std::array<int, 2> answers{};
    if (::pipe2(commands.data(), O_CLOEXEC) != 0 || ::pipe2(answers.data(), O_CLOEXEC) != 0) {
      throw std::runtime_error("cannot make a pipe");
    }
    child_ = ::fork();
    if (child_ < 0) throw std::runtime_error("cannot fork");
    if (child_ == 0) become(commands[0], answers[1]);
    ::close(commands[0]);
    ::close(answers[1]);
    to_ = commands[1];
    from_ = answers[0];
    ::signal(SIGPIPE, SIG_IGN);
    const std::string target = call("Target.createTarget", {{"url", "about:blank"}}).at("targetId");
    session_ = call("Target.attachToTarget", {{"targetId", target}, {"flatten", true}}).at("sessionId");
    for (const char* domain : {"Page.enable", "Runtime.enable", "Log.enable"}) call(domain);
  }
  ~Browser() {
    ::close(to_);
    ::close(from_);
    ::kill(-child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  /// Loads a file in a window of so many pixels, in light or dark.
  void open(const std::filesystem::path& file, int width = 1280, int height = 1000, bool is_dark = false) {
    call("Emulation.setDeviceMetricsOverride",
         {{"width", width}, {"height", height}, {"deviceScaleFactor", 1}, {"mobile", false}});
    call("Emulation.setEmulatedMedia",
         {{"features", {{{"name", "prefers-color-scheme"}, {"value", is_dark ? "dark" : "light"}}}}});
    loaded_ = false;
    call("Page.navigate", {{"url", "file://" + file.string()}});
    while (!loaded_) receive();
  }

  /// The value of an expression in the page.
  nlohmann::json evaluate(const std::string& expression) {
    const nlohmann::json answer = call("Runtime.evaluate", {{"expression", expression}, {"returnByValue", true}});
    if (answer.contains("exceptionDetails")) throw std::runtime_error(answer.at("exceptionDetails").dump());
    return answer.at("result").value("value", nlohmann::json());
  }
  /// The text of the first element that a selector finds.
  std::string text(const std::string& selector) {
    return evaluate("document.querySelector(" + nlohmann::json(selector).dump() + ").textContent");
  }

  /// The mouse in the middle of an element, or so many pixels from its left upper corner.
  void hover(const std::string& selector) { mouse(selector, {"mouseMoved"}); }
  void hover(const std::string& selector, double x, double y) { mouse(selector, {"mouseMoved"}, x, y); }
  void click(const std::string& selector) { mouse(selector, {"mouseMoved", "mousePressed", "mouseReleased"}); }

  /// A key as the DOM names it: "ArrowDown", "Escape", "m".
  void press(const std::string& key) {
    nlohmann::json event{{"type", key.size() == 1 ? "keyDown" : "rawKeyDown"}, {"key", key}, {"code", key}};
    if (key.size() == 1) event["text"] = key;
    call("Input.dispatchKeyEvent", event);
    event["type"] = "keyUp";
    event.erase("text");
    call("Input.dispatchKeyEvent", event);
  }

  const std::vector<std::string>& errors() const { return errors_; }

 private:
  [[noreturn]] void become(int commands, int answers) const {
    ::setpgid(0, 0);
    const int quiet = ::open("/dev/null", O_WRONLY);
    ::dup2(quiet, STDOUT_FILENO);
    ::dup2(quiet, STDERR_FILENO);
    // The two may stand in each other's place: out of the way first.
    const int in = ::fcntl(commands, F_DUPFD, 10);
    const int out = ::fcntl(answers, F_DUPFD, 10);
    ::dup2(in, 3);
    ::dup2(out, 4);
    const std::string profile = "--user-data-dir=" + profile_.path().string();
    const std::string program = find_chromium().value_or("chromium");
    ::execl(program.c_str(), program.c_str(), "--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
            "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--disable-background-networking",
            profile.c_str(), "about:blank", static_cast<char*>(nullptr));
    ::_exit(127);
  }

  nlohmann::json call(const std::string& method, const nlohmann::json& parameters = nlohmann::json::object()) {
    nlohmann::json message{{"id", ++last_id_}, {"method", method}, {"params", parameters}};
    if (!session_.empty()) message["sessionId"] = session_;
    const std::string text = message.dump() + '\0';
    for (std::size_t put = 0; put < text.size();) {
      const ssize_t count = ::write(to_, text.data() + put, text.size() - put);
      if (count <= 0) throw std::runtime_error("the browser has gone");
      put += static_cast<std::size_t>(count);
    }
    while (true) {
      const nlohmann::json answer = receive();
      if (answer.value("id", 0) != last_id_) continue;
      if (answer.contains("error")) throw std::runtime_error(method + ": " + answer.at("error").dump());
      return answer.at("result");
    }
  }

  /// The next message; events are noted.
  nlohmann::json receive() {
    constexpr auto kPatience = std::chrono::seconds(120);  // a busy machine starts a browser slowly
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    std::size_t end = 0;
    while ((end = received_.find('\0')) == std::string::npos) {
      pollfd ready{from_, POLLIN, 0};
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("the browser does not answer");
      if (::poll(&ready, 1, 1000) <= 0) continue;
      std::array<char, 65536> piece;
      const ssize_t got = ::read(from_, piece.data(), piece.size());
      if (got <= 0) throw std::runtime_error("the browser has gone");
      received_.append(piece.data(), static_cast<std::size_t>(got));
    }
    const nlohmann::json message = nlohmann::json::parse(received_.substr(0, end));
    received_.erase(0, end + 1);
    const std::string method = message.value("method", "");
    if (method == "Page.loadEventFired") loaded_ = true;
    const bool is_error = method == "Runtime.exceptionThrown" ||
                          (method == "Log.entryAdded" && message["params"]["entry"]["level"] == "error") ||
                          (method == "Runtime.consoleAPICalled" && message["params"]["type"] == "error");
    if (is_error) errors_.push_back(message.at("params").dump());
    return message;
  }

  void mouse(const std::string& selector, const std::vector<std::string>& events, std::optional<double> x = {},
             std::optional<double> y = {}) {
    const nlohmann::json box =
        evaluate("(() => { const element = document.querySelector(" + nlohmann::json(selector).dump() +
                 "); element.scrollIntoView({block: 'nearest'}); const box = element.getBoundingClientRect();"
                 " return [box.left, box.top, box.width, box.height]; })()");
    const double left = box[0].get<double>() + x.value_or(box[2].get<double>() / 2);
    const double top = box[1].get<double>() + y.value_or(box[3].get<double>() / 2);
    for (const std::string& event : events) {
      const bool moves = event == "mouseMoved";
      call("Input.dispatchMouseEvent", {{"type", event},
                                        {"x", left},
                                        {"y", top},
                                        {"button", moves ? "none" : "left"},
                                        {"clickCount", moves ? 0 : 1}});
    }
  }

  TemporaryFolder profile_;
  pid_t child_ = -1;
  int to_ = -1;
  int from_ = -1;
  int last_id_ = 0;
  bool loaded_ = false;
  std::string session_;
  std::string received_;
  std::vector<std::string> errors_;
};

}  // namespace riverbank::testing

/// Skips the test when there is no Chromium on this machine; with CI=true that is a failure.
#define RIVERBANK_NEEDS_CHROMIUM()                                                                           \
  if (!::riverbank::testing::find_chromium()) {                                                              \
    const char* ci = std::getenv("CI");                                                                      \
    ASSERT_TRUE(ci == nullptr || std::string(ci) != "true") << "CI must have a Chromium (package chromium)"; \
    GTEST_SKIP() << "needs a Chromium (Debian's package chromium)";                                          \
  }                                                                                                          \
  static_assert(true, "a semicolon follows")
