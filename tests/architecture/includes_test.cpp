// Which file may include which: the layers of the design, held by a test.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

namespace riverbank {
namespace {

struct Rule {
  std::string_view folder;
  std::vector<std::string_view> may_include;  ///< folders or single files; its own folder goes without saying
};

constexpr std::string_view kError = "lib/include/riverbank/error.h";

/// base <- text, math <- model <- transformer, engine <- embed <- insight; each may include what stands left of it.
const std::vector<Rule> kLayers = {
    {"lib/include", {}},
    {"lib/base", {kError}},
    {"lib/text", {"lib/base", kError}},
    {"lib/math", {"lib/base", kError}},
    {"lib/model", {"lib/base", "lib/text", "lib/math", "lib/include"}},
    {"lib/transformer", {"lib/base", "lib/text", "lib/math", "lib/model", "lib/include"}},
    {"lib/engine", {"lib/base", "lib/text", "lib/math", "lib/model", "lib/include"}},
    {"lib/embed", {"lib/base", "lib/text", "lib/math", "lib/model", "lib/engine", "lib/include"}},
    {"lib/insight",
     {"lib/base", "lib/text", "lib/math", "lib/model", "lib/transformer", "lib/engine", "lib/embed", "lib/include"}},
    {"index/include", {"lib/include"}},
    {"index/documents", {"lib/base", "lib/text", "lib/include", "index/include"}},
    {"index/store", {"lib/base", "lib/text", "lib/include", "index/include"}},
    {"index/vectors", {"lib/base", "lib/math", kError}},
    {"index/search",
     {"index", "lib/base", "lib/text", "lib/math", "lib/model", "lib/embed", "lib/insight", "lib/include"}},
    {"cli", {"lib", "index"}},
    {"samples", {"lib/include", "index/include"}},
};

/// Where the headers of a library that is not ours may be included; everywhere, for those that are not listed.
const std::vector<Rule> kLibraries = {
    {"unicode/", {"lib/text"}},
    {"simdjson", {"lib/text"}},
    {"curl/", {"lib/model"}},
    {"onnx/", {"lib/model"}},
    {"openssl/", {"lib/base", "lib/model"}},
    {"xxhash", {"lib/base"}},
    {"hnswlib/", {"index/vectors"}},
    {"sqlite3", {"index/store"}},
    {"SQLiteCpp/", {"index/store"}},
    {"CLI/", {"cli"}},
    {"iostream", {"cli", "samples"}},  // the libraries never print
};

/// What no public header may show.
const std::regex kHiddenTypes(
    R"x(#include\s*[<"](Eigen|unsupported|hnswlib|sqlite3|SQLiteCpp|nlohmann|unicode|simdjson|fmt))x"
    R"x(|Eigen::|hnswlib::|SQLite::|\bsqlite3(_stmt)?\s*\*)x");

struct SourceFile {
  std::string path;  ///< from the root, with slashes
  std::string text;
};

bool is_in(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::vector<SourceFile> source_files() {
  const std::filesystem::path root = RIVERBANK_SOURCE_DIR;
  std::vector<SourceFile> out;
  for (const char* folder : {"lib", "index", "cli", "samples"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".h" && extension != ".cpp" && extension != ".inc") continue;
      std::ifstream file(entry.path(), std::ios::binary);
      out.push_back({entry.path().lexically_relative(root).generic_string(),
                     std::string(std::istreambuf_iterator<char>(file), {})});
    }
  }
  return out;
}

std::vector<std::string> includes_of(const std::string& text) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])", std::regex::multiline);
  std::vector<std::string> out;
  for (std::sregex_iterator i(text.begin(), text.end(), kInclude); i != std::sregex_iterator(); ++i) {
    out.push_back((*i)[1]);
  }
  return out;
}

/// The path from the root of a header of ours, or nothing: public ones are included as "riverbank/error.h".
std::string own_path(const std::string& include, const std::vector<SourceFile>& files) {
  for (const char* folder : {"", "lib/include/", "index/include/"}) {
    const std::string path = folder + include;
    if (std::any_of(files.begin(), files.end(), [&](const SourceFile& file) { return file.path == path; })) return path;
  }
  return "";
}

bool may_include(const Rule& rule, std::string_view path) {
  return is_in(path, rule.folder) || std::any_of(rule.may_include.begin(), rule.may_include.end(),
                                                 [&](std::string_view allowed) { return is_in(path, allowed); });
}

