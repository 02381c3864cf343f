#include "riverbank/senses.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>

#include "cli/arguments.h"
#include "cli/collections.h"
#include "cli/commands/asking.h"
#include "cli/commands/commands.h"
#include "cli/output/hits.h"
#include "cli/output/json.h"
#include "cli/output/numbers.h"
#include "cli/output/output_file.h"
#include "cli/output/progress.h"
#include "cli/output/wrap.h"
#include "lib/base/file.h"
#include "lib/base/printable.h"
#include "lib/insight/senses_page.h"
#include "riverbank/error.h"

namespace riverbank::cli {
namespace fs = std::filesystem;
namespace {

struct SensesArguments : AskArguments {
  std::string word, html;
  std::size_t passages = 3, most_uses = SensesOptions().most_uses;
  std::optional<std::size_t> count;
  bool json = false;
};

std::string place_of_use(const WordUse& use) {
  Hit hit;  // as the hits of a query are written
  hit.document = use.document;
  hit.root = use.root;
  hit.first_line = use.line;
  if (use.root.empty()) return printable(use.document);
  const std::string range = place_of(hit);  // "file:7-0"
  return range.substr(0, range.rfind('-'));
}

/// A text in the three parts that a use divides it into.
struct Parts {
  std::string before, word, after;
};

Parts parts_of(const WordUse& use) {
  return {use.text.substr(0, use.word.begin), use.text.substr(use.word.begin, use.word.end - use.word.begin),
          use.text.substr(use.word.end)};
}

std::string marks_of(const WordSense& sense) {
  std::string marks;
  for (const SenseMark& mark : sense.marks) marks += (marks.empty() ? "" : ", ") + printable(mark.word);
  return marks.empty() ? "no words of its own" : marks;
}

/// Line ends and tabs as spaces, the rest made safe: what may go to a terminal as running text.
std::string flowing(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return printable(text);
}

/// How the number of senses came to be.
std::string reason(const SensesArguments& arguments, const SensesResult& result) {
  if (arguments.count) return "as many as --count asked for";
  if (result.separations.empty()) return "too few uses to tell senses apart";
  const auto highest = std::max_element(result.separations.begin(), result.separations.end());
  return fmt::format("best silhouette {:.3f} with {} clusters; from {:.3f} on it is several senses{}", *highest,
                     highest - result.separations.begin() + 2, result.threshold,
                     result.is_measured ? "" : ", a bound that was not measured for this model: see --count");
}

std::string summary(const SensesArguments& arguments, const SensesResult& result) {
  std::set<std::string> documents;
  for (const WordUse& use : result.uses) documents.insert(use.root + "\n" + use.document);
  std::string text = fmt::format("{}: {} in {}", printable(arguments.word), counted(result.found, "use", "uses"),
                                 counted(documents.size(), "document", "documents"));
  if (result.found > result.uses.size()) {
    text += fmt::format(" ({} of them looked at, evenly spread; --most N)", with_thousands(result.uses.size()));
  }
  return text + fmt::format(", {} ({})", counted(result.senses.size(), "sense", "senses"), reason(arguments, result));
}

void print_for_reading(Terminal& terminal, const SensesArguments& arguments, const SensesResult& result) {
  terminal.print(summary(arguments, result) + "\n");
  std::size_t rank = 0;
  for (const WordSense& sense : result.senses) {
    terminal.print(fmt::format("\n{:>2}  {}  {}\n", ++rank,
                               terminal.styled(counted(sense.uses.size(), "use", "uses"), Style::kBold),
                               marks_of(sense)));
    for (std::size_t i = 0; i < std::min(arguments.passages, sense.uses.size()); ++i) {
      const WordUse& use = result.uses[sense.uses[i]];
      const Parts parts = parts_of(use);
      const bool marks = !terminal.color();
      terminal.print("    " + terminal.styled(place_of_use(use), Style::kPath) + "\n");
      const std::vector<StyledText> runs{{flowing(parts.before), Style::kPlain},
                                         {(marks ? "▌" : "") + flowing(parts.word) + (marks ? "▐" : ""), Style::kMark},
                                         {flowing(parts.after), Style::kPlain}};
      for (const std::string& line : wrap(runs, terminal, terminal.width(), 6, 3)) terminal.print(line + "\n");
    }
  }
}

nlohmann::ordered_json as_json(const WordUse& use) {
  const fs::path file = use.root.empty()       ? fs::path()
                        : use.document.empty() ? fs::path(use.root)
                                               : fs::path(use.root) / use.document;
  nlohmann::ordered_json json;
  set_path(json, "document", use.document);
  json["file"] = nullptr;
  if (!use.root.empty()) set_path(json, "file", file.string());
  json.update(nlohmann::ordered_json{{"line", use.line},
                                     {"headings", use.headings},
                                     {"text", use.text},
                                     {"word", {{"begin", use.word.begin}, {"end", use.word.end}}},
                                     {"sense", use.sense + 1},
                                     {"centrality", use.centrality},
                                     {"x", use.x},
                                     {"y", use.y}});
  return json;
}

nlohmann::ordered_json as_json(const SensesArguments& arguments, const IndexStatus& status,
                               const SensesResult& result) {
  nlohmann::ordered_json senses = nlohmann::ordered_json::array();
  for (const WordSense& sense : result.senses) {
    nlohmann::ordered_json marks = nlohmann::ordered_json::array();
    for (const SenseMark& mark : sense.marks) marks.push_back({{"word", mark.word}, {"strength", mark.strength}});
    nlohmann::ordered_json central = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < std::min(arguments.passages, sense.uses.size()); ++i) {
      central.push_back(as_json(result.uses[sense.uses[i]]));
    }
    senses.push_back(
        {{"sense", senses.size() + 1}, {"size", sense.uses.size()}, {"marks", marks}, {"central", central}});
  }
  nlohmann::ordered_json uses = nlohmann::ordered_json::array();
  for (const WordUse& use : result.uses) uses.push_back(as_json(use));
  nlohmann::ordered_json json{{"word", arguments.word}};
  set_path(json, "index", status.location);
  json.update(nlohmann::ordered_json{{"model", status.model},
                                     {"layers", "mean of the unit vectors after the last two"},
                                     {"found", result.found},
                                     {"looked_at", result.uses.size()},
                                     {"silhouettes", result.separations},
                                     {"threshold", result.threshold},
                                     {"threshold_measured", result.is_measured},
                                     {"explained", result.explained},
                                     {"senses", senses},
                                     {"uses", uses}});
  return json;
}

std::string page_of(const SensesArguments& arguments, const SensesResult& result) {
  std::vector<SenseGroup> groups;
  for (const WordSense& sense : result.senses) {
    groups.push_back({counted(sense.uses.size(), "use", "uses") + ": " + marks_of(sense)});
  }
  std::vector<SensePoint> points;
  for (const WordUse& use : result.uses) {
    Parts parts = parts_of(use);
    points.push_back({use.x, use.y, use.sense, place_of_use(use), std::move(parts.before), std::move(parts.word),
                      std::move(parts.after)});
  }
  const std::string lead = fmt::format(
      "{}. Each point is one use: the mean of the word's vectors after the last two layers, its first two principal "
      "components, which have {:.0f} % of the variance.",
      summary(arguments, result), 100 * result.explained);
  return senses_page("The senses of " + arguments.word, lead, groups, points);
}

int run_senses(Session& session, const SensesArguments& arguments) {
  require_words(arguments.word, "word");
  require_writable(arguments.html);
  const auto [collection, index] = open_to_ask(session, arguments);
  ProgressLine line(session.terminal);
  SensesOptions options;
  options.where = search_options(arguments, collection);
  options.most_uses = arguments.most_uses;
  options.senses = arguments.count;
  options.stop = session.interrupts.token();
  options.progress = [&](std::size_t done, std::size_t total) {
    line.show(static_cast<double>(done) / static_cast<double>(total),
              fmt::format("{}/{} uses", with_thousands(done), with_thousands(total)));
  };
  const SensesResult result = find_senses(index, arguments.word, options);
  line.clear();
  if (!arguments.html.empty() && !result.uses.empty()) {
    write_file_atomically(arguments.html, page_of(arguments, result), 0644);
  }
  if (arguments.json) {
    session.terminal.print(dump(as_json(arguments, index.status(), result)) + "\n");
  } else if (result.uses.empty()) {
    session.terminal.note(
        fmt::format("  \"{}\" is nowhere in {}. Only the word itself, its plural in -s or -es and its "
                    "possessive count; passages about it: riverbank query \"{}\"",
                    printable(arguments.word), collection.root.empty() ? "the collection" : shown(collection.root),
                    printable(arguments.word)));
  } else {
    print_for_reading(session.terminal, arguments, result);
  }
  if (!arguments.html.empty() && !result.uses.empty()) {
    session.terminal.note("  drawn in " + shown(arguments.html));
  }
  return result.uses.empty() ? kNothingFound : kDone;
}

}  // namespace

