#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/model_folder.h"
#include "tests/support/program.h"

namespace riverbank::cli {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::Outcome;
using ::testing::StartsWith;

/// The program in a home that has tiny models under the catalogue's names and a folder ~/book of three documents.
class ProgramTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kPositions = 128;  // room for passages
  ProgramTest() {
    for (const char* name : {"bge-small-en-v1.5", "all-MiniLM-L6-v2"}) {
      testing::write_tiny_model(program.home() / "data/riverbank/models" / name, name[0], kPositions);
    }
    write("book/river.md", "# The river\n\nShe sat on the bank of the river. Reeds grew in the water.\n");
    write("book/money.md", "# Money\n\nThe bank gave a loan. He paid the money at the bank.\n");
    write("book/notes/boat.txt", "A boat of tree and reed, tied to the bank in the water.\n");
  }

  std::filesystem::path write(const std::string& file, const std::string& text) const {
    return program.folder().write(file, text);
  }
  std::string path(const std::string& below_home) const { return (program.home() / below_home).string(); }

  /// Asks with --min-relevance 0: random weights know no relevance.
  Outcome query(const std::string& question, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"query", question, path("book"), "--min-relevance", "0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return program.run(arguments);
  }

  testing::Program program;
};

}  // namespace riverbank::cli
