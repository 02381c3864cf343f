#include "lib/base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "lib/base/descriptor.h"
#include "lib/base/nameless_file.h"
#include "riverbank/error.h"
#include "tests/support/expect_error.h"
#include "tests/support/memory.h"
#include "tests/support/temporary_folder.h"

namespace riverbank {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

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

TEST(MappedFile, IsPassedOverInPiecesAndStaysReadable) {
  const testing::TemporaryFolder folder;
  std::string bytes(std::size_t{40} << 20U, '\0');
  for (std::size_t i = 0; i < bytes.size(); i += 997) bytes[i] = static_cast<char>(i / 997);
  const MappedFile file(folder.write("large", bytes));
  std::string seen;
  std::size_t pieces = 0;
  file.pass_over(bytes.size() - 5, [&](std::size_t at, std::span<const std::byte> piece) {
    EXPECT_EQ(at, seen.size());
    seen.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    ++pieces;
  });
  EXPECT_EQ(pieces, 3U);
  const auto passed = testing::memory_now();
  const auto sum = std::accumulate(file.bytes().begin(), file.bytes().end(), 0U,
                                   [](unsigned all, std::byte byte) { return all + std::to_integer<unsigned>(byte); });
  EXPECT_GT(sum, 0U);
  if (passed) {
    EXPECT_GT(testing::memory_now()->mapped, passed->mapped + bytes.size() / 2) << "it was unmapped";
  }
  EXPECT_TRUE(seen == bytes.substr(0, bytes.size() - 5));
  file.forget(4'098);
  EXPECT_EQ(std::memcmp(file.bytes().data(), bytes.data(), bytes.size()), 0) << "what was unmapped comes back";
}

TEST(NamelessFile, HoldsWhatIsWrittenWhereverThatIs) {
  const testing::TemporaryFolder folder;
  NamelessFile file(folder.path());
  EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "it has no name";
  file.write(5, bytes_of("behind"));
  file.write(0, bytes_of("first"));
  file.write(3, bytes_of("ST"));
  NamelessFile moved = std::move(file);
  std::string found(11, '?');
  moved.read(0, std::as_writable_bytes(std::span(found)));
  EXPECT_EQ(found, "firSTbehind");
}

TEST(NamelessFile, SaysWhatIsNotThere) {
  const testing::TemporaryFolder folder;
  NamelessFile file(folder.path());
  file.write(0, bytes_of("short"));
  std::string found(6, '?');
  testing::expect_error(ErrorKind::kIo, "cannot read a temporary file in " + folder.path().string(),
                        [&] { file.read(0, std::as_writable_bytes(std::span(found))); });
}

TEST(NamelessFile, GoesToTheTemporaryFilesWhereItsFolderCannotBeWritten) {
  NamelessFile file("/nowhere/at/all");
  file.write(0, bytes_of("x"));
  std::string found(1, '?');
  file.read(0, std::as_writable_bytes(std::span(found)));
  EXPECT_EQ(found, "x");
}

/// No file can be made on /dev/full; a limit on the size of files is met in the same place.
TEST(NamelessFileDeathTest, NamesAFullDisk) {
  const testing::TemporaryFolder folder;
  const auto fill = [&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4'096, 4'096};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    NamelessFile file(folder.path());
    try {
      file.write(0, std::vector<std::byte>(8'192));
    } catch (const Error& error) {
      std::fprintf(stderr, "%s\n", error.what());
      std::_Exit(error.kind() == ErrorKind::kIo ? 3 : 4);
    }
    std::_Exit(0);
  };
  EXPECT_EXIT(fill(), ::testing::ExitedWithCode(3), "cannot write a temporary file in .*: File too large");
}

}  // namespace
}  // namespace riverbank
