#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "index/documents/folder.h"
#include "tests/support/temporary_folder.h"

namespace riverbank {
namespace {

/// Folder trees with ignore files as nasty as they come, from a fixed seed.
class TreeGenerator {
 public:
  explicit TreeGenerator(unsigned seed) : random_(seed) {}

  /// Makes a repository of several trees and returns its files.
  std::vector<std::string> make(const testing::TemporaryFolder& top, int trees) {
    files_.clear();
    if (chance(50)) top.write(".git/info/exclude", ignore_file());
    if (chance(50)) top.write(".gitignore", '!' + pattern() + "\n" + pattern() + '\n');
    for (int tree = 0; tree < trees; ++tree) fill(top, "tree" + std::to_string(tree) + '/', 0);
    return files_;
  }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }
  bool chance(std::size_t percent) { return below(100) < percent; }

  template <std::size_t N>
  std::string one_of(const char* const (&choices)[N]) {
    return choices[below(N)];
  }

  std::string name() {
    static const char* const kNames[] = {"a",     "b",   "ab",   "abc",  "foo",    "bar",  "foo.o", "a.c",
                                         "b.txt", "#x",  "!x",   "x y",  "x ",     "[a]",  "a*b",   "a?b",
                                         "a\\b",  "-a",  "A",    "é",    "a-b",    "]",    "1",     "12.log",
                                         "build", "doc", "docs", "x\ny", "aaab",   "a{b}", "\xff",  "f~",
                                         "a,b",   "]a",  "\\",   "a[b]", "foobar", "x\t",  "^a",    "z.md"};
    return one_of(kNames);
  }

  std::string pattern_part() {
    static const char* const kParts[] = {"*",
                                         "?",
                                         "**",
                                         "a*",
                                         "*a",
                                         "*.o",
                                         "*.*",
                                         "[ab]",
                                         "[!a]*",
                                         "[^b]*",
                                         "[a-c]*",
                                         "\\#x",
                                         "\\!x",
                                         "[]a]*",
                                         "[[:alpha:]]",
                                         "[[:digit:]]*",
                                         "*[[:space:]]*",
                                         "[a",
                                         "a\\*b",
                                         "a\\?b",
                                         "\\a",
                                         "[\\]]",
                                         "[a\\]b]",
                                         "***",
                                         "a**",
                                         "**b",
                                         "*b*",
                                         "?*",
                                         "[!]]*",
                                         "[[:nope:]]",
                                         "[a-]*",
                                         "[--0]*",
                                         "[[:upper:]]",
                                         "foo*",
                                         "f[o]o",
                                         "x\\ y",
                                         "\\[a\\]",
                                         "[[]a[]]",
                                         "é",
                                         "[\xc3]?",
                                         "[[:alnum:][:punct:]]*",
                                         "a?b",
                                         "[[:punct:]]*",
                                         "a\\\\b",
                                         "[c-a]",
                                         "*a*b*",
                                         "[[:a]*",
                                         "[\\a-\\c]",
                                         "\\",
                                         "[!-a]*",
                                         "\\\\",
                                         "?\\*?",
                                         "[^]a]*",
                                         "**a**"};
    return chance(50) ? name() : one_of(kParts);
  }

  std::string pattern() {
    std::string line;
    if (chance(30)) line += '!';
    if (chance(25)) line += '/';
    if (chance(15)) line += "**/";
    line += pattern_part();
    while (chance(30)) line += '/' + (chance(25) ? std::string("**") : pattern_part());
    if (chance(10)) line += "/**";
    if (chance(25)) line += '/';
    if (chance(6)) line += "  ";
    if (chance(4)) line += "\\ ";
    if (chance(4)) line += '\r';
    if (chance(2)) line += "/";
    if (chance(2)) line += std::string("\0tail", 5);
    return line;
  }

  std::string ignore_file() {
    std::string text;
    if (chance(5)) text += "\xEF\xBB\xBF";
    for (std::size_t lines = 1 + below(5); lines > 0; --lines) {
      if (chance(8)) text += "# comment\n";
      if (chance(8)) text += "\n";
      text += pattern();
      if (lines > 1 || chance(80)) text += '\n';
    }
    return text;
  }

