#include "riverbank/context.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "cli/arguments.h"
#include "cli/commands/asking.h"
#include "cli/commands/commands.h"
#include "cli/output/hits.h"
#include "cli/output/json.h"
#include "cli/output/numbers.h"
#include "cli/search_flags.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank::cli {
namespace {

enum class Format { kText, kMarkdown, kJson, kMessages };

const std::map<std::string, Format> kFormats{
    {"text", Format::kText}, {"markdown", Format::kMarkdown}, {"json", Format::kJson}, {"messages", Format::kMessages}};
const std::map<std::string, ContextOrder> kOrders{
    {"edges", ContextOrder::kEdges}, {"rank", ContextOrder::kRank}, {"document", ContextOrder::kDocument}};

struct ContextArguments : AskArguments {
  std::string question;
  std::size_t budget = ContextOptions().budget;
  std::optional<std::size_t> words;
  ContextOrder order = ContextOrder::kEdges;
  Format format = Format::kText;
};

std::string place_in(const ContextPassage& passage) {
  Hit hit;
  hit.root = passage.root;
  hit.document = passage.document;
  hit.first_line = passage.first_line;
  hit.last_line = passage.last_line;
  return place_of(hit);
}

/// A text of many lines, safe for a terminal: what could move its cursor or turn its letters round is made visible, as
/// in hits. The few letters that adds are not counted against the budget.
std::string safe_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view character =
        text.substr(0, static_cast<std::size_t>(std::max(1, utf8_sequence_length(text))));
    out += character == "\n" || character == "\t" ? std::string(character) : printable(character);
    text.remove_prefix(character.size());
  }
  return out;
}

nlohmann::ordered_json as_json(const ContextArguments& arguments, const Context& context) {
  nlohmann::ordered_json passages = nlohmann::ordered_json::array();
  for (const ContextPassage& passage : context.passages) {
    nlohmann::ordered_json json{{"number", passages.size() + 1},
                                {"rank", passage.rank},
                                {"score", passage.score},
                                {"place", place_in(passage)}};
    set_path(json, "document", passage.document);
    json.update(nlohmann::ordered_json{{"first_line", passage.first_line},
                                       {"last_line", passage.last_line},
                                       {"title", passage.title},
                                       {"headings", passage.headings},
                                       {"text", passage.text},
                                       {"shortened", passage.shortened},
                                       {"cut", passage.cut}});
    passages.push_back(std::move(json));
  }
  return {{"question", arguments.question},
          {"budget", arguments.words.value_or(arguments.budget)},
          {"unit", arguments.words ? "words" : "tokens"},
          {"cost", context.cost},
          {"without_room", context.without_room},
          {"searched", context.found.searched},
          {"passages", passages},
          {"text", context.text}};
}

nlohmann::ordered_json as_messages(const ContextArguments& arguments, const Context& context) {
  nlohmann::ordered_json messages = nlohmann::ordered_json::array();
  for (const ChatMessage& message : chat_messages(context, arguments.question)) {
    messages.push_back({{"role", message.role}, {"content", message.content}});
  }
  return messages;
}

void note_size(Terminal& terminal, const ContextArguments& arguments, const Context& context) {
  const bool cut = !context.passages.empty() && context.passages.front().cut;
  const char* const unit = arguments.words ? "words" : "tokens";
  if (cut) {
    terminal.note(fmt::format("  No whole sentence fits into {} {}; this is the beginning of the best one.",
                              with_thousands(arguments.words.value_or(arguments.budget)), unit));
  }
  if (!terminal.err_is_terminal()) return;
  std::string line =
      fmt::format("  {}, {} of {} {}", counted(context.passages.size(), "passage", "passages"),
                  with_thousands(context.cost), with_thousands(arguments.words.value_or(arguments.budget)), unit);
  if (context.without_room > 0) line += fmt::format("; {} more had no room", with_thousands(context.without_room));
  terminal.note(line + ".");
}

int run_context(Session& session, const ContextArguments& arguments) {
  require_words(arguments.question, "question");
  ContextOptions options;
  options.budget = arguments.words.value_or(arguments.budget);
  options.unit = arguments.words ? BudgetUnit::kWords : BudgetUnit::kTokens;
  options.order = arguments.order;
  options.format = arguments.format == Format::kMarkdown ? ContextFormat::kMarkdown : ContextFormat::kText;
  options.cite = [](const ContextPassage& passage) { return place_in(passage); };
  const auto [collection, index] = open_to_ask(session, arguments);
  options.search = search_options(arguments, collection);
  const Context context = gather_context(index, arguments.question, options);
  if (arguments.format == Format::kJson) {
    session.terminal.print(dump(as_json(arguments, context)) + "\n");
  } else if (context.passages.empty()) {
    print_nothing(session.terminal, arguments, collection, context.found);
  } else if (arguments.format == Format::kMessages) {
    session.terminal.print(dump(as_messages(arguments, context)) + "\n");
  } else {
    session.terminal.print(safe_lines(context.text) + "\n");
  }
  if (context.passages.empty()) return kNothingFound;
  note_size(session.terminal, arguments, context);
  return kDone;
}

}  // namespace

void add_context_command(CLI::App& app, Session& session) {
  auto arguments = std::make_shared<ContextArguments>();
  arguments->search = ContextOptions().search;
  CLI::App* verb = add_verb(
      app, "context", "Gather the passages that a language model should read before it answers, with their places.",
      "  riverbank context \"what happens when a mutex is dropped\" ~/book --budget 1500\n"
      "  riverbank context \"side effects of aspirin\" --format markdown\n"
      "  riverbank context \"who repays a loan\" --words 400 --format messages\n");
  verb->add_option("question", arguments->question, "What you want to know")->required()->type_name("QUESTION");
  add_collection_flags(*verb, *arguments);
  CLI::Option* budget =
      verb->add_option("--budget", arguments->budget, "At most so many tokens, citations and all, as the model counts")
          ->capture_default_str()
          ->type_name("TOKENS");
  verb->add_option("--words", arguments->words, "At most so many words instead")->type_name("N")->excludes(budget);
  verb->add_option("--order", arguments->order, "edges (best first and last), rank or document")
      ->transform(one_of(kOrders))
      ->type_name("ORDER");
  verb->add_option("--format", arguments->format, "text, markdown, json or messages (of a chat)")
      ->transform(one_of(kFormats))
      ->type_name("FORMAT");
  verb->add_option("-k,--top-k", arguments->search.top_k, "How many passages there are to choose from, 1 or more")
      ->capture_default_str()
      ->type_name("N");
  add_search_flags(*verb, arguments->search);
  verb->add_option("--min-relevance", arguments->search.min_relevance,
                   "Relevance, 0 to 1, below which nothing counts as found")
      ->type_name("X");
  add_filter_flags(*verb, *arguments);
  add_variety_flags(*verb, *arguments);
  verb->callback([&session, arguments] {
    for (std::string* text : {&arguments->question, &arguments->search.heading}) *text = unprotected(*text);
    session.run = [&session, arguments] { return run_context(session, *arguments); };
  });
}

}  // namespace riverbank::cli
