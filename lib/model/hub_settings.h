#pragma once

#include <chrono>
#include <string>

namespace riverbank {

/// How the hub is reached. The first three come from the environment, as the hub's own package reads it; the rest are
/// there for tests to shorten.
struct HubSettings {
  std::string endpoint = "https://huggingface.co";  ///< HF_ENDPOINT, without a '/' at its end
  std::string token;                                ///< HF_TOKEN, else the file HF_TOKEN_PATH or hub_home()/token
  bool offline = false;                             ///< HF_HUB_OFFLINE

  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::seconds stall_timeout{30};            ///< a connection on which nothing moves for so long is dead
  int tries = 5;                                     ///< in a row without a byte of progress
  std::chrono::milliseconds pause_after_first{500};  ///< before the second try; doubles with each
};

/// The settings that the environment asks for.
/// Throws Error kInvalidArgument when HF_ENDPOINT is no address or the token could not stand in a header.
HubSettings hub_settings();

/// The host (and port, where one is written) of an http or https address, for messages; empty when it is no such
/// address.
std::string host_of(const std::string& url);

/// Scheme, host and port of an address, lower case and with the scheme's own port filled in: two addresses with the
/// same origin are the same server. Empty when it is no http or https address.
std::string origin_of(const std::string& url);

}  // namespace riverbank
