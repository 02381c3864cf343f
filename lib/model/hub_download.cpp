#include "lib/model/hub_download.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <thread>
#include <utility>

#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/base/printable.h"
#include "lib/model/hub_cache.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// The most that a file without a SHA-256 can hold: the hub keeps what is larger as LFS, which has one.
constexpr std::uint64_t kMaxSmallFile = std::uint64_t{64} << 20U;

/// Tells how a transfer goes, ten times a second at most, with the speed of the last few seconds.
class Meter {
 public:
  Meter(const TransferCallback& callback, const HubFile& file) : callback_(callback) {
    state_.file = file.path;
    state_.total = file.bytes;
  }

  void update(std::uint64_t done, bool at_once = false) {
    if (!callback_) return;
    const Clock::time_point now = Clock::now();
    const double seconds = std::chrono::duration<double>(now - last_).count();
    if (!at_once && seconds < 0.1) return;
    if (started_ && done >= state_.done && seconds > 0) {
      const double speed = static_cast<double>(done - state_.done) / seconds;
      const double weight = state_.bytes_per_second == 0 ? 1 : 1 - std::exp(-seconds / 3);
      state_.bytes_per_second += weight * (speed - state_.bytes_per_second);
    }
    started_ = true;
    last_ = now;
    state_.done = done;
    callback_(state_);
  }

 private:
  const TransferCallback& callback_;
  TransferProgress state_;
  Clock::time_point last_{};
  bool started_ = false;
};