  void fill(const testing::TemporaryFolder& top, const std::string& folder, int depth) {
    if (chance(depth == 0 ? 95 : 40)) top.write(folder + ".gitignore", ignore_file());
    std::set<std::string> used;
    for (std::size_t entries = 3 + below(4); entries > 0; --entries) {
      const std::string entry = name();
      if (!used.insert(entry).second) continue;
      if (depth < 3 && chance(35)) {
        fill(top, folder + entry + '/', depth + 1);
      } else {
        top.write(folder + entry, "x");
        files_.push_back(folder + entry);
      }
    }
  }

  std::mt19937 random_;
  std::vector<std::string> files_;
};

/// What git ignores of `files`, asked of git itself.
std::set<std::string> ignored_by_git(const testing::TemporaryFolder& top, const std::vector<std::string>& files) {
  const testing::TemporaryFolder scratch;
  std::string list;
  for (const std::string& file : files) list += file + '\0';
  const auto input = scratch.write("input", list);
  const auto output = scratch.path() / "output";
  const std::string command = "env -i PATH=\"$PATH\" HOME=" + scratch.path().string() +
                              " GIT_CONFIG_NOSYSTEM=1 git -C " + top.path().string() +
                              " check-ignore --no-index -z --stdin <" + input.string() + " >" + output.string();
  const int status = std::system(command.c_str());
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) <= 1) << "git check-ignore failed";
  std::ifstream in(output, std::ios::binary);
  std::set<std::string> ignored;
  for (std::string path; std::getline(in, path, '\0');) ignored.insert(path);
  return ignored;
}

/// As little as makes git take a folder for a repository.
void make_repository(const testing::TemporaryFolder& top) {
  top.write(".git/HEAD", "ref: refs/heads/main\n");
  top.write(".git/config", "[core]\n\trepositoryformatversion = 0\n");
  std::filesystem::create_directories(top.path() / ".git/objects");
  std::filesystem::create_directories(top.path() / ".git/refs");
}

std::string ignore_files_of(const testing::TemporaryFolder& top) {
  std::string all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(top.path())) {
    if (entry.path().filename() != ".gitignore" && entry.path().filename() != "exclude") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    all += "--- " + entry.path().lexically_relative(top.path()).string() + "\n" +
           std::string(std::istreambuf_iterator<char>(in), {});
  }
  return all;
}

std::vector<std::string> listed(const std::filesystem::path& root) {
  std::vector<std::string> paths;
  for (const FolderEntry& entry : list_folder(root).files) paths.push_back(entry.path);
  return paths;
}

TEST(GitIgnore, AgreesWithGitOnGeneratedTrees) {
  if (std::system("git --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "needs git";
  constexpr int kRepositories = 20;  // a repository holds ten trees, because starting git takes longest
  std::size_t ignored_files = 0;
  std::size_t kept_files = 0;
  for (unsigned seed = 0; seed < kRepositories; ++seed) {
    const testing::TemporaryFolder top;
    make_repository(top);
    const std::vector<std::string> files = TreeGenerator(seed).make(top, 10);
    const std::set<std::string> ignored = ignored_by_git(top, files);
    std::vector<std::string> expected;
    std::copy_if(files.begin(), files.end(), std::back_inserter(expected),
                 [&](const std::string& file) { return !ignored.contains(file); });
    std::sort(expected.begin(), expected.end());
    ASSERT_EQ(listed(top.path()), expected) << "seed " << seed << '\n' << ignore_files_of(top);
    ignored_files += ignored.size();
    kept_files += expected.size();

    // Asked for a folder inside the repository, the rules of the folders above count too.
    for (int tree = 0; tree < 10; ++tree) {
      const std::string name = "tree" + std::to_string(tree);
      std::vector<std::string> below;
      for (const std::string& file : expected) {
        if (file.starts_with(name + '/')) below.push_back(file.substr(name.size() + 1));
      }
      if (below.empty()) continue;  // left out itself, perhaps: naming it is asking for it all the same
      ASSERT_EQ(listed(top.path() / name), below) << "seed " << seed << " in " << name << '\n' << ignore_files_of(top);
    }
  }
  // A generator whose rules left out all or nothing would prove nothing.
  EXPECT_GT(ignored_files, 500U);
  EXPECT_GT(kept_files, 500U);
}

}  // namespace
}  // namespace riverbank
