#include "index/documents/folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace riverbank {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TemporaryFolder;

std::vector<std::string> paths(const FolderListing& listing) {
  std::vector<std::string> found;
  for (const FolderEntry& entry : listing.files) found.push_back(entry.path);
  return found;
}

std::vector<std::string> problems(const FolderListing& listing) {
  std::vector<std::string> found;
  for (const auto& problem : listing.problems) found.push_back(problem.path + ": " + problem.reason);
  return found;
}

TEST(Folder, ListsFilesInByteOrderWithSizeAndTime) {
  const TemporaryFolder root;
  root.write("b.md", "12345");
  root.write("a/z.md", "");
  root.write("a.md", "1");
  const FolderListing listing = list_folder(root.path());
  EXPECT_THAT(paths(listing), ElementsAre("a.md", "a/z.md", "b.md"));
  EXPECT_EQ(listing.files[2].size, 5U);
  struct stat info {};
  ASSERT_EQ(::stat((root.path() / "b.md").c_str(), &info), 0);
  EXPECT_EQ(listing.files[2].modified_ns, std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec);
  EXPECT_THAT(problems(listing), IsEmpty());
}

TEST(Folder, LeavesOutWhatIsHidden) {
  const TemporaryFolder root;
  root.write(".secret", "x");
  root.write(".git/config", "x");
  root.write(".cache/a.md", "x");
  root.write("shown/.hidden/b.md", "x");
  root.write("shown/c.md", "x");
  EXPECT_THAT(paths(list_folder(root.path())), ElementsAre("shown/c.md"));
}

TEST(Folder, RiverbankIgnoreHasTheLastWord) {
  const TemporaryFolder root;
  root.write(".gitignore", "*.log\nkeep.md\n");
  root.write(".riverbankignore", "*.txt\n!keep.md\n");
  root.write("a.log", "x");
  root.write("a.txt", "x");
  root.write("keep.md", "x");
  root.write("sub/.riverbankignore", "!b.txt\n");
  root.write("sub/b.txt", "x");
  EXPECT_THAT(paths(list_folder(root.path())), ElementsAre("keep.md", "sub/b.txt"));
}

TEST(Folder, RulesOfParentsCountInsideARepositoryOnly) {
  const TemporaryFolder outer;
  outer.write(".gitignore", "*.md\n");
  outer.write("work/.gitignore", "*.log\n/docs/top.txt\n");
  outer.write("work/docs/a.md", "x");
  outer.write("work/docs/a.log", "x");
  outer.write("work/docs/top.txt", "x");
  const auto root = outer.path() / "work/docs";
  EXPECT_THAT(paths(list_folder(root)), ElementsAre("a.log", "a.md", "top.txt"));
  outer.write("work/.git/info/exclude", "");
  EXPECT_THAT(paths(list_folder(root)), ElementsAre("a.md"));  // up to the work tree's top, no further
}

TEST(Folder, AFolderThatIsNamedIsWalkedEvenWhenItsRepositoryIgnoresIt) {
  const TemporaryFolder top;
  std::filesystem::create_directories(top.path() / ".git");
  top.write(".gitignore", "build/\n");
  top.write("build/notes.md", "x");
  EXPECT_THAT(paths(list_folder(top.path())), IsEmpty());
  EXPECT_THAT(paths(list_folder(top.path() / "build")), ElementsAre("notes.md"));
}

TEST(Folder, LinksAreFollowedInsideTheRootAndOnce) {
  const TemporaryFolder outside;
  outside.write("o.md", "x");
  const TemporaryFolder root;
  root.write("real/a.md", "x");
  root.write(".store/hidden.md", "x");
  root.write(".store/deep/b.md", "x");
  std::filesystem::create_symlink("real/a.md", root.path() / "same.md");          // listed where it stands
  std::filesystem::create_symlink(".store/hidden.md", root.path() / "shown.md");  // listed as the link
  std::filesystem::create_symlink("shown.md", root.path() / "shown-again.md");    // once only
  std::filesystem::create_directory_symlink(".store/deep", root.path() / "deep");
  std::filesystem::create_directory_symlink("..", root.path() / "real/up");  // a circle
  std::filesystem::create_directory_symlink(outside.path(), root.path() / "out");
  std::filesystem::create_symlink(outside.path() / "o.md", root.path() / "out.md");
  std::filesystem::create_symlink("nowhere", root.path() / "dead.md");
  std::filesystem::create_symlink("loop.md", root.path() / "loop.md");
  const FolderListing listing = list_folder(root.path());
  EXPECT_THAT(paths(listing), ElementsAre("deep/b.md", "real/a.md", "shown-again.md"));
  EXPECT_THAT(problems(listing),
              ElementsAre("dead.md: link that leads nowhere", "loop.md: link that leads to itself",
                          "out: link that leaves the folder", "out.md: link that leaves the folder"));
}

