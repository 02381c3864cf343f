#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <string>
#include <vector>

#include "index/search/graph_keeper.h"
#include "tests/support/expect_error.h"
#include "tests/support/random_vectors.h"
#include "tests/support/temporary_folder.h"

namespace riverbank {
namespace {

using testing::expect_error;
using ::testing::IsEmpty;
using testing::random_unit_vectors;
using testing::TemporaryFolder;

constexpr std::size_t kDimensions = 64;

void put_vectors(Store& store, std::size_t first, std::size_t count) {
  const std::vector<float> vectors = random_unit_vectors(count, kDimensions, static_cast<unsigned>(first));
  StoreWriter writer = store.write();
  for (std::size_t i = 0; i < count; ++i) {
    const std::string key = std::to_string(1'000'000 + first + i) + std::string(9, 'k');
    writer.put_vector(key, std::span(vectors).subspan(i * kDimensions, kDimensions));
  }
  writer.commit();
}

/// No file of this process may grow beyond that, as on a disk that is nearly full.
class LargestFile {
 public:
  explicit LargestFile(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~LargestFile() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  LargestFile(const LargestFile&) = delete;
  LargestFile& operator=(const LargestFile&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

TEST(Graph, ThatFindsNoRoomToGrowIsNotAskedAndComesBack) {
  const TemporaryFolder folder;
  Store store(folder.path(), Access::kReadWrite);
  put_vectors(store, 0, 1'200);
  std::vector<std::string> notices;
  GraphKeeper keeper(store, 1, [&](const std::string& notice) { notices.push_back(notice); });
  EXPECT_EQ(keeper.catch_up("model")->size(), 1'200U);
  put_vectors(store, 1'200, 400);
  {
    const LargestFile limit(1'400 * kDimensions * sizeof(float));
    EXPECT_EQ(keeper.for_search("model"), nullptr) << "a question compares all instead";
    expect_error(ErrorKind::kIo, "cannot write a temporary file in ", [&] { keeper.catch_up("model"); });
    expect_error(ErrorKind::kIo, "cannot write a temporary file in ",
                 [&] { keeper.save("model", /*check_all=*/true); });
    EXPECT_EQ(keeper.for_search("model"), nullptr);
  }
  EXPECT_EQ(keeper.save("model", /*check_all=*/true)->size(), 1'600U);
  EXPECT_THAT(keeper.check("model"), IsEmpty());
  EXPECT_THAT(notices, IsEmpty());
}

}  // namespace
}  // namespace riverbank