/// An open file that closes itself.
class OpenFile {
 public:
  OpenFile(const fs::path& path, int flags) : path_(path), number_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {
    if (number_ < 0) throw_errno("cannot write", path_, errno);
  }
  ~OpenFile() { ::close(number_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  int number() const { return number_; }
  const fs::path& path() const { return path_; }

  std::uint64_t size() const {
    struct stat info {};
    if (::fstat(number_, &info) != 0) throw_errno("cannot read", path_, errno);
    return static_cast<std::uint64_t>(info.st_size);
  }
  void truncate() const {
    if (::ftruncate(number_, 0) != 0) throw_errno("cannot write", path_, errno);
  }
  void append(std::span<const std::byte> bytes) const {
    while (!bytes.empty()) {
      const ssize_t put = ::write(number_, bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) throw_write_error(errno);
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
  }
  void sync() const {
    if (::fsync(number_) != 0) throw_write_error(errno);
  }

 private:
  [[noreturn]] void throw_write_error(int error) const {
    if (error != ENOSPC && error != EDQUOT) throw_errno("cannot write", path_, error);
    throw Error(ErrorKind::kIo, "the disk is full: " + printable(path_.string()) +
                                    " could not grow; free some space, or set HF_HOME to a folder on another disk");
  }

  fs::path path_;
  int number_;
};

/// Holds the lock that the hub's own package holds while it downloads the same blob.
class BlobLock {
 public:
  /// Waits for another process, and tells meanwhile how far that one's file has come.
  BlobLock(const fs::path& lock, const fs::path& partial, Meter& meter, const std::stop_token& stop)
      : file_(lock, O_RDWR | O_CREAT) {
    while (::flock(file_.number(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) throw_errno("cannot lock", lock, errno);
      if (stop.stop_requested()) throw Error(ErrorKind::kCancelled, "stopped while another process downloads the file");
      std::error_code ignored;
      const std::uintmax_t size = fs::file_size(partial, ignored);
      meter.update(ignored ? 0 : size);
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }

 private:
  OpenFile file_;
};

std::string described(const HubCommit& from, const HubFile& file) {
  return printable(file.path) + " of " + printable(from.repository);
}

/// Whether a blob of the right size stands there; one gets its name only with the right sum.
bool stands(const fs::path& blob, const HubFile& file) {
  std::error_code error;
  return fs::file_size(blob, error) == file.bytes && !error;
}

/// One download of one file: the tries, until all its bytes are there.
class Download {
 public:
  Download(HttpClient& client, const HubCommit& from, const HubFile& file, const OpenFile& partial, Meter& meter,
           std::stop_token stop)
      : client_(client), from_(from), file_(file), partial_(partial), meter_(meter), stop_(std::move(stop)) {}

  /// Returns when the partial file has the promised size.
  void run() {
    const std::string url =
        client_.settings().endpoint + "/" + from_.repository + "/resolve/" + from_.commit + "/" + file_.path;
    Retries retries(client_.settings(), stop_);
    done_ = partial_.size();
    if (done_ > file_.bytes) restart();
    furthest_ = done_;
    meter_.update(done_, true);
    while (done_ < file_.bytes) {
      const std::uint64_t from = done_;
      const HttpResult result = client_.get(
          url, from, {[this](const HttpResult& head) { begin(head); }, [this](auto bytes) { take(bytes); }});
      if (done_ >= file_.bytes) break;
      if (result.status == 416 && from > 0) {  // the server's file is shorter than the part that is here
        restart();
        continue;
      }
      if (done_ > furthest_) retries.progressed();
      furthest_ = std::max(furthest_, done_);
      if (!retries.again(client_, result)) give_up(result);
    }
    meter_.update(done_, true);
  }

 private:
  void restart() {
    partial_.truncate();
    done_ = 0;
  }

  void begin(const HttpResult& head) {
    if (head.status == 200 && done_ > 0) restart();  // the server does not do ranges
    if (head.status == 206 && head.range_at.value_or(done_) != done_) {
      throw Error(ErrorKind::kIo, printable(host_of(client_.settings().endpoint)) + " sent another part of " +
                                      described(from_, file_) +
                                      " than was asked for; name another source with HF_ENDPOINT");
    }
  }

  void take(std::span<const std::byte> bytes) {
    if (bytes.size() > file_.bytes - done_) {
      restart();
      throw Error(ErrorKind::kCorrupt, fmt::format("{} has more than the {} bytes that were promised; it was not kept. "
                                                   "Try again, or name another source with HF_ENDPOINT",
                                                   described(from_, file_), file_.bytes));
    }
    partial_.append(bytes);
    done_ += bytes.size();
    meter_.update(done_);
  }

  [[noreturn]] void give_up(const HttpResult& result) {
    if (result.end == HttpResult::End::kWhole && (result.status == 200 || result.status == 206)) {
      throw Error(ErrorKind::kCorrupt, fmt::format("{} ends after {} of {} bytes; it is not used. Try again, or name "
                                                   "another source with HF_ENDPOINT",
                                                   described(from_, file_), done_, file_.bytes));
    }
    throw_http_error(client_.settings(), result, described(from_, file_));
  }

  HttpClient& client_;
  const HubCommit& from_;
  const HubFile& file_;
  const OpenFile& partial_;
  Meter& meter_;
  std::stop_token stop_;
  std::uint64_t done_ = 0;
  std::uint64_t furthest_ = 0;  ///< a server that always begins again makes no progress by doing so
};

/// What is wrong with the bytes of `path`, as a sentence; empty when their sums are right.
std::string wrong_sum(const fs::path& path, const HubFile& file, const std::stop_token& stop) {
  const auto sentence = [&](const char* kind, const std::string& found, const std::string& expected) {
    return fmt::format(
        "{} has {} {}, expected {}; the download was damaged or the file was replaced. It was not kept. Try again, or "
        "name another source with HF_ENDPOINT.",
        printable(file.path), kind, found, printable(expected));
  };
  if (!file.sha256.empty()) {
    const std::string found = to_hex(sha256_of_file(path, stop));
    if (found != file.sha256) return sentence("SHA-256", found, file.sha256);
  }
  if (!file.git_sha1.empty()) {
    const std::string found = git_blob_sha1(read_file(path, kMaxSmallFile));
    if (found != file.git_sha1) return sentence("git blob SHA-1", found, file.git_sha1);
  }
  return {};
}

fs::path blob_path(const HubCommit& from, const HubFile& file) {
  return hub_repository_folder(from.repository) / "blobs" / file.blob();
}

fs::path partial_path(const fs::path& blob) { return blob.string() + ".incomplete"; }

}  // namespace

fs::path download_blob(HttpClient& client, const HubCommit& from, const HubFile& file, const TransferCallback& progress,
                       std::stop_token stop) {
  fs::path blob = blob_path(from, file);
  if (stands(blob, file)) return blob;
  const fs::path partial_name = partial_path(blob);
  const fs::path locks = hub_cache() / ".locks" / blob.parent_path().parent_path().filename();
  make_shared_folder(blob.parent_path());
  make_shared_folder(locks);

  Meter meter(progress, file);
  const BlobLock lock(locks / (file.blob() + ".lock"), partial_name, meter, stop);
  if (stands(blob, file)) return blob;  // the process that held the lock brought it

  const OpenFile partial(partial_name, O_RDWR | O_CREAT | O_APPEND);
  bool resumed = partial.size() > 0;
  while (true) {
    Download(client, from, file, partial, meter, stop).run();
    const std::string problem = wrong_sum(partial_name, file, stop);
    if (problem.empty()) break;
    partial.truncate();
    if (!std::exchange(resumed, false)) {
      ::unlink(partial_name.c_str());
      throw Error(ErrorKind::kCorrupt, problem);
    }
    // The part that an earlier try left may be what was wrong: once more, from the beginning.
  }
  partial.sync();
  if (::rename(partial_name.c_str(), blob.c_str()) != 0) throw_errno("cannot move into place", blob, errno);
  return blob;
}

std::uint64_t bytes_missing(const HubCommit& from, const HubFile& file) {
  const fs::path blob = blob_path(from, file);
  if (stands(blob, file)) return 0;
  std::error_code error;
  const std::uintmax_t partial = fs::file_size(partial_path(blob), error);
  return error || partial > file.bytes ? file.bytes : file.bytes - partial;
}

void make_shared_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw_errno("cannot make the folder", folder, error.value());
}

}  // namespace riverbank
