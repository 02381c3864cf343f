#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "index/store/connection.h"
#include "index/store/writer_lock.h"
#include "lib/base/file.h"
#include "tests/index/store/store_fixture.h"
#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using testing::expect_error;
using testing::found;
using testing::put;
using testing::record;
using testing::TemporaryFolder;

class StoreFiles : public ::testing::Test {
 protected:
  void make(int records = 3) const {
    Store store(place_, Access::kReadWrite);
    for (int i = 0; i < records; ++i) put(store, record(std::to_string(i)), {"word number " + std::to_string(i)});
  }
  void sql(const std::string& statements) const {
    SQLite::Database(file_.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(statements);
  }
  void expect_refused(ErrorKind kind, const std::string& part) const {
    expect_error(kind, part, [&] { Store store(place_, Access::kReadWrite); });
    expect_error(kind, part, [&] { Store store(place_, Access::kReadOnly); });
  }

  TemporaryFolder folder_;
  std::filesystem::path place_ = folder_.path() / "index";
  std::filesystem::path file_ = place_ / Store::kFileName;
};

/// Runs `work` in a process of its own and returns how that ended (see waitpid(2)).
template <typename Work>
int in_child(Work&& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      work();
      ::_exit(0);
    } catch (...) {
      ::_exit(1);
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

TEST_F(StoreFiles, AreReadableByTheirOwnerAloneWhateverTheUmask) {
  const mode_t before = ::umask(0);
  const Store store(place_, Access::kReadWrite);
  ::umask(before);
  for (const auto& entry : std::filesystem::directory_iterator(place_)) {
    struct stat info {};
    ASSERT_EQ(::stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U) << entry.path();
  }
  struct stat info {};
  ASSERT_EQ(::stat(place_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);
}

TEST_F(StoreFiles, KeepTheirIdentity) {
  StoreId first{};
  {
    const Store store(place_, Access::kReadWrite);
    first = store.id();
  }
  EXPECT_EQ(Store(place_, Access::kReadOnly).id(), first);
  EXPECT_NE(Store(folder_.path() / "other", Access::kReadWrite).id(), first);
}

TEST_F(StoreFiles, ThatAreNotThereAreNotMadeToBeRead) {
  expect_error(ErrorKind::kNotFound, "there is no index in", [&] { Store store(place_, Access::kReadOnly); });
  EXPECT_FALSE(std::filesystem::exists(place_));
}

TEST_F(StoreFiles, OpenedReadOnlyAreNotWritten) {
  make();
  Store store(place_, Access::kReadOnly);
  EXPECT_EQ(found(store, "word").size(), 3U);
  expect_error(ErrorKind::kInvalidArgument, "was opened read-only", [&] { store.write(); });
  EXPECT_TRUE(store.check().empty());
}

TEST_F(StoreFiles, InAFolderThatCannotBeWrittenAreRead) {
  make();
  std::filesystem::permissions(folder_.path(), std::filesystem::perms::all);
  std::filesystem::permissions(file_, static_cast<std::filesystem::perms>(0444));
  std::filesystem::permissions(place_, static_cast<std::filesystem::perms>(0555));
  const int status = in_child([&] {
    constexpr uid_t kNobody = 65'534;
    if (::geteuid() == 0 && ::setuid(kNobody) != 0) throw std::runtime_error("cannot become nobody");
    const Store store(place_, Access::kReadOnly);
    if (found(store, "word").size() != 3) throw std::runtime_error("not all were found");
  });
  EXPECT_EQ(status, 0);
  std::filesystem::permissions(place_, std::filesystem::perms::owner_all);
}

TEST_F(StoreFiles, OfANewerVersionAreRefusedByName) {
  make();
  sql("PRAGMA user_version = 1000");
  expect_refused(ErrorKind::kUnsupported, "made by a newer riverbank (its tables have version 1000");
}

TEST_F(StoreFiles, OfAnotherProgramAreRefusedByNameAndLeftAlone) {
  std::filesystem::create_directories(place_);
  sql("CREATE TABLE theirs (x)");
  const std::string before = read_file(file_, 1U << 20U);
  expect_refused(ErrorKind::kUnsupported, "is a SQLite file of another program");
  EXPECT_TRUE(read_file(file_, 1U << 20U) == before);
}

TEST_F(StoreFiles, ThatAreNoDatabaseAreRefusedByName) {
  folder_.write("index/store.db", std::string(5'000, 'x'));
  expect_refused(ErrorKind::kCorrupt, "is not a riverbank store");
}

TEST_F(StoreFiles, WithoutTheirTablesAreRefused) {
  make();
  sql("DROP TABLE state");
  expect_refused(ErrorKind::kCorrupt, "is damaged (no such table: state)");
}

TEST_F(StoreFiles, LeftEmptyByAStopAreMadeAfresh) {
  folder_.write("index/store.db", "");
  expect_error(ErrorKind::kNotFound, "nothing has been indexed there yet",
               [&] { Store store(place_, Access::kReadOnly); });
  make();
  EXPECT_EQ(found(Store(place_, Access::kReadOnly), "word").size(), 3U);
}

TEST_F(StoreFiles, DamagedAnywhereGiveErrorsAndNothingWorse) {
  make(20);
  const std::string whole = read_file(file_, 1U << 22U);
  std::mt19937 random(5);
  std::size_t noticed = 0;
  for (int attempt = 0; attempt < 60; ++attempt) {
    std::string bytes = whole;
    if (attempt % 3 == 0) bytes.resize(random() % whole.size());
    for (int change = 0; change < 40 && !bytes.empty(); ++change) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    folder_.write("index/store.db", bytes);
    for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(file_.string() + suffix);
    try {
      const Store store(place_, Access::kReadWrite);
      noticed += store.check().empty() ? 0 : 1;
      found(store, "word number");
      store.read().for_each_vector([](std::int64_t, std::span<const float>) {});
    } catch (const Error&) {
      ++noticed;
    }
  }
  EXPECT_GT(noticed, 40U);
}

TEST_F(StoreFiles, SurviveAKillInTheMiddleOfAWrite) {
  make();
  for (int attempt = 0; attempt < 4; ++attempt) {
    const pid_t child = ::fork();
    if (child == 0) {
      Store store(place_, Access::kReadWrite);
      for (int i = 0;; ++i)
        put(store, record("child " + std::to_string(i)), {"child word " + std::to_string(i), "more"});
    }
    ::usleep(30'000 + 20'000 * attempt);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    Store store(place_, Access::kReadWrite);
    EXPECT_EQ(store.check(), std::vector<std::string>());
    const StoreCounts counts = store.read().counts();
    EXPECT_EQ(counts.chunks, 3 + 2 * (counts.records - 3)) << "a document came whole or not at all";
    put(store, record("after"), {"it goes on"});
    StoreWriter writer = store.write();
    for (const StoredDocument& document : writer.documents_of(0)) {
      if (document.path.size() > 1) writer.remove_document(document.id);
    }
    writer.commit();
  }
}

TEST_F(StoreFiles, SayWhenTheyCannotGrow) {
  make();
  const int status = in_child([&] {
    Store store(place_, Access::kReadWrite);
    Connection connection(file_, ConnectionMode::kReadWrite);
    Query(connection, "PRAGMA max_page_count = 1").run();
    try {
      connection.execute("CREATE TABLE large (x); INSERT INTO large VALUES (randomblob(1000000))");
    } catch (const Error& error) {
      const bool said = std::string(error.what()).find("the disk is full") != std::string::npos;
      ::_exit(error.kind() == ErrorKind::kIo && said ? 7 : 8);
    }
  });
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST(WriterLockTest, IsHeldByOneAtATime) {
  const TemporaryFolder folder;
  EXPECT_EQ(WriterLock::holder(folder.path()), "");
  {
    const auto lock = WriterLock::try_acquire(folder.path());
    ASSERT_TRUE(lock);
    EXPECT_FALSE(WriterLock::try_acquire(folder.path()));
    EXPECT_NE(WriterLock::holder(folder.path()).find("process " + std::to_string(::getpid()) + " (test_index_store"),
              std::string::npos);
    expect_error(ErrorKind::kBusy, "is being updated by process " + std::to_string(::getpid()),
                 [&] { WriterLock::acquire(folder.path(), std::chrono::milliseconds(20)); });
    std::stop_source stop;
    stop.request_stop();
    expect_error(ErrorKind::kCancelled, "stopped while waiting",
                 [&] { WriterLock::acquire(folder.path(), std::chrono::hours(1), stop.get_token()); });
  }
  EXPECT_EQ(WriterLock::holder(folder.path()), "");
  EXPECT_TRUE(WriterLock::try_acquire(folder.path()));
}

TEST(WriterLockTest, ComesFreeWhenItsProcessIsKilled) {
  const TemporaryFolder folder;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = WriterLock::try_acquire(folder.path());
    if (::write(ready[1], "x", 1) != 1) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_FALSE(WriterLock::try_acquire(folder.path()));
  EXPECT_NE(WriterLock::holder(folder.path()).find(std::to_string(child)), std::string::npos);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_NO_THROW(WriterLock::acquire(folder.path(), std::chrono::seconds(5)));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(WriterLockTest, SaysWhereItCannotBe) {
  expect_error(ErrorKind::kNotFound, "cannot open the lock /nowhere/at/all/lock",
               [] { WriterLock::try_acquire("/nowhere/at/all"); });
  EXPECT_EQ(WriterLock::holder("/nowhere/at/all"), "");
}

}  // namespace
}  // namespace riverbank
