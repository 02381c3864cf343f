#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace riverbank::cli {

/// A question may begin with '-': an argument that holds white space and begins with '-' is no flag (unless it has the
/// form "--flag=value"), and so is every value of a flag that takes texts (eval's --compare); it is kept from CLI11's
/// parser by a mark in front. unprotected() takes the mark off again.
std::vector<std::string> protect_texts(int argc, const char* const* argv);
std::string unprotected(std::string argument);

/// A verb with its examples, which its help begins with.
CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& description, const std::string& examples);

/// Examples first, then usage, arguments and flags in their groups.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter();
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

/// The parser's complaint as one sentence, with the nearest verb or flag when something was mistyped.
std::string explain(const CLI::App& app, const CLI::ParseError& error);

}  // namespace riverbank::cli
