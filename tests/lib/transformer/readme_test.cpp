// lib/transformer/README.md says where each equation of the papers stands. It does.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace riverbank {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(RIVERBANK_SOURCE_DIR) / "lib/transformer";

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string all_headers() {
  std::string all = text_of(fs::path(RIVERBANK_SOURCE_DIR) / "lib/math/ops.h");
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".h") all += text_of(entry.path());
  }
  return all;
}

/// What stands between backquotes in a row of a table; a script's own names and commands are not looked for.
std::set<std::string> names_in_tables() {
  std::set<std::string> names;
  std::ifstream readme(kFolder / "README.md");
  const std::regex quoted("`([^`]+)`");
  for (std::string line; std::getline(readme, line);) {
    const bool is_row = line.starts_with("| ");
    if (!is_row || line.find(".py") != std::string::npos || line.starts_with("| `riverbank") ||
        line.starts_with("| `build")) {
      continue;
    }
    for (std::sregex_iterator match(line.begin(), line.end(), quoted), end; match != end; ++match) {
      names.insert((*match)[1]);
    }
  }
  return names;
}

TEST(TransformerReadme, NamesFilesAndFunctionsThatThereAre) {
  const std::set<std::string> names = names_in_tables();
  EXPECT_GT(names.size(), 50U);
  const std::string headers = all_headers();
  for (std::string name : names) {
    if (name.ends_with(".h") || name.ends_with(".cpp")) {
      const fs::path file =
          name.find('/') == std::string::npos ? kFolder / name : RIVERBANK_SOURCE_DIR / fs::path(name);
      EXPECT_TRUE(fs::exists(file)) << file;
      continue;
    }
    if (name.starts_with("riverbank ") || name.starts_with("riverbank::")) continue;
    if (const auto scope = name.rfind("::"); scope != std::string::npos) name.erase(0, scope + 2);
    name = name.substr(0, name.find('('));
    EXPECT_TRUE(std::regex_search(headers, std::regex("\\b" + name + "\\b"))) << name;
  }
}

TEST(TransformerReadme, LeavesNoHeaderOut) {
  const std::string readme = text_of(kFolder / "README.md");
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".h") continue;
    const std::string name = entry.path().filename().string();
    EXPECT_NE(readme.find('`' + name + '`'), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace riverbank
