#include "index/store/writer_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

#include "lib/base/file.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

constexpr std::size_t kMostHolderBytes = 400;

/// This process, for a person: its number and its command line.
std::string describe_this_process() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::string command((std::istreambuf_iterator<char>(file)), {});
  while (!command.empty() && command.back() == '\0') command.pop_back();
  const std::size_t first_end = std::min(command.find('\0'), command.size());
  const std::size_t slash = command.substr(0, first_end).rfind('/');
  if (slash != std::string::npos) command.erase(0, slash + 1);
  std::ranges::replace(command, '\0', ' ');
  std::string text = "process " + std::to_string(::getpid());
  if (!command.empty()) text += " (" + command.substr(0, kMostHolderBytes / 2) + ")";
  return text;
}

int open_lock_file(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / WriterLock::kFileName;
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) throw_errno("cannot open the lock", file, errno);
  return descriptor;
}

struct flock whole_file() {
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  return range;
}

bool lock_now(int descriptor) {
  struct flock range = whole_file();
  while (::fcntl(descriptor, F_OFD_SETLK, &range) != 0) {
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EACCES) return false;
    throw Error(ErrorKind::kIo, "this file system cannot lock files; put the index on one that can");
  }
  return true;
}

/// Says in the file who holds it. Only for messages: the lock itself is the kernel's.
void sign(int descriptor) {
  const std::string text = describe_this_process() + "\n";
  if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, text.data(), text.size(), 0) < 0) return;
}

}  // namespace

std::optional<WriterLock> WriterLock::try_acquire(const std::filesystem::path& folder) {
  WriterLock lock(open_lock_file(folder));
  if (!lock_now(lock.descriptor_)) return std::nullopt;
  sign(lock.descriptor_);
  return lock;
}

WriterLock WriterLock::acquire(const std::filesystem::path& folder, std::chrono::duration<double> patience,
                               std::stop_token stop) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::duration<double> kLongest = std::chrono::hours(24 * 365);
  constexpr std::chrono::milliseconds kFirstPause(2), kLongestPause(100);
  const Clock::time_point deadline =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::clamp(patience, {}, kLongest));
  for (auto pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    if (auto lock = try_acquire(folder)) return std::move(*lock);
    if (stop.stop_requested()) {
      throw Error(ErrorKind::kCancelled, "stopped while waiting for another update of " + printable(folder.string()));
    }
    if (Clock::now() >= deadline) {
      const std::string who = holder(folder);
      throw Error(ErrorKind::kBusy, "the index in " + printable(folder.string()) + " is being updated by " +
                                        (who.empty() ? "another process" : who) + "; try again when it is done");
    }
    std::this_thread::sleep_for(pause);
  }
}

std::string WriterLock::holder(const std::filesystem::path& folder) {
  const int descriptor = ::open((folder / kFileName).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return {};
  const WriterLock file(descriptor);  // closes it
  struct flock range = whole_file();  // asking takes nothing, so it is in nobody's way
  if (::fcntl(descriptor, F_OFD_GETLK, &range) != 0 || range.l_type == F_UNLCK) return {};
  std::string text(kMostHolderBytes, '\0');
  const ssize_t size = ::pread(descriptor, text.data(), text.size(), 0);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  text.resize(std::min(text.find('\n'), text.size()));
  return printable(text);
}

WriterLock::WriterLock(WriterLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

WriterLock& WriterLock::operator=(WriterLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

WriterLock::~WriterLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace riverbank
