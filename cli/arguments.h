#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

namespace riverbank::cli {

/// A question may begin with '-': an argument that holds white space and begins with '-' is no flag (unless it has the
/// form "--flag=value"), and so is every value of a flag that takes texts (eval's --compare); it is kept from CLI11's
/// parser by a mark in front. unprotected() takes the mark off again.
std::vector<std::string> protect_texts(int argc, const char* const* argv);
std::string unprotected(std::string argument);

/// Refuses a text that says nothing, the same way for every verb: `what` is "question", "text" …
/// Throws Error kInvalidArgument for one of white space alone, or of nothing.
void require_words(const std::string& text, const std::string& what);

/// The complaint about a value that is none of those that there are.
std::string none_of(const std::string& text, const std::vector<std::string>& known);

/// A verb with its examples, which its help begins with.
CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& description, const std::string& examples);

/// A name out of several, as the enumerator that it stands for.
template <typename Enum>
CLI::Validator one_of(const std::map<std::string, Enum>& names) {
  return CLI::Validator(
      [names](std::string& text) {
        const auto found = names.find(text);
        if (found == names.end()) {
          std::vector<std::string> known;
          known.reserve(names.size());
          for (const auto& [name, value] : names) known.push_back(name);
          return none_of(text, known);
        }
        text = std::to_string(static_cast<int>(found->second));
        return std::string();
      },
      "");
}

/// Makes every verb refuse what is no whole number where a count is meant: the parser would take -1 for 2^64 - 1; and
/// 0 for --top-k: nothing is never what was wanted.
void require_counts(CLI::App& app);

/// Examples first, then usage, arguments and flags in their groups.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter();
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

/// The parser's complaint as one sentence, with the nearest verb or flag when something was mistyped.
std::string explain(const CLI::App& app, const CLI::ParseError& error);

}  // namespace riverbank::cli
