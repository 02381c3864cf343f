#include "lib/base/parallel.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "riverbank/error.h"
#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using testing::expect_error;

TEST(ThreadPool, DoesEachItemOnce) {
  ThreadPool pool(3);
  EXPECT_EQ(pool.size(), 3);
  for (const std::size_t items : {0U, 1U, 2U, 1'000U}) {
    std::vector<int> done(items);
    pool.run(items, [&](std::size_t item, int worker) {
      ++done[item];
      EXPECT_GE(worker, 0);
      EXPECT_LT(worker, 3);
    });
    EXPECT_EQ(done, std::vector<int>(items, 1));
  }
}

TEST(ThreadPool, ThrowsOnWhatAnItemThrows) {
  ThreadPool pool(3);
  const auto fail = [&] {
    pool.run(100, [](std::size_t item, int) {
      if (item == 40) throw std::out_of_range("40");
    });
  };
  EXPECT_THROW(fail(), std::out_of_range);
  std::size_t sum = 0;
  pool.run(1, [&](std::size_t item, int) { sum += item + 1; });
  EXPECT_EQ(sum, 1U) << "and goes on";
}

TEST(ThreadPool, IsNotNeeded) {
  std::vector<std::size_t> items;
  run(nullptr, 3, [&](std::size_t item, int worker) {
    items.push_back(item);
    EXPECT_EQ(worker, 0);
  });
  EXPECT_EQ(items, (std::vector<std::size_t>{0, 1, 2}));
}

TEST(ThreadCount, IsOneForEachCoreOrWhatIsAskedFor) {
  EXPECT_GE(thread_count(0), 1);
  EXPECT_EQ(thread_count(7), 7);
  expect_error(ErrorKind::kInvalidArgument, "between 1 and 1024 (0: one for each core), not -1",
               [] { thread_count(-1); });
  expect_error(ErrorKind::kInvalidArgument, "not 10000", [] { thread_count(10'000); });
}

/// Threads that were started must be joined before the error is thrown, or the program ends there and then.
TEST(ThreadPoolDeathTest, SaysThatThereIsNoRoomForSoManyThreads) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer wants all of the address space";
#endif
#if !defined(__x86_64__)
  GTEST_SKIP() << "an emulator does not keep to the limit";
#endif
  const auto start_many = [] {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlim_t room = pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + (rlim_t{100} << 20U);  // for some stacks
    const rlimit limit{room, room};
    ::setrlimit(RLIMIT_AS, &limit);
    try {
      const ThreadPool pool(1'000);
    } catch (const Error& error) {
      std::fprintf(stderr, "%s\n", error.what());
      std::_Exit(error.kind() == ErrorKind::kInvalidArgument ? 3 : 4);
    }
    std::_Exit(0);
  };
  EXPECT_EXIT(start_many(), ::testing::ExitedWithCode(3),
              "only [0-9]+ of 1000 threads could be started .*ask for fewer");
}

}  // namespace
}  // namespace riverbank
