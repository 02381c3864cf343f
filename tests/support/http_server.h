#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace riverbank::testing {

/// What a client asked for. Names of headers are lower case.
struct HttpRequest {
  std::string path;  ///< with its query
  std::map<std::string, std::string> headers;

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found != headers.end() ? found->second : std::string();
  }
  /// The first byte of "Range: bytes=N-"; 0 without one.
  std::size_t from() const {
    const std::string range = header("range");
    return range.starts_with("bytes=") ? std::stoul(range.substr(6)) : 0;
  }
};

/// The open connection, for a handler to send whatever bytes it likes; it is closed when the handler returns.
class HttpConnection {
 public:
  HttpConnection(int socket, const std::atomic<bool>& ending) : socket_(socket), ending_(ending) {}

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t put = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (put <= 0) return;  // the client has gone
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
  }
  void answer(std::string_view status, std::string_view body, const std::string& headers = "") {
    send("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n" + headers + "\r\n" + std::string(body));
  }
  /// Sends nothing more until the client goes or the server ends.
  void stall() const {
    char byte = 0;
    while (!ending_) {
      pollfd watched{socket_, POLLIN, 0};
      if (::poll(&watched, 1, 20) > 0 && ::recv(socket_, &byte, 1, 0) <= 0) return;
    }
  }

 private:
  int socket_;
  const std::atomic<bool>& ending_;
};

/// A web server on a port of its own of 127.0.0.1 that does whatever its handler does, each connection in a thread and
/// for one request.
class HttpServer {
 public:
  using Handler = std::function<void(const HttpRequest&, HttpConnection&)>;

  explicit HttpServer(Handler handler) : handler_(std::move(handler)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || ::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, generic, &size) != 0) {
      throw std::runtime_error("cannot listen on 127.0.0.1");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~HttpServer() {
    ending_ = true;
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();
    ::close(listener_);
  }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// The same server under another name, which is another origin.
  std::string other_url() const { return "http://localhost:" + std::to_string(port_); }

  /// All requests so far.
  std::vector<HttpRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void accept_all() {
    while (!ending_) {
      pollfd watched{listener_, POLLIN, 0};
      if (::poll(&watched, 1, 20) <= 0) continue;
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) continue;
      threads_.emplace_back([this, socket] {
        serve(socket);
        ::close(socket);
      });
    }
  }

  void serve(int socket) {
    std::string head;
    char byte = 0;
    while (!head.ends_with("\r\n\r\n")) {
      pollfd watched{socket, POLLIN, 0};
      if (::poll(&watched, 1, 20) == 0) {
        if (ending_) return;
        continue;
      }
      if (head.size() > 100'000 || ::recv(socket, &byte, 1, 0) != 1) return;
      head += byte;
    }
    const HttpRequest request = parse(head);
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    HttpConnection connection(socket, ending_);
    handler_(request, connection);
    ::shutdown(socket, SHUT_WR);
  }

  static HttpRequest parse(const std::string& head) {
    HttpRequest request;
    const std::size_t first = head.find(' ');
    request.path = head.substr(first + 1, head.find(' ', first + 1) - first - 1);
    for (std::size_t line = head.find("\r\n") + 2; line < head.size();) {
      const std::size_t end = head.find("\r\n", line);
      const std::size_t colon = head.find(": ", line);
      if (colon < end) {
        std::string name = head.substr(line, colon - line);
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
        request.headers[name] = head.substr(colon + 2, end - colon - 2);
      }
      line = end + 2;
    }
    return request;
  }

  Handler handler_;
  int listener_ = -1;
  unsigned port_ = 0;
  std::atomic<bool> ending_ = false;
  mutable std::mutex mutex_;
  std::vector<HttpRequest> requests_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace riverbank::testing
