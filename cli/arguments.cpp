#include "cli/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "cli/suggest.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank::cli {
namespace {

constexpr char kMark = '\x01';

/// Flags whose values are texts, however they begin ("--exact" among them), and how many of those each takes.
const std::map<std::string_view, int> kTextFlags{{"--compare", 2}, {"--settings", 1}};

bool is_text(std::string_view argument) {
  if (argument.size() < 2 || argument[0] != '-') return false;
  const std::size_t space = argument.find_first_of(" \t\n");
  return space != std::string_view::npos && argument.find('=') > space;
}

/// The verb whose arguments were being read, or the program itself.
const CLI::App* chosen_verb(const CLI::App& app) {
  const auto verbs = app.get_subcommands();
  return verbs.empty() ? &app : chosen_verb(*verbs.front());
}

std::vector<std::string> flags_of(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const CLI::App* app = &verb; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

/// The verb's first argument, when that is a text that may begin with a dash: "QUESTION".
std::optional<std::string> text_of(const CLI::App& verb) {
  for (const CLI::Option* option : verb.get_options([](const CLI::Option* one) { return one->get_positional(); })) {
    for (const char* const type : {"QUESTION", "TEXT", "WORD"}) {
      if (option->get_type_name() == type) return type;
    }
  }
  return std::nullopt;
}

std::vector<std::string> verbs_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands(nullptr)) names.push_back(verb->get_name());
  return names;
}

}  // namespace

std::vector<std::string> protect_texts(int argc, const char* const* argv) {
  std::vector<std::string> arguments;
  int texts = 0;  // that the last flag still wants
  for (int i = 1; i < argc; ++i) {
    const bool text = texts > 0 || is_text(argv[i]);
    arguments.emplace_back(text ? kMark + std::string(argv[i]) : argv[i]);
    if (texts > 0) {
      --texts;
    } else if (const auto flag = kTextFlags.find(argv[i]); flag != kTextFlags.end()) {
      texts = flag->second;
    }
  }
  return arguments;
}

std::string unprotected(std::string argument) {
  if (!argument.empty() && argument[0] == kMark) argument.erase(0, 1);
  return argument;
}

void require_words(const std::string& text, const std::string& what) {
  if (text.find_first_not_of(" \t\n\v\f\r") != std::string::npos) return;
  throw Error(ErrorKind::kInvalidArgument, "the " + what + " is empty; give one with words in it");
}

CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& description,
                   const std::string& examples) {
  CLI::App* verb = app.add_subcommand(name, description);
  verb->footer(examples);
  return verb;
}

std::string none_of(const std::string& text, const std::vector<std::string>& known) {
  const auto meant = nearest(text, known);
  return fmt::format("\"{}\" is none of {}{}", printable(text), fmt::join(known, ", "),
                     meant ? " (did you mean " + *meant + "?)" : "");
}

void require_counts(CLI::App& app) {
  constexpr std::size_t kMostDigits = 12;
  for (CLI::Option* option : app.get_options()) {
    const std::string type = option->get_type_name();
    if ((type != "N" && type != "TOKENS") || option->check_lname("threads")) continue;
    const bool may_be_nought = !option->check_lname("top-k");
    option->check([may_be_nought](const std::string& text) {
      const bool is_count = !text.empty() && text.size() <= kMostDigits &&
                            std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
      const bool is_nought = text.find_first_not_of('0') == std::string::npos;
      if (is_count && is_nought && !may_be_nought) return std::string("1 or more is needed, not 0");
      return is_count ? std::string()
                      : "a whole number of at most 12 digits is needed, not \"" + printable(text) + "\"";
    });
  }
  for (CLI::App* verb : app.get_subcommands(nullptr)) require_counts(*verb);
}

HelpFormatter::HelpFormatter() {
  constexpr std::size_t kColumn = 30;
  column_width(kColumn);
}

std::string HelpFormatter::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const {
  if (mode == CLI::AppFormatMode::Sub) return make_expanded(app);
  std::string help = make_description(app) + "\n";
  if (!app->get_footer().empty()) help += "Examples:\n" + app->get_footer() + "\n";
  return help + make_usage(app, std::move(name)) + make_positionals(app) + make_groups(app, mode) +
         make_subcommands(app, mode);
}

std::string explain(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* verb = chosen_verb(app);
  const auto left = app.remaining(true);  // what a verb does not know falls through to the program
  std::string path = verb->get_name();
  for (const CLI::App* above = verb->get_parent(); above != nullptr; above = above->get_parent()) {
    path.insert(0, above->get_name() + " ");
  }
  const std::string help = "; see: " + path + " --help";
  const auto extra = std::find_if(left.begin(), left.end(), [](const std::string& text) { return text != "--"; });
  // A question that was taken for a flag is missing, too.
  const bool is_missing = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  const bool is_about_extra = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr ||
                              (is_missing && extra != left.end() && extra->starts_with("-"));
  if (!is_about_extra || extra == left.end()) {
    std::string message = printable(error.what());
    for (std::size_t at = message.find(kMark); at != std::string::npos; at = message.find(kMark)) message.erase(at, 1);
    return message + help;
  }
  const bool is_flag = extra->starts_with("-");
  const std::string typed = extra->substr(0, extra->find('='));
  const auto meant = nearest(typed, is_flag        ? flags_of(*verb)
                                    : verb == &app ? verbs_of(app)
                                                   : std::vector<std::string>());
  if (is_flag && meant == typed) {
    return "\"" + typed + "\" stands behind \"--\", where all is text; put it before" + help;
  }
  const std::string what = is_flag        ? "there is no flag "
                           : verb == &app ? "there is no verb "
                                          : "one argument too many: ";
  const auto text = is_flag ? text_of(*verb) : std::nullopt;
  return what + "\"" + printable(unprotected(typed)) + "\"" + (meant ? " (did you mean " + *meant + "?)" : "") +
         (text ? "; a " + *text + " that begins with a dash goes behind \"--\"" : "") + help;
}

}  // namespace riverbank::cli
