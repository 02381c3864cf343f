#include "lib/model/hub_settings.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>

#include "lib/base/environment.h"
#include "lib/base/file.h"
#include "lib/base/printable.h"
#include "lib/model/curl_library.h"
#include "lib/model/hub_cache.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

using CurlUrl = std::unique_ptr<CURLU, void (*)(CURLU*)>;

CurlUrl parse_url(const std::string& url) {
  CurlUrl parsed(curl().url(), curl().url_cleanup);
  if (parsed == nullptr || curl().url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) parsed.reset();
  return parsed;
}

std::string part_of(const CurlUrl& url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (url == nullptr || curl().url_get(url.get(), part, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  curl().free(text);
  std::transform(copy.begin(), copy.end(), copy.begin(), [](unsigned char c) { return std::tolower(c); });
  return copy;
}

bool is_web(const CurlUrl& url) {
  const std::string scheme = part_of(url, CURLUPART_SCHEME);
  return (scheme == "http" || scheme == "https") && !part_of(url, CURLUPART_HOST).empty();
}

std::string trimmed(std::string text) {
  constexpr const char* kSpace = " \t\r\n";
  text.erase(text.find_last_not_of(kSpace) + 1);
  text.erase(0, std::min(text.find_first_not_of(kSpace), text.size()));
  return text;
}

std::string setting(const char* variable) { return trimmed(environment(variable)); }

/// The hub's package takes 1, ON, YES and TRUE, in any case, as true.
bool is_true(std::string value) {
  std::transform(value.begin(), value.end(), value.begin(), [](unsigned char c) { return std::toupper(c); });
  return value == "1" || value == "ON" || value == "YES" || value == "TRUE";
}

std::string token_of_environment() {
  if (std::string token = setting("HF_TOKEN"); !token.empty()) return token;
  std::filesystem::path file = setting("HF_TOKEN_PATH");
  try {
    if (file.empty()) file = hub_home() / "token";
    return trimmed(read_file(file, 4096));  // written by the hub's own "login"
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

HubSettings hub_settings() {
  HubSettings settings;
  settings.offline = is_true(setting("HF_HUB_OFFLINE"));
  if (std::string endpoint = setting("HF_ENDPOINT"); !endpoint.empty()) {
    endpoint.erase(endpoint.find_last_not_of('/') + 1);
    if (origin_of(endpoint).empty()) {
      throw Error(ErrorKind::kInvalidArgument,
                  "HF_ENDPOINT is \"" + printable(setting("HF_ENDPOINT")) +
                      "\", which is not the address of a server; set it to one that begins with https://, or unset it");
    }
    settings.endpoint = endpoint;
  }
  settings.token = token_of_environment();
  const auto unprintable = [](unsigned char c) { return c <= ' ' || c >= 0x7f; };
  if (std::any_of(settings.token.begin(), settings.token.end(), unprintable)) {
    throw Error(
        ErrorKind::kInvalidArgument,
        "the token for the hub (HF_TOKEN, or the file that its login wrote) holds spaces or control characters; "
        "set HF_TOKEN to the token alone");
  }
  return settings;
}

std::string host_of(const std::string& url) {
  const CurlUrl parsed = parse_url(url);
  if (!is_web(parsed)) return {};
  const std::string port = part_of(parsed, CURLUPART_PORT);
  return part_of(parsed, CURLUPART_HOST) + (port.empty() ? "" : ":" + port);
}

std::string origin_of(const std::string& url) {
  const CurlUrl parsed = parse_url(url);
  if (!is_web(parsed)) return {};
  return part_of(parsed, CURLUPART_SCHEME) + "://" + part_of(parsed, CURLUPART_HOST) + ":" +
         part_of(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

}  // namespace riverbank
