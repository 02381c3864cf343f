#include "index/search/source_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "lib/base/descriptor.h"
#include "lib/text/unicode.h"

namespace riverbank {
namespace {

constexpr std::size_t kPrefix = 8192;  // where git, too, looks for binary files
constexpr std::int64_t kRacyNs = 2'000'000'000;

std::int64_t modified_ns(const struct stat& info) {
  return static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec;
}

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Unreadable unreadable(int error_number) {
  std::string reason = std::strerror(error_number);
  if (!reason.empty()) reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
  const bool vanished = error_number == ENOENT || error_number == ENOTDIR;
  return {.reason = vanished ? "vanished while it was read" : reason, .vanished = vanished, .keep = !vanished};
}

/// Appends up to `count` bytes; the number of the error, 0 when all is well or the file ended.
int read_more(int descriptor, std::size_t count, std::string& bytes) {
  const std::size_t before = bytes.size();
  bytes.resize(before + count);
  std::size_t filled = 0;
  int error = 0;
  while (filled < count && error == 0) {
    const ssize_t got = ::read(descriptor, bytes.data() + before + filled, count - filled);
    if (got == 0) break;
    if (got > 0) {
      filled += static_cast<std::size_t>(got);
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  bytes.resize(before + filled);
  return error;
}

/// Whether the file now at `path` is still the one that was opened, as it was then.
bool settled(const std::filesystem::path& path, const struct stat& opened) {
  struct stat now {};
  return ::stat(path.c_str(), &now) == 0 && now.st_ino == opened.st_ino && now.st_dev == opened.st_dev &&
         now.st_size == opened.st_size && modified_ns(now) == modified_ns(opened) &&
         now_ns() - modified_ns(opened) > kRacyNs;
}

}  // namespace

std::variant<SourceFile, Unreadable> read_source_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a FIFO must not block us
  if (file.get() < 0) return unreadable(errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return unreadable(errno);
  if (!S_ISREG(info.st_mode)) return Unreadable{.reason = "not a regular file"};
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (size > max_bytes) return Unreadable{.reason = "larger than " + size_in_words(max_bytes)};

  SourceFile source;
  const auto length = static_cast<std::size_t>(size);
  if (const int error = read_more(file.get(), std::min(length, kPrefix), source.bytes)) return unreadable(error);
  if (length > kPrefix && !decode_text(source.bytes)) return Unreadable{.reason = "binary"};
  if (const int error = read_more(file.get(), length - source.bytes.size(), source.bytes)) return unreadable(error);
  source.size = size;
  source.modified_ns = source.bytes.size() == length && settled(path, info) ? modified_ns(info) : 0;
  return source;
}

std::string size_in_words(std::uint64_t bytes) {
  constexpr std::array<const char*, 4> kUnits{"bytes", "KiB", "MiB", "GiB"};
  std::size_t unit = 0;
  auto value = static_cast<double>(bytes);
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return fmt::format("{:.4g} {}", value, kUnits.at(unit));
}

}  // namespace riverbank
