#include "lib/base/parallel.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "riverbank/error.h"

namespace riverbank {

int thread_count(int requested) {
  constexpr int kMostThreads = 1024;
  if (requested < 0 || requested > kMostThreads) {
    throw Error(ErrorKind::kInvalidArgument, "the number of threads must be between 1 and " +
                                                 std::to_string(kMostThreads) + " (0: one for each core), not " +
                                                 std::to_string(requested));
  }
  if (requested > 0) return requested;
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0) return std::max(1, CPU_COUNT(&allowed));
  return std::max(1U, std::thread::hardware_concurrency());
}

struct ThreadPool::State {
  std::mutex mutex;
  std::condition_variable work_ready;
  std::condition_variable work_done;
  const std::function<void(std::size_t, int)>* work = nullptr;  // guarded by mutex; null when idle
  std::size_t items = 0;
  std::uint64_t round = 0;
  int busy = 0;
  bool stopping = false;
  std::exception_ptr failure;
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;

  ~State() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    work_ready.notify_all();
    for (std::thread& thread : threads) thread.join();
  }

  void drain(const std::function<void(std::size_t, int)>& call, std::size_t count, int worker) {
    for (std::size_t item = next.fetch_add(1); item < count; item = next.fetch_add(1)) {
      try {
        call(item, worker);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        next.store(count);
      }
    }
  }

  void serve(int worker) {
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex);
    while (true) {
      work_ready.wait(lock, [&] { return stopping || round != seen; });
      if (stopping) return;
      seen = round;
      const auto* call = work;
      const std::size_t count = items;
      lock.unlock();
      drain(*call, count, worker);
      lock.lock();
      if (--busy == 0) work_done.notify_one();
    }
  }
};

ThreadPool::ThreadPool(int threads) : state_(std::make_unique<State>()) {
  state_->threads.reserve(static_cast<std::size_t>(std::max(0, threads - 1)));
  try {
    for (int worker = 1; worker < threads; ++worker) {
      state_->threads.emplace_back([state = state_.get(), worker] { state->serve(worker); });
    }
  } catch (const std::system_error& error) {
    throw Error(ErrorKind::kInvalidArgument, "only " + std::to_string(size()) + " of " + std::to_string(threads) +
                                                 " threads could be started (" + error.code().message() +
                                                 "); ask for fewer");
  }
}

ThreadPool::~ThreadPool() = default;

int ThreadPool::size() const { return static_cast<int>(state_->threads.size()) + 1; }

void ThreadPool::run(std::size_t items, const std::function<void(std::size_t, int)>& work) {
  if (items == 0) return;
  if (items == 1 || state_->threads.empty()) {
    for (std::size_t item = 0; item < items; ++item) work(item, 0);
    return;
  }
  {
    const std::lock_guard lock(state_->mutex);
    state_->work = &work;
    state_->items = items;
    state_->next.store(0);
    state_->failure = nullptr;
    state_->busy = static_cast<int>(state_->threads.size());
    ++state_->round;
  }
  state_->work_ready.notify_all();
  state_->drain(work, items, 0);
  std::unique_lock lock(state_->mutex);
  state_->work_done.wait(lock, [&] { return state_->busy == 0; });
  if (state_->failure) std::rethrow_exception(state_->failure);
}

void run(ThreadPool* pool, std::size_t items, const std::function<void(std::size_t, int)>& work) {
  if (pool != nullptr) return pool->run(items, work);
  for (std::size_t item = 0; item < items; ++item) work(item, 0);
}

}  // namespace riverbank
