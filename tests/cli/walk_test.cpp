#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "riverbank/model.h"
#include "tests/support/needs_model.h"
#include "tests/support/program.h"

namespace riverbank::cli {
namespace {

using testing::lines_of;

/// A command of the walk and what it is said to print; "…" stands for any number of lines.
struct Step {
  std::string command;
  std::vector<std::string> output;
};

std::vector<Step> steps_of(std::istream& text) {
  std::vector<Step> steps;
  bool inside = false;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("```")) {
      inside = line == "```console";
    } else if (inside && line.starts_with("$ ")) {
      steps.push_back({line.substr(2), {}});
    } else if (inside && !steps.empty()) {
      steps.back().output.push_back(line);
    }
  }
  return steps;
}

/// The first line of what the step shows and the program did not print, or nothing: the lines between two "…" must
/// stand together in what was printed, in this order.
std::string first_missing(const Step& step, const std::string& printed) {
  const std::vector<std::string> lines = lines_of(printed);
  auto at = lines.begin();
  bool may_skip = false;
  for (auto begin = step.output.begin(); begin != step.output.end();) {
    if (*begin == "…") {
      may_skip = true;
      ++begin;
      continue;
    }
    const auto end = std::find(begin, step.output.end(), "…");
    const auto found = std::search(at, lines.end(), begin, end);
    if (found == lines.end() || (!may_skip && found != at)) return *begin;
    at = found + (end - begin);
    begin = end;
    may_skip = false;
  }
  return may_skip || at == lines.end() ? "" : "the end, instead of: " + *at;
}

/// Every command of samples/README.md, with the real models: it prints what the walk says, to the letter. In float32,
/// which every processor has.
TEST(Walk, PrintsWhatItSays) {
  RIVERBANK_NEEDS_MODEL("bge-small-en-v1.5");
  RIVERBANK_NEEDS_MODEL("all-MiniLM-L6-v2");
  testing::Program program;
  const auto models = program.home() / "data/riverbank/models";
  std::filesystem::create_directories(models);
  for (const char* name : {"bge-small-en-v1.5", "all-MiniLM-L6-v2"}) {
    std::filesystem::create_directory_symlink(find_model(name), models / name);
  }
  const std::string built = std::filesystem::path(RIVERBANK_PROGRAM).parent_path().string();
  program.set("PATH", built + ":" + built + "/samples:/usr/bin:/bin");
  for (const char* folder : {"places", "leaflets"}) {
    std::filesystem::create_directories(program.home() / "samples");
    std::filesystem::copy(std::filesystem::path(RIVERBANK_SOURCE_DIR) / "samples" / folder,
                          program.home() / "samples" / folder, std::filesystem::copy_options::recursive);
  }
  program.set("RIVERBANK_PRECISION", "f32");
  program.work_in(program.home());
  std::ifstream walk(RIVERBANK_SOURCE_DIR "/samples/README.md");
  const std::vector<Step> steps = steps_of(walk);
  EXPECT_GT(steps.size(), 15U);
  for (const Step& step : steps) {
    SCOPED_TRACE(step.command);
    EXPECT_FALSE(step.output.empty());
    const testing::Outcome outcome = program.shell(step.command);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(first_missing(step, outcome.out), "") << outcome.out;
  }
}

}  // namespace
}  // namespace riverbank::cli
