#include "lib/model/hub_http.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <utility>

#include "lib/base/printable.h"
#include "lib/model/curl_library.h"
#include "riverbank/error.h"
#include "riverbank/version.h"

namespace riverbank {
namespace {

constexpr int kMaxRedirects = 10;
constexpr std::uint64_t kMaxErrorBody = std::uint64_t{1} << 20U;
constexpr std::chrono::seconds kLongestPause{60};

std::uint64_t parse_number(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool is_good(long status) { return status == 200 || status == 206; }
bool is_redirect(long status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

struct HeaderList {
  curl_slist* list = nullptr;
  HeaderList() = default;
  ~HeaderList() { curl().slist_free_all(list); }
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  void add(const std::string& line) { list = curl().slist_append(list, line.c_str()); }
};

[[noreturn]] void throw_cancelled() {
  throw Error(ErrorKind::kCancelled, "stopped; what was downloaded is kept, and the next pull goes on from there");
}

}  // namespace

/// What curl's callbacks share while one request runs.
struct HttpClient::Exchange {
  CURL* handle;
  const HttpReceiver& receiver;
  const std::stop_token& stop;
  std::chrono::seconds stall_timeout;
  HttpResult result{};
  bool begun = false;
  std::uint64_t ignored = 0;    ///< bytes of an answer that is not a good one
  std::exception_ptr thrown{};  ///< by the receiver; must not pass through C
  curl_off_t received = 0;
  std::chrono::steady_clock::time_point last_moved = std::chrono::steady_clock::now();
  bool stalled = false;

  static std::size_t header(char* data, std::size_t, std::size_t size, void* self) {
    static_cast<Exchange*>(self)->on_header(std::string_view(data, size));
    return size;
  }
  static std::size_t body(char* data, std::size_t, std::size_t size, void* self) {
    return static_cast<Exchange*>(self)->on_body(std::as_bytes(std::span(data, size))) ? size : 0;
  }
  /// curl asks about once a second, more often while bytes come; 1 ends the request.
  static int progress(void* self, curl_off_t, curl_off_t received, curl_off_t, curl_off_t) {
    return static_cast<Exchange*>(self)->should_end(received) ? 1 : 0;
  }

  void on_header(std::string_view line);
  bool on_body(std::span<const std::byte> bytes);
  void begin();
  bool should_end(curl_off_t received);
};

bool HttpClient::Exchange::should_end(curl_off_t now_received) {
  // Not CURLOPT_LOW_SPEED_TIME, which looks at an average and so sees a dead connection seconds late.
  if (now_received != received) {
    received = now_received;
    last_moved = std::chrono::steady_clock::now();
  }
  stalled = std::chrono::steady_clock::now() - last_moved > stall_timeout;
  return stalled || stop.stop_requested();
}

void HttpClient::Exchange::on_header(std::string_view line) {
  if (line.starts_with("HTTP/")) {  // a new answer begins; what came before was a "100 Continue" or a proxy's
    result = {};
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view name = line.substr(0, colon);
  std::string_view value = line.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  value = value.substr(0, value.find_last_not_of(" \t\r\n") + 1);
  const auto is = [&](std::string_view wanted) {
    return name.size() == wanted.size() && curl().strnequal(name.data(), wanted.data(), name.size()) != 0;
  };
  if (is("x-error-code")) {
    result.error_code = value.substr(0, 60);
  } else if (is("retry-after")) {
    result.retry_after = static_cast<long>(std::min<std::uint64_t>(parse_number(value), 3600));
  } else if (is("content-range") && value.starts_with("bytes ") && value.size() > 6 && value[6] != '*') {
    result.range_at = parse_number(value.substr(6));
  }
}

void HttpClient::Exchange::begin() {
  begun = true;
  try {
    receiver.begin(result);
  } catch (...) {
    thrown = std::current_exception();
  }
}

bool HttpClient::Exchange::on_body(std::span<const std::byte> bytes) {
  curl().easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &result.status);
  if (!is_good(result.status)) {
    ignored += bytes.size();
    return ignored <= kMaxErrorBody;
  }
  if (!begun) begin();
  if (thrown) return false;
  try {
    receiver.take(bytes);
    return true;
  } catch (...) {
    thrown = std::current_exception();
    return false;
  }
}

HttpClient::HttpClient(HubSettings settings, std::stop_token stop)
    : settings_(std::move(settings)),
      stop_(std::move(stop)),
      endpoint_origin_(origin_of(settings_.endpoint)),
      handle_(nullptr, [](void* handle) { curl().easy_cleanup(handle); }) {
  handle_.reset(curl().easy_init());
  if (handle_ == nullptr) throw Error(ErrorKind::kIo, "libcurl could not make a connection handle; is memory short?");
}

HttpClient::~HttpClient() = default;

HttpResult HttpClient::get(const std::string& url, std::uint64_t from, const HttpReceiver& receiver) {
  std::string at = url;
  for (int redirects = 0; redirects <= kMaxRedirects; ++redirects) {
    std::string next;
    HttpResult result = get_once(at, from, receiver, next);
    if (next.empty()) return result;
    if (at.starts_with("https://") && !next.starts_with("https://")) {
      throw Error(ErrorKind::kIo, printable(host_of(at)) + " redirects from https to " + printable(next.substr(0, 80)) +
                                      ", which is not followed; name another source with HF_ENDPOINT");
    }
    at = next;
  }
  throw Error(ErrorKind::kIo, fmt::format("{} redirects more than {} times; name another source with HF_ENDPOINT",
                                          printable(host_of(url)), kMaxRedirects));
}

HttpResult HttpClient::get_once(const std::string& url, std::uint64_t from, const HttpReceiver& receiver,
                                std::string& redirect) {
  CURL* handle = handle_.get();
  Exchange exchange{.handle = handle, .receiver = receiver, .stop = stop_, .stall_timeout = settings_.stall_timeout};
  HeaderList headers;
  if (!settings_.token.empty() && origin_of(url) == endpoint_origin_) {
    headers.add("Authorization: Bearer " + settings_.token);
  }
  const std::string range = fmt::format("{}-", from);
  const std::string agent = std::string("riverbank/") + kVersion;

  curl().easy_reset(handle);  // keeps the connections
  curl().easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl().easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl().easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);  // get() follows, so that the token stays behind
  curl().easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl().easy_setopt(handle, CURLOPT_USERAGENT, agent.c_str());
  curl().easy_setopt(handle, CURLOPT_HTTPHEADER, headers.list);
  if (from > 0) curl().easy_setopt(handle, CURLOPT_RANGE, range.c_str());
  if (const char* bundle = std::getenv("SSL_CERT_FILE"); bundle != nullptr && *bundle != '\0') {
    curl().easy_setopt(handle, CURLOPT_CAINFO, bundle);
  }
  curl().easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings_.connect_timeout.count()));
  curl().easy_setopt(handle, CURLOPT_BUFFERSIZE, 256L * 1024);
  curl().easy_setopt(handle, CURLOPT_HEADERFUNCTION, &Exchange::header);
  curl().easy_setopt(handle, CURLOPT_HEADERDATA, &exchange);
  curl().easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Exchange::body);
  curl().easy_setopt(handle, CURLOPT_WRITEDATA, &exchange);
  curl().easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl().easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &Exchange::progress);
  curl().easy_setopt(handle, CURLOPT_XFERINFODATA, &exchange);

  const CURLcode code = curl().easy_perform(handle);
  HttpResult& result = exchange.result;
  curl().easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &result.status);
  if (result.status != 0) contacted_ = true;
  if (exchange.thrown) std::rethrow_exception(exchange.thrown);
  if (stop_.stop_requested()) throw_cancelled();
  if (is_redirect(result.status)) {
    char* location = nullptr;
    curl().easy_getinfo(handle, CURLINFO_REDIRECT_URL, &location);
    if (location != nullptr) redirect = location;
    return result;
  }
  if (code == CURLE_OK) {
    if (is_good(result.status) && !exchange.begun) exchange.begin();  // a good answer of no bytes
    if (exchange.thrown) std::rethrow_exception(exchange.thrown);
    return result;
  }
  if (result.status != 0 && !is_good(result.status)) return result;  // its body does not matter
  result.problem = curl().easy_strerror(code);
  curl_off_t connected_after = 0;
  curl().easy_getinfo(handle, CURLINFO_PRETRANSFER_TIME_T, &connected_after);
  if (connected_after == 0) {
    result.end = HttpResult::End::kUnreachable;
  } else {
    result.end = exchange.stalled ? HttpResult::End::kStalled : HttpResult::End::kBroken;
  }
  return result;
}