TEST(Folder, ALinkWhoseTargetOnlySharesTheRootsBeginningLeavesIt) {
  const TemporaryFolder top;
  top.write("root/a.md", "x");
  top.write("root-too/b.md", "x");
  std::filesystem::create_symlink("../root-too/b.md", top.path() / "root/b.md");
  EXPECT_THAT(paths(list_folder(top.path() / "root")), ElementsAre("a.md"));
}

TEST(Folder, TheRootMayBeALink) {
  const TemporaryFolder top;
  top.write("real/a.md", "x");
  std::filesystem::create_directory_symlink("real", top.path() / "link");
  EXPECT_THAT(paths(list_folder(top.path() / "link")), ElementsAre("a.md"));
}

TEST(Folder, WhatIsNoFileIsLeftOut) {
  const TemporaryFolder root;
  root.write("a.md", "x");
  ASSERT_EQ(::mkfifo((root.path() / "fifo").c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo((root.path() / ".gitignore").c_str(), 0600), 0);  // reading it would wait for ever
  const int number = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (root.path() / "socket").string().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(number, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(number);
  EXPECT_THAT(paths(list_folder(root.path())), ElementsAre("a.md"));
}

TEST(Folder, NamesAreBytes) {
  const TemporaryFolder root;
  root.write("new\nline.md", "x");
  root.write("broken\xff.md", "x");
  EXPECT_THAT(paths(list_folder(root.path())), ElementsAre("broken\xff.md", "new\nline.md"));
}

TEST(Folder, AnIgnoreFileIsBoundedAndAnyBytes) {
  const TemporaryFolder root;
  root.write("a.md", "x");
  root.write("b.md", "x");
  root.write("huge/c.md", "x");
  root.write("huge/.gitignore", "*.md\n" + std::string(2 << 20, '#'));
  std::string binary("a.md\0garbage\n", 13);
  for (int byte = 1; byte < 256; ++byte) binary += static_cast<char>(byte);
  root.write(".gitignore", binary);
  const FolderListing listing = list_folder(root.path());
  EXPECT_THAT(paths(listing), ElementsAre("b.md", "huge/c.md"));
  EXPECT_THAT(problems(listing), ElementsAre("huge/.gitignore: its rules were not obeyed: larger than 1 MiB"));
}

TEST(Folder, APatternCannotTakeForEver) {
  const TemporaryFolder root;
  std::string stars;
  for (int i = 0; i < 1000; ++i) stars += "*a";
  root.write(".gitignore", stars + "b\n**/" + stars + "/**/" + stars + "b\n");
  root.write(std::string(250, 'a') + '/' + std::string(250, 'a'), "x");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(list_folder(root.path()).files.size(), 1U);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

TEST(Folder, SaysWhyARootCannotBeWalked) {
  const TemporaryFolder root;
  root.write("file.md", "x");
  testing::expect_error(ErrorKind::kNotFound, "cannot read the folder", [&] { list_folder(root.path() / "nowhere"); });
  testing::expect_error(ErrorKind::kNotFound, "file.md is not a folder; name a folder of documents",
                        [&] { list_folder(root.path() / "file.md"); });
  std::stop_source stop;
  stop.request_stop();
  testing::expect_error(ErrorKind::kCancelled, "was stopped", [&] { list_folder(root.path(), stop.get_token()); });
}

TEST(Folder, AFolderThatCannotBeReadIsAProblemAndNotAFailure) {
  const TemporaryFolder root;
  root.write("a.md", "x");
  root.write("locked/b.md", "x");
  std::filesystem::permissions(root.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(root.path() / "locked", std::filesystem::perms::none);
  // As nobody: root reads everything.
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::getuid() == 0 && ::setuid(65534) != 0) ::_exit(3);
    const FolderListing listing = list_folder(root.path());
    ::_exit(paths(listing) == std::vector<std::string>{"a.md"} &&
                    problems(listing) == std::vector<std::string>{"locked: permission denied"}
                ? 0
                : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  std::filesystem::permissions(root.path() / "locked", std::filesystem::perms::owner_all);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Folder, VeryDeepFoldersAreAProblemAndNotAFailure) {
  const TemporaryFolder root;
  const std::string name(200, 'd');
  const auto here = std::filesystem::current_path();
  std::filesystem::current_path(root.path());
  for (int depth = 0; depth < 30; ++depth) {  // 6,000 bytes of path: longer than the system takes at once
    std::filesystem::create_directory(name);
    std::filesystem::current_path(name);
  }
  std::filesystem::current_path(here);
  const FolderListing listing = list_folder(root.path());
  ASSERT_EQ(listing.problems.size(), 1U);
  EXPECT_THAT(listing.problems[0].reason, ::testing::HasSubstr("too long"));
}

}  // namespace
}  // namespace riverbank
