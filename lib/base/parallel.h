#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace riverbank {

/// The number of threads to use: `requested`, or for 0 what this process may run on (its CPU affinity).
/// Throws Error kInvalidArgument below 0 and above 1,024.
int thread_count(int requested);

/// A fixed set of threads that share out the items of one loop at a time. One thread may call run() at a time.
class ThreadPool {
 public:
  /// `threads` counts the caller, which works too: a pool of 1 starts no thread. Throws Error kInvalidArgument when the
  /// system does not let so many be started.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const;

  /// Calls work(item, worker) for each item in [0, items), each once, on whichever thread is free; worker is in
  /// [0, size()). Returns when all are done; the first exception thrown ends the loop early and is thrown on.
  void run(std::size_t items, const std::function<void(std::size_t item, int worker)>& work);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// pool->run(); without a pool this thread does it all, item after item.
void run(ThreadPool* pool, std::size_t items, const std::function<void(std::size_t item, int worker)>& work);

}  // namespace riverbank
