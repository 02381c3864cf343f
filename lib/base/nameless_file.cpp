#include "lib/base/nameless_file.h"

#include <fcntl.h>
#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

/// Where the file system cannot make a file without a name it has one for a moment.
Descriptor open_nameless(const std::filesystem::path& folder) {
  if (folder.empty()) return Descriptor(-1);
  if (Descriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)); file.get() >= 0) return file;
  std::string name = (folder / "riverbank.tmp-XXXXXX").string();
  Descriptor file(::mkostemp(name.data(), O_CLOEXEC));
  if (file.get() >= 0) ::unlink(name.c_str());
  return file;
}

}  // namespace

NamelessFile::NamelessFile(std::filesystem::path folder) : folder_(std::move(folder)), file_(open_nameless(folder_)) {
  if (file_.get() >= 0) return;
  std::error_code none;
  folder_ = std::filesystem::temp_directory_path(none);
  if (none) folder_ = "/tmp";
  file_ = open_nameless(folder_);
  if (file_.get() < 0) fail("cannot make", errno);
}

void NamelessFile::fail(const char* action, int error_number) const {
  throw Error(ErrorKind::kIo, std::string(action) + " a temporary file in " + printable(folder_.string()) + ": " +
                                  std::strerror(error_number));
}

void NamelessFile::write(std::uint64_t at, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail("cannot write", errno);
    at += static_cast<std::uint64_t>(put);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}

void NamelessFile::read(std::uint64_t at, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t got = ::pread(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail("cannot read", got < 0 ? errno : ENODATA);
    at += static_cast<std::uint64_t>(got);
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace riverbank