bool Retries::again(const HttpClient& client, const HttpResult& result) {
  const bool passes = result.status == 429 || result.status == 408 || result.status >= 500;
  const bool worth_it = result.end == HttpResult::End::kWhole ? passes || is_good(result.status) : client.contacted();
  if (!worth_it || ++failures_ >= settings_.tries) return false;
  const auto own = settings_.pause_after_first * (1 << (failures_ - 1));
  const std::chrono::milliseconds asked = std::chrono::seconds(result.retry_after);
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any never;
  never.wait_for(lock, stop_, std::min<std::chrono::milliseconds>(std::max(own, asked), kLongestPause),
                 [] { return false; });
  if (stop_.stop_requested()) throw_cancelled();
  return true;
}

void throw_http_error(const HubSettings& settings, const HttpResult& result, const std::string& what) {
  const std::string host = printable(host_of(settings.endpoint));
  const std::string problem = printable(result.problem);
  switch (result.end) {
    case HttpResult::End::kUnreachable:
      throw Error(ErrorKind::kIo, fmt::format("cannot reach {} for {} ({}); check the network, or name another source "
                                              "with HF_ENDPOINT",
                                              host, what, problem));
    case HttpResult::End::kStalled:
      throw Error(
          ErrorKind::kIo,
          fmt::format("the connection to {} is dead: nothing of {} came for {} s; what came before is kept, try "
                      "again later",
                      host, what, settings.stall_timeout.count()));
    case HttpResult::End::kBroken:
      throw Error(ErrorKind::kIo, fmt::format("the connection to {} broke {} times while {} came ({}); what came is "
                                              "kept, try again later",
                                              host, settings.tries, what, problem));
    case HttpResult::End::kWhole:
      break;
  }
  if (result.status == 401 || result.status == 403) {
    const char* way = settings.token.empty()
                          ? "accept its terms on the hub if it is gated, and set HF_TOKEN to a token that may read it"
                          : "the token that is set may not read it";
    throw Error(ErrorKind::kIo, fmt::format("{} refuses {} (HTTP {}): it is private or gated, or does not exist; {}",
                                            host, what, result.status, way));
  }
  if (result.status == 404) {
    throw Error(ErrorKind::kNotFound,
                fmt::format("{} has no {} (HTTP 404{}); check the spelling and the revision", host, what,
                            result.error_code.empty() ? "" : ", " + printable(result.error_code)));
  }
  throw Error(ErrorKind::kIo, fmt::format("{} answered HTTP {} when asked for {}; try again later, or name another "
                                          "source with HF_ENDPOINT",
                                          host, result.status, what));
}

}  // namespace riverbank
