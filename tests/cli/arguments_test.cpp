#include "cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/suggest.h"
#include "tests/support/temporary_folder.h"

namespace riverbank::cli {
namespace {

TEST(Arguments, AQuestionMayBeginWithADash) {
  const char* argv[] = {"riverbank", "query", "--dry-run does nothing?", "--path=my folder/*", "-k", "--exact"};
  const auto arguments = protect_texts(6, argv);
  EXPECT_NE(arguments[1][0], '-');
  EXPECT_EQ(unprotected(arguments[1]), "--dry-run does nothing?");
  EXPECT_EQ(arguments[2], "--path=my folder/*");
  EXPECT_EQ(arguments[3], "-k");
  EXPECT_EQ(arguments[4], "--exact");
}

TEST(Suggest, FindsTheNearestAndNotTheFar) {
  const std::vector<std::string> verbs{"index", "query", "status", "verify"};
  EXPECT_EQ(nearest("qeury", verbs), "query");
  EXPECT_EQ(nearest("idnex", verbs), "index");
  EXPECT_EQ(nearest("statu", verbs), "status");
  EXPECT_EQ(nearest("banana", verbs), std::nullopt);
  EXPECT_EQ(nearest(std::string(100000, 'x'), verbs), std::nullopt);
}

TEST(Suggest, FindsTheNeighbourOfAPath) {
  const testing::TemporaryFolder folder;
  folder.write("book/a.md", "");
  EXPECT_EQ(nearest_path(folder.path() / "bok"), (folder.path() / "book").string());
  EXPECT_EQ(nearest_path(folder.path() / "bok/"), (folder.path() / "book").string());
  EXPECT_EQ(nearest_path(folder.path() / "nothing" / "like" / "it"), std::nullopt);
}

}  // namespace
}  // namespace riverbank::cli
