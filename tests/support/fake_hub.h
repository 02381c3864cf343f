#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "lib/base/hash.h"
#include "lib/model/hub_cache.h"
#include "lib/model/hub_download.h"
#include "lib/model/hub_pull.h"
#include "tests/support/http_server.h"

namespace riverbank::testing {

/// A hub with one repository, owner/model, that is honest unless a test tells it what to do instead.
class FakeHub {
 public:
  using Fault = std::function<void(const HttpRequest& request, const std::string& body, HttpConnection& connection)>;

  static constexpr const char* kRepository = "owner/model";
  static constexpr const char* kCommit = "0123456789abcdef0123456789abcdef01234567";

  FakeHub() : server_([this](const HttpRequest& request, HttpConnection& connection) { serve(request, connection); }) {}

  /// Adds a file; LFS ones are known by their SHA-256, others by their git blob's SHA-1.
  void add(const std::string& path, std::string bytes) { files_[path] = std::move(bytes); }
  /// What happens, in turn, to the next requests for that file; then it is served honestly again.
  void next(const std::string& path, const Fault& fault, int times = 1) {
    const std::lock_guard lock(mutex_);
    for (int i = 0; i < times; ++i) faults_[path].push_back(fault);
  }
  /// What happens to every request for that file.
  void always(const std::string& path, const Fault& fault) { next(path, fault, 1000); }

  HubSettings settings() const {
    HubSettings settings;
    settings.endpoint = server_.url();
    settings.stall_timeout = std::chrono::seconds(1);
    settings.pause_after_first = std::chrono::milliseconds(1);
    settings.tries = 3;
    return settings;
  }
  /// All files at the commit, with the sums that they should have.
  HubRequest request() const {
    HubRequest request{.repository = kRepository, .revision = kCommit, .files = {}};
    for (const auto& [path, bytes] : files_) request.files.push_back(described(path, bytes));
    return request;
  }
  static HubFile described(const std::string& path, const std::string& bytes) {
    return {.path = path, .bytes = bytes.size(), .sha256 = to_hex(sha256(bytes)), .git_sha1 = {}};
  }

  /// The requests for that file, or for "api".
  std::vector<HttpRequest> requests(const std::string& path) const {
    std::vector<HttpRequest> found;
    for (const HttpRequest& request : server_.requests()) {
      if (name_of(request) == path) found.push_back(request);
    }
    return found;
  }
  const HttpServer& server() const { return server_; }

  static void honest(const HttpRequest& request, const std::string& body, HttpConnection& connection) {
    const std::size_t from = request.from();
    if (from == 0) return connection.answer("200 OK", body);
    if (from >= body.size()) return connection.answer("416 Range Not Satisfiable", "");
    connection.answer("206 Partial Content", body.substr(from),
                      "Content-Range: bytes " + std::to_string(from) + "-" + std::to_string(body.size() - 1) + "/" +
                          std::to_string(body.size()) + "\r\n");
  }

 private:
  static std::string name_of(const HttpRequest& request) {
    const std::string resolve = std::string("/") + kRepository + "/resolve/" + kCommit + "/";
    if (request.path.starts_with(resolve)) return request.path.substr(resolve.size());
    return request.path.starts_with("/api/") ? "api" : "?";
  }

  void serve(const HttpRequest& request, HttpConnection& connection) {
    const std::string name = name_of(request);
    const auto file = files_.find(name);
    const std::string body = file != files_.end() ? file->second : api_answer();
    Fault fault;
    {
      const std::lock_guard lock(mutex_);
      if (auto& queue = faults_[name]; !queue.empty()) {
        fault = queue.front();
        queue.pop_front();
      }
    }
    if (fault) return fault(request, body, connection);
    const std::string api = std::string("/api/models/") + kRepository + "/revision/main?blobs=true";
    if (file == files_.end() && request.path != api) {
      return connection.answer("404 Not Found", "", "X-Error-Code: EntryNotFound\r\n");
    }
    honest(request, body, connection);
  }

  std::string api_answer() const {
    std::string siblings;
    for (const auto& [path, bytes] : files_) {
      const std::string lfs = R"(,"lfs":{"sha256":")" + to_hex(sha256(bytes)) + R"(","pointerSize":1})";
      siblings += (siblings.empty() ? "" : ",") + (R"({"rfilename":")" + path) + R"(","size":)" +
                  std::to_string(bytes.size()) + R"(,"blobId":")" + git_blob_sha1(bytes) + '"' +
                  (path.ends_with(".safetensors") ? lfs : "") + "}";
    }
    return std::string(R"({"id":"owner/model","sha":")") + kCommit + R"(","siblings":[)" + siblings + "]}";
  }

  std::map<std::string, std::string> files_;
  std::mutex mutex_;
  std::map<std::string, std::deque<Fault>> faults_;
  HttpServer server_;  // last: it ends before what it uses
};

// Faults, for FakeHub::next().

/// Promises all, sends a part, closes.
inline FakeHub::Fault drop_after(std::size_t bytes) {
  return [bytes](const HttpRequest& request, const std::string& body, HttpConnection& connection) {
    const std::string rest = body.substr(request.from());
    const std::string status = request.from() == 0 ? "200 OK" : "206 Partial Content";
    const std::string range = "Content-Range: bytes " + std::to_string(request.from()) + "-/*\r\n";
    connection.send("HTTP/1.1 " + status + "\r\n" + (request.from() == 0 ? "" : range) +
                    "Content-Length: " + std::to_string(rest.size()) + "\r\n\r\n" + rest.substr(0, bytes));
  };
}

/// Promises all, sends a part, then nothing more.
inline FakeHub::Fault stall_after(std::size_t bytes) {
  return [bytes](const HttpRequest& request, const std::string& body, HttpConnection& connection) {
    drop_after(bytes)(request, body, connection);
    connection.stall();
  };
}

/// Sends all, whatever was asked for.
inline FakeHub::Fault ignore_range() {
  return [](const HttpRequest&, const std::string& body, HttpConnection& connection) {
    connection.answer("200 OK", body);
  };
}

/// Sends these bytes as if they were the file.
inline FakeHub::Fault send_instead(std::string bytes) {
  return [bytes = std::move(bytes)](const HttpRequest& request, const std::string&, HttpConnection& connection) {
    FakeHub::honest(request, bytes, connection);
  };
}

inline FakeHub::Fault answer(std::string status, std::string headers = "") {
  return [status = std::move(status), headers = std::move(headers)](const HttpRequest&, const std::string&,
                                                                    HttpConnection& connection) {
    connection.answer(status, "<html>no</html>", headers);
  };
}

inline FakeHub::Fault redirect(std::string location) {
  return answer("302 Found", "Location: " + std::move(location) + "\r\n");
}

}  // namespace riverbank::testing
