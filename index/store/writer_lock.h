#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

namespace riverbank {

/// The right to change an index, held by one process at a time: a lock of the open file description (fcntl(2),
/// F_OFD_SETLK) on the file `lock` in its folder. The kernel takes it back when the process ends, however it ends.
/// Move-only; one thread. Two locks of one process exclude each other like those of two.
class WriterLock {
 public:
  static constexpr char kFileName[] = "lock";

  /// Takes it at once, or gives nothing. Throws Error kIo when the file cannot be made.
  static std::optional<WriterLock> try_acquire(const std::filesystem::path& folder);
  /// Waits for it up to `patience`. Throws Error: kBusy, whose message says which process holds it; kCancelled;
  /// kIo.
  static WriterLock acquire(const std::filesystem::path& folder, std::chrono::duration<double> patience,
                            std::stop_token stop = {});
  /// Who holds it, for a person: "process 4711 (riverbank index docs)"; empty when nobody does.
  static std::string holder(const std::filesystem::path& folder);

  WriterLock(WriterLock&& other) noexcept;
  WriterLock& operator=(WriterLock&& other) noexcept;
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;
  ~WriterLock();

 private:
  explicit WriterLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace riverbank
