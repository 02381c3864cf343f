#include "cli/bus_errors.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>

#include <filesystem>
#include <string>

#include "lib/base/file.h"
#include "tests/support/temporary_folder.h"

namespace riverbank::cli {
namespace {

char read_after_truncation(const std::filesystem::path& file) {
  explain_bus_errors();
  const MappedFile mapped(file);
  std::filesystem::resize_file(file, 0);
  return static_cast<char>(*static_cast<const volatile std::byte*>(mapped.bytes().data() + 5000));
}

TEST(BusErrors, NameTheFileThatWasCutAndExitWithTwo) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  const testing::TemporaryFolder folder;
  const auto file = folder.write("odd\x1b[31mname\n.hnsw", std::string(10000, 'x'));
  EXPECT_EXIT(read_after_truncation(file), ::testing::ExitedWithCode(2),
              "another program changed /.*/odd.\\[31mname.*\\.hnsw.* while it was being read");
}

TEST(BusErrors, OfOtherKindsEndTheProcessAsBefore) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        explain_bus_errors();
        ::raise(SIGBUS);
      },
      ::testing::KilledBySignal(SIGBUS), "");
}

}  // namespace
}  // namespace riverbank::cli