std::vector<std::string> forbidden_edges(const std::vector<SourceFile>& files) {
  std::vector<std::string> out;
  for (const SourceFile& file : files) {
    const auto rule =
        std::find_if(kLayers.begin(), kLayers.end(), [&](const Rule& r) { return is_in(file.path, r.folder); });
    if (rule == kLayers.end()) {
      out.push_back(file.path + " is in no folder of the design");
      continue;
    }
    for (const std::string& include : includes_of(file.text)) {
      const std::string path = own_path(include, files);
      const bool looks_like_ours =
          include.find('/') != std::string::npos && (include.starts_with("lib/") || include.starts_with("index/") ||
                                                     include.starts_with("cli/") || include.starts_with("riverbank/"));
      if (path.empty() && looks_like_ours) out.push_back(file.path + " includes " + include + ", which is not there");
      if (!path.empty() && !may_include(*rule, path)) out.push_back(file.path + " includes " + path);
    }
  }
  return out;
}

std::vector<std::string> misplaced_libraries(const std::vector<SourceFile>& files) {
  std::vector<std::string> out;
  std::vector<std::string> with_hnswlib;
  for (const SourceFile& file : files) {
    for (const std::string& include : includes_of(file.text)) {
      if (include.starts_with("hnswlib/")) with_hnswlib.push_back(file.path);
      for (const Rule& library : kLibraries) {
        if (!include.starts_with(library.folder)) continue;
        const bool is_allowed = std::any_of(library.may_include.begin(), library.may_include.end(),
                                            [&](std::string_view folder) { return is_in(file.path, folder); });
        if (!is_allowed) out.push_back(file.path + " includes <" + include + ">");
      }
    }
  }
  // Two .cpp files that include hnswlib 0.6.2 do not link.
  if (with_hnswlib.size() > 1 || std::any_of(with_hnswlib.begin(), with_hnswlib.end(),
                                             [](const std::string& path) { return !path.ends_with(".cpp"); })) {
    for (const std::string& path : with_hnswlib) out.push_back(path + " includes hnswlib, which one .cpp alone may");
  }
  return out;
}

std::vector<std::string> leaking_headers(const std::vector<SourceFile>& files) {
  std::vector<std::string> out;
  for (const SourceFile& file : files) {
    if (!is_in(file.path, "lib/include") && !is_in(file.path, "index/include")) continue;
    std::smatch match;
    if (std::regex_search(file.text, match, kHiddenTypes)) out.push_back(file.path + " shows " + match.str());
  }
  return out;
}

TEST(Includes, GoOneWay) {
  const std::vector<SourceFile> files = source_files();
  ASSERT_GT(files.size(), 50U);
  EXPECT_THAT(forbidden_edges(files), ::testing::IsEmpty());
}

TEST(Includes, OfOtherLibrariesStandWhereTheyBelong) {
  EXPECT_THAT(misplaced_libraries(source_files()), ::testing::IsEmpty());
}

TEST(Includes, OfPublicHeadersShowNoOtherLibrary) {
  EXPECT_THAT(leaking_headers(source_files()), ::testing::IsEmpty());
}

TEST(Includes, ThatAreWrongAreSeen) {
  const std::vector<SourceFile> files = {
      {"lib/include/riverbank/error.h", "#include <string>\n"},
      {"lib/include/riverbank/model.h", "#include \"riverbank/error.h\"\nEigen::MatrixXf weights();\n"},
      {"lib/base/file.h", "#include \"riverbank/error.h\"\n"},
      {"lib/text/tokenizer.h", "#include \"lib/base/file.h\"\n#include \"riverbank/error.h\"\n"},
      {"lib/math/ops.cpp", "  #  include \"lib/text/tokenizer.h\"\n#include <unicode/uchar.h>\n"},
      {"lib/engine/engine.cpp", "#include \"lib/transformer/encoder.h\"\n"},
      {"lib/transformer/encoder.h", "#include \"riverbank/model.h\"\n"},
      {"index/vectors/a.cpp", "#include <hnswlib/hnswlib.h>\n#include \"riverbank/model.h\"\n"},
      {"index/vectors/b.cpp", "#include <hnswlib/hnswlib.h>\n"},
      {"samples/embed.cpp", "#include \"riverbank/model.h\"\n#include <iostream>\n#include \"lib/base/file.h\"\n"},
      {"lib/helpers/strings.h", ""},
  };
  EXPECT_THAT(forbidden_edges(files),
              ::testing::UnorderedElementsAre("lib/math/ops.cpp includes lib/text/tokenizer.h",
                                              "lib/engine/engine.cpp includes lib/transformer/encoder.h",
                                              "index/vectors/a.cpp includes lib/include/riverbank/model.h",
                                              "samples/embed.cpp includes lib/base/file.h",
                                              "lib/helpers/strings.h is in no folder of the design"));
  EXPECT_THAT(misplaced_libraries(files),
              ::testing::UnorderedElementsAre("lib/math/ops.cpp includes <unicode/uchar.h>",
                                              "index/vectors/a.cpp includes hnswlib, which one .cpp alone may",
                                              "index/vectors/b.cpp includes hnswlib, which one .cpp alone may"));
  EXPECT_THAT(leaking_headers(files), ::testing::ElementsAre("lib/include/riverbank/model.h shows Eigen::"));
}

}  // namespace
}  // namespace riverbank