void add_senses_command(CLI::App& app, Session& session) {
  auto arguments = std::make_shared<SensesArguments>();
  CLI::App* verb = add_verb(app, "senses", "Group every use of a word in your documents by what it means there.",
                            "  riverbank senses bank ~/book\n"
                            "  riverbank senses bank --html bank.html\n"
                            "  riverbank senses bank --count 2 --json\n"
                            "  riverbank senses bank --type markdown --since 30d\n");
  verb->add_option("word", arguments->word, "A word, or several in a row (\"New York\")")
      ->required()
      ->type_name("WORD");
  add_collection_flags(*verb, *arguments);
  verb->add_option("-k,--passages", arguments->passages, "Passages shown of each sense")
      ->capture_default_str()
      ->type_name("N");
  verb->add_option("--count", arguments->count, "So many senses, instead of as many as can be told apart")
      ->type_name("N");
  verb->add_option("--most", arguments->most_uses, "Look at so many uses, evenly spread, when there are more")
      ->capture_default_str()
      ->type_name("N");
  verb->add_option("--html", arguments->html, "Draw the uses as points, coloured by sense")->type_name("FILE");
  verb->add_flag("--json", arguments->json, "Print everything as JSON");
  add_filter_flags(*verb, *arguments);
  verb->callback([&session, arguments] {
    arguments->word = unprotected(arguments->word);
    session.run = [&session, arguments] { return run_senses(session, *arguments); };
  });
}

}  // namespace riverbank::cli
