#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "lib/model/hub_settings.h"

namespace riverbank {

/// How a request ended. What the server said is in `status`; a whole answer may still be "500".
struct HttpResult {
  enum class End {
    kWhole,        ///< the answer came to its end
    kUnreachable,  ///< no connection: no such host, refused, no answer in time, a certificate that is not right
    kBroken,       ///< the connection ended before the answer did
    kStalled,      ///< nothing came for stall_timeout
  };
  End end = End::kWhole;
  long status = 0;                        ///< 0: none came
  std::string problem;                    ///< curl's words, when not whole
  std::string error_code;                 ///< the hub's X-Error-Code, as "GatedRepo"
  long retry_after = 0;                   ///< seconds that the server asks to wait
  std::optional<std::uint64_t> range_at;  ///< where the bytes of a 206 begin, from its Content-Range
};

/// Takes a good answer (200, 206) as it comes. What these throw ends the request and is thrown on.
struct HttpReceiver {
  std::function<void(const HttpResult& head)> begin;  ///< called once, before the first byte
  std::function<void(std::span<const std::byte> bytes)> take;
};

/// GET requests to the hub, one after the other over connections that stay open. One thread.
class HttpClient {
 public:
  HttpClient(HubSettings settings, std::stop_token stop);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// One GET, from byte `from` on, following up to 10 redirects; the token goes to the endpoint's own origin only.
  /// Throws Error: kCancelled, kIo (too many redirects, or one from https to http), and what the receiver throws.
  HttpResult get(const std::string& url, std::uint64_t from, const HttpReceiver& receiver);

  const HubSettings& settings() const { return settings_; }
  /// Whether any server has answered yet; before that, a host that cannot be reached is not worth a second try.
  bool contacted() const { return contacted_; }

 private:
  struct Exchange;
  HttpResult get_once(const std::string& url, std::uint64_t from, const HttpReceiver& receiver, std::string& redirect);

  HubSettings settings_;
  std::stop_token stop_;
  std::string endpoint_origin_;
  std::unique_ptr<void, void (*)(void*)> handle_;
  bool contacted_ = false;
};

/// Counts the tries of one thing and waits between them, longer each time.
class Retries {
 public:
  Retries(const HubSettings& settings, std::stop_token stop) : settings_(settings), stop_(std::move(stop)) {}

  /// Whether `result` may get better by itself (a server that is busy or failing, a connection that broke) and there
  /// are tries left; waits before it says yes. Throws Error kCancelled when stopped meanwhile.
  bool again(const HttpClient& client, const HttpResult& result);
  /// Something came, so the next failure is a first one.
  void progressed() { failures_ = 0; }

 private:
  const HubSettings& settings_;
  std::stop_token stop_;
  int failures_ = 0;
};

/// Says what went wrong with `what` ("model.safetensors of BAAI/bge-small-en-v1.5"), and what to do about it.
/// Throws Error: kNotFound (404), kIo (all else).
[[noreturn]] void throw_http_error(const HubSettings& settings, const HttpResult& result, const std::string& what);

}  // namespace riverbank
