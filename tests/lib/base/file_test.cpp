#include "lib/base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <thread>

#include "lib/base/descriptor.h"
#include "tests/support/temporary_folder.h"

namespace riverbank {
namespace {

TEST(AtomicFile, ReplacesAFileWhole) {
  const testing::TemporaryFolder folder;
  const auto file = folder.write("a.txt", "before");
  {
    AtomicFile given_up(file);
    given_up.write("half");
  }
  EXPECT_EQ(read_file(file, 100), "before");
  write_file_atomically(file, "after");
  EXPECT_EQ(read_file(file, 100), "after");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

/// Whoever may replace a device would lose it: /dev/null is written to, not renamed over.
TEST(AtomicFile, WritesToAPipeAsItIs) {
  const testing::TemporaryFolder folder;
  const auto pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::string got(16, '\0');
  std::thread reader([&] {
    const Descriptor from(::open(pipe.c_str(), O_RDONLY | O_CLOEXEC));
    got.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::read(from.get(), got.data(), got.size()))));
  });
  write_file_atomically(pipe, "a page");
  reader.join();
  EXPECT_EQ(got, "a page");
  EXPECT_EQ(std::filesystem::status(pipe).type(), std::filesystem::file_type::fifo);
  write_file_atomically("/dev/null", "nothing");
  EXPECT_EQ(std::filesystem::status("/dev/null").type(), std::filesystem::file_type::character);
}

}  // namespace
}  // namespace riverbank
