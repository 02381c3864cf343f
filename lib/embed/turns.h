#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace riverbank {

/// A lock that serves those who wait in the order of their coming. A std::mutex may be taken again and again by the
/// thread that just left it, and a question would wait for a whole indexing run. For std::lock_guard.
class Turns {
 public:
  void lock() {
    std::unique_lock guard(mutex_);
    const std::uint64_t mine = next_++;
    changed_.wait(guard, [&] { return serving_ == mine; });
  }

  void unlock() {
    {
      const std::lock_guard guard(mutex_);
      ++serving_;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t next_ = 0;     // guarded by mutex_, as is serving_
  std::uint64_t serving_ = 0;  // whose turn it is
};

}  // namespace riverbank
