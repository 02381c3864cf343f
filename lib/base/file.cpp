#include "lib/base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "lib/base/descriptor.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

/// A device, a pipe or a socket: it cannot be replaced by a file (root could, and /dev/null would be gone).
bool is_stream(const std::filesystem::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

Descriptor open_for_reading(const std::filesystem::path& path, struct stat& info) {
  const int number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a FIFO must not block the caller
  if (number < 0) throw_errno("cannot open", path, errno);
  if (::fstat(number, &info) != 0) {
    const int error = errno;
    ::close(number);
    throw_errno("cannot read", path, error);
  }
  if (!S_ISREG(info.st_mode)) {
    ::close(number);
    throw Error(ErrorKind::kInvalidArgument, printable(path.string()) +
                                                 (S_ISDIR(info.st_mode) ? " is a folder" : " is not a regular file") +
                                                 "; name a file");
  }
  return Descriptor(number);
}

}  // namespace

void throw_errno(std::string_view action, const std::filesystem::path& path, int error_number) {
  const ErrorKind kind = error_number == ENOENT || error_number == ENOTDIR ? ErrorKind::kNotFound : ErrorKind::kIo;
  throw Error(kind, std::string(action) + " " + printable(path.string()) + ": " + std::strerror(error_number));
}

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

bool is_folder(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  struct stat info {};
  const Descriptor file = open_for_reading(path, info);
  const auto too_large = [&] {
    return Error(ErrorKind::kUnsupported,
                 printable(path.string()) + " is larger than the " + std::to_string(max_bytes) + " bytes allowed here");
  };
  if (static_cast<std::uint64_t>(info.st_size) > max_bytes) throw too_large();
  std::string bytes;
  bytes.resize(static_cast<std::size_t>(info.st_size));
  std::size_t filled = 0;
  while (true) {
    if (filled == bytes.size()) {  // the size was a promise; only the end of file is the end
      if (filled > max_bytes) throw too_large();
      bytes.resize(filled + 4096);
    }
    const ssize_t got = ::read(file.get(), bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno("cannot read", path, errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  if (filled > max_bytes) throw too_large();
  bytes.resize(filled);
  return bytes;
}

MappedFile::MappedFile(const std::filesystem::path& path) {
  struct stat info {};
  const Descriptor file = open_for_reading(path, info);
  size_ = static_cast<std::size_t>(info.st_size);
  if (size_ == 0) return;
  void* address = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED) throw_errno("cannot map", path, errno);
  data_ = static_cast<const std::byte*>(address);
}

void MappedFile::expect_all() const {
#ifdef MADV_POPULATE_READ  // Linux 5.14; before it, or when it fails, pages come as they are touched
  if (size_ > 0) ::madvise(const_cast<std::byte*>(data_), size_, MADV_POPULATE_READ);
#endif
}

void MappedFile::pass_over(std::size_t size, const Visit& visit) const {
  constexpr std::size_t kPiece = std::size_t{16} << 20U;
  for (std::size_t at = 0; at < size; at += kPiece) {
    const std::size_t piece = std::min(kPiece, size - at);
    visit(at, bytes().subspan(at, piece));
    forget(at + piece);  // all, as touching a page may map some before it
  }
}

void MappedFile::forget(std::size_t size) const { ::madvise(const_cast<std::byte*>(data_), size, MADV_DONTNEED); }

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

AtomicFile::AtomicFile(std::filesystem::path target, unsigned mode) : target_(std::move(target)) {
  if (is_stream(target_)) {
    descriptor_ = ::open(target_.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor_ < 0) throw_errno("cannot write", target_, errno);
    return;
  }
  temporary_ = target_.string() + ".tmp-XXXXXX";
  descriptor_ = ::mkostemp(temporary_.data(), O_CLOEXEC);
  if (descriptor_ < 0) throw_errno("cannot write", target_, errno);
  if (::fchmod(descriptor_, mode) != 0) {
    const int error = errno;
    ::close(descriptor_);
    ::unlink(temporary_.c_str());
    throw_errno("cannot write", target_, error);
  }
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) throw_errno("cannot write", target_, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}

void AtomicFile::write(std::string_view text) { write(std::as_bytes(std::span(text.data(), text.size()))); }

void AtomicFile::commit() {
  if (temporary_.empty()) {
    ::close(std::exchange(descriptor_, -1));
    return;
  }
  if (::fsync(descriptor_) != 0) throw_errno("cannot write", target_, errno);
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) throw_errno("cannot move into place", target_, errno);
  ::close(std::exchange(descriptor_, -1));
  // The rename itself must survive a power cut; a file system that cannot sync a folder is no reason to fail.
  const auto folder = target_.has_parent_path() ? target_.parent_path() : std::filesystem::path(".");
  const Descriptor parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.get() >= 0) ::fsync(parent.get());
}

void write_file_atomically(const std::filesystem::path& path, std::string_view bytes, unsigned mode) {
  AtomicFile file(path, mode);
  file.write(bytes);
  file.commit();
}

void make_private_folder(const std::filesystem::path& folder) {
  if (folder.empty() || ::mkdir(folder.c_str(), 0700) == 0) return;
  if (errno == ENOENT && folder.has_parent_path() && folder.parent_path() != folder) {
    make_private_folder(folder.parent_path());
    if (::mkdir(folder.c_str(), 0700) == 0) return;
  }
  const int error = errno;
  std::error_code ignored;
  if (error == EEXIST && std::filesystem::is_directory(folder, ignored)) return;
  throw_errno("cannot make the folder", folder, error == EEXIST ? ENOTDIR : error);
}

}  // namespace riverbank
