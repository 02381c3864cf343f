#include "index/store/path_glob.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using testing::expect_error;

bool matches(std::string_view pattern, std::string_view path) { return PathGlob(pattern).matches(path); }

TEST(PathGlob, WithoutASlashIsHeldAgainstTheLastPart) {
  EXPECT_TRUE(matches("*.md", "a.md"));
  EXPECT_TRUE(matches("*.md", "deep/er/a.md"));
  EXPECT_FALSE(matches("*.md", "a.md/b.txt"));
  EXPECT_FALSE(matches("*.md", "a.mdx"));
  EXPECT_TRUE(matches("a?c", "x/abc"));
  EXPECT_TRUE(matches("a?c", "aéc"));
  EXPECT_TRUE(matches("é*", "école"));
  EXPECT_TRUE(matches("*", "any/thing"));
  EXPECT_TRUE(matches("**", "any/thing"));
  EXPECT_TRUE(matches("a\xff*",
                      "a\xff"
                      "b"));
}

TEST(PathGlob, WithASlashIsHeldAgainstTheWholePath) {
  EXPECT_TRUE(matches("src/*.cpp", "src/a.cpp"));
  EXPECT_TRUE(matches("/src/*.cpp", "src/a.cpp"));
  EXPECT_FALSE(matches("src/*.cpp", "src/b/a.cpp"));
  EXPECT_FALSE(matches("src/*.cpp", "x/src/a.cpp"));
  EXPECT_TRUE(matches("src/", "src/b/a.cpp"));
  EXPECT_FALSE(matches("src/", "source/a.cpp"));
}

TEST(PathGlob, TwoStarsStandForAnyNumberOfParts) {
  EXPECT_TRUE(matches("src/**", "src/b/a.cpp"));
  EXPECT_TRUE(matches("**/a.cpp", "a.cpp"));
  EXPECT_TRUE(matches("**/a.cpp", "x/y/a.cpp"));
  EXPECT_FALSE(matches("**/a.cpp", "x/ya.cpp"));
  EXPECT_TRUE(matches("x/**/z", "x/z"));
  EXPECT_TRUE(matches("x/**/z", "x/1/2/z"));
  EXPECT_FALSE(matches("x/**/z", "x/1/2/zz"));
  EXPECT_TRUE(matches("**/b/**/d", "a/b/c/b/d"));
}

TEST(PathGlob, ClassesTakeRangesAndTheirContrary) {
  EXPECT_TRUE(matches("[a-c]x", "bx"));
  EXPECT_FALSE(matches("[!a-c]x", "bx"));
  EXPECT_TRUE(matches("[]x]", "]"));
  EXPECT_TRUE(matches("[ä-ü]", "ö"));
  EXPECT_FALSE(matches("a[!b]c/d", "a/c/d"));
  EXPECT_TRUE(matches("\\*\\[", "*["));
  EXPECT_FALSE(matches("\\*", "a"));
}

TEST(PathGlob, TakesTimeInProportionOnly) {
  std::string stars, path(4'000, 'a');
  for (int i = 0; i < 1'000; ++i) stars += "*a";
  EXPECT_FALSE(matches(stars + "b", path));
}

TEST(PathGlob, ThatCannotBeReadIsRefusedByName) {
  expect_error(ErrorKind::kInvalidArgument, "a [ has no ]", [] { PathGlob glob("a[b"); });
  expect_error(ErrorKind::kInvalidArgument, "nothing follows its last \\", [] { PathGlob glob("a\\"); });
  expect_error(ErrorKind::kInvalidArgument, "runs backwards", [] { PathGlob glob("[z-a]"); });
  expect_error(ErrorKind::kInvalidArgument, "longer than 4,096 bytes", [] { PathGlob glob(std::string(5'000, '*')); });
  expect_error(ErrorKind::kInvalidArgument, "\\x1b", [] { PathGlob glob("\x1b["); });
}

}  // namespace
}  // namespace riverbank
