#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace riverbank {

/// Whether a path names something, or a folder; what cannot be looked at does neither.
bool is_there(const std::filesystem::path& path);
bool is_folder(const std::filesystem::path& path);

/// The bytes of a whole file. Throws Error: kNotFound, kIo, or kUnsupported when it holds more than `max_bytes`.
std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes);

/// A file's bytes, mapped read-only and private. The bytes live as long as the object; move-only; any thread may read.
class MappedFile {
 public:
  MappedFile() = default;
  /// Throws Error: kNotFound, kIo. An empty file maps to an empty span.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  /// All of it is about to be read: lets the kernel map at once what it has in memory, rather than page by page.
  void expect_all() const;
  /// Visits the first `size` bytes in pieces of whole pages and unmaps what lies behind, so that a pass over a
  /// large file does not count as memory in use. What is unmapped comes back when it is touched.
  using Visit = std::function<void(std::size_t at, std::span<const std::byte> piece)>;
  void pass_over(std::size_t size, const Visit& visit) const;
  /// Unmaps the first `size` bytes in that sense.
  void forget(std::size_t size) const;

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// A file that appears whole or not at all: written beside its target under a temporary name, then fsynced and renamed
/// by commit(). Without commit() nothing is left behind. A device or a pipe is written as it is. One thread.
class AtomicFile {
 public:
  /// Throws Error kIo when the temporary file cannot be made.
  explicit AtomicFile(std::filesystem::path target, unsigned mode = 0600);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Appends; throws Error kIo (a full disk is named as such).
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  /// Makes the file durable and moves it into place; throws Error kIo.
  void commit();

 private:
  std::filesystem::path target_;
  std::string temporary_;
  int descriptor_ = -1;
};

/// Writes `bytes` to `path` so that a reader sees the old file or the new one, never a part. Throws Error kIo.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes, unsigned mode = 0600);

/// Makes `folder` and its parents, readable by their owner alone. Throws Error kIo.
void make_private_folder(const std::filesystem::path& folder);

/// "<message>: <what errno means>", with the path that it is about, as an Error of kind kIo (kNotFound for ENOENT).
[[noreturn]] void throw_errno(std::string_view action, const std::filesystem::path& path, int error_number);

}  // namespace riverbank
