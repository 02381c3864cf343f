#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "cli/arguments.h"
#include "cli/commands/asking.h"
#include "cli/commands/commands.h"
#include "cli/memory.h"
#include "cli/output/explanation.h"
#include "cli/output/hits.h"
#include "cli/output/json.h"
#include "cli/output/numbers.h"
#include "cli/output/output_file.h"
#include "cli/output/why_file.h"
#include "cli/search_flags.h"
#include "lib/base/clock.h"
#include "lib/base/printable.h"
#include "lib/insight/senses.h"
#include "riverbank/error.h"
#include "riverbank/senses.h"

namespace riverbank::cli {
namespace fs = std::filesystem;
namespace {

using std::chrono::steady_clock;

struct QueryArguments : AskArguments {
  std::string question, like, html;
  WordInSense meant;
  bool asked = false;  // a question was given, be it empty
  bool json = false, why = false;
};

/// FILE or FILE:LINE, the file as it stands on the disk, else a document as hits name it.
PassagePlace read_place(const std::string& text) {
  PassagePlace place{.document = text, .line = 0};
  const std::size_t colon = text.rfind(':');
  const std::string_view digits = colon == std::string::npos ? "" : std::string_view(text).substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), place.line);
  if (!digits.empty() && error == std::errc() && end == digits.data() + digits.size()) {
    place.document = text.substr(0, colon);
    if (place.line == 0) {
      throw Error(ErrorKind::kInvalidArgument,
                  "--like takes FILE or FILE:LINE, lines counted from 1, not \"" + printable(text) + "\"");
    }
  } else {
    place.line = 0;
  }
  std::error_code missing;
  const fs::path file = fs::canonical(place.document, missing);
  if (!missing) place.document = file.string();
  return place;
}

/// With --like a question may be left out: then the one text that is there is the folder.
void sort_out_texts(QueryArguments& arguments) {
  std::error_code ignored;
  if (!arguments.like.empty() && arguments.folder.empty() && fs::exists(arguments.question, ignored)) {
    std::swap(arguments.folder, arguments.question);
  }
  if (!arguments.asked && arguments.like.empty() && arguments.search.plus.empty()) {
    throw Error(ErrorKind::kInvalidArgument, "what is the question? Try: riverbank query \"QUESTION\" FOLDER");
  }
  if (arguments.like.empty() && arguments.search.plus.empty()) require_words(arguments.question, "question");
  if (!arguments.like.empty()) arguments.search.like = read_place(arguments.like);
  const bool plain = arguments.like.empty() && arguments.search.plus.empty() && arguments.search.minus.empty() &&
                     arguments.meant.word.empty();
  if (arguments.why && arguments.search.sentences) {
    throw Error(ErrorKind::kInvalidArgument, "--why explains passages; leave out --sentences");
  }
  if (arguments.why && !plain) {
    throw Error(ErrorKind::kInvalidArgument,
                "--why explains the scores of a question alone, without --like, --plus, --minus or --word");
  }
}

nlohmann::ordered_json answer_as_json(const QueryArguments& arguments, const Index& index, const SearchResult& result,
                                      const Explanations* why, double seconds) {
  nlohmann::ordered_json hits = nlohmann::ordered_json::array();
  for (const Hit& hit : result.hits) {
    hits.push_back(to_json(hit, hits.size() + 1));
    if (why != nullptr) hits.back()["why"] = to_json(hit, why->hits[hits.size() - 1]);
  }
  nlohmann::ordered_json json{{"question", arguments.question}};
  set_path(json, "index", index.location());
  json["model"] = index.model();
  json["mode"] = name_of(arguments.search.mode);
  json["best_cosine"] = result.best_cosine;
  json["best_relevance"] = result.best_relevance ? nlohmann::ordered_json(*result.best_relevance) : nullptr;
  json["min_relevance"] = result.min_relevance;
  json["searched"] = result.searched;
  json["excluded"] = result.excluded;
  json["seconds"] = seconds;
  json["hits"] = hits;
  if (result.uses) json["uses"] = *result.uses;
  if (why != nullptr) {
    json["why_order"] = result.order;
    json["why_method"] = why->method;
  }
  return json;
}

void note_excluded(Terminal& terminal, const SearchResult& result) {
  if (result.excluded.empty() || (!result.hits.empty() && !terminal.err_is_terminal())) return;
  std::string words;
  for (const std::string& word : result.excluded) words += (words.empty() ? "" : ", ") + printable(word);
  terminal.note("  Passages with " + words + " were left out; in quotation marks a \"-word\" is looked for.");
}

/// A sense is told by what sets a use apart from the others: of a few there is nothing to tell.
void note_few_uses(Terminal& terminal, const QueryArguments& arguments, const SearchResult& result) {
  if (result.hits.empty() || !result.uses || *result.uses >= kFewestToSplit) return;
  terminal.note(fmt::format(
      "  \"{}\" is used {} in what was found, too few to tell its senses apart: the order says "
      "little about --sense.",
      printable(arguments.meant.word), *result.uses == 1 ? "once" : counted(*result.uses, "time", "times")));
}

/// Whether anything was relevant enough to be a hit.
bool is_relevant(const SearchResult& result) {
  return !result.best_relevance || *result.best_relevance >= result.min_relevance;
}

int run_query(Session& session, QueryArguments arguments) {
  if (!arguments.html.empty() && !arguments.why) {
    throw Error(ErrorKind::kInvalidArgument, "--html writes what --why finds; give both");
  }
  const auto start = steady_clock::now();
  sort_out_texts(arguments);
  require_writable(arguments.html);
  const auto [collection, index] = open_to_ask(session, arguments);
  SearchOptions search = search_options(arguments, collection);
  const ExplainOptions explained{.attention = !arguments.html.empty()};
  if (arguments.why) {
    search.explain = explained;
    keep_freed_memory();
  }
  const auto asked = steady_clock::now();
  const bool in_sense = !arguments.meant.word.empty() || !arguments.meant.sense.empty();
  const SearchResult result = in_sense ? search_in_sense(index, arguments.question, arguments.meant, search)
                                       : index.search(arguments.question, search);
  std::optional<Explanations> why;
  if (arguments.why && !result.hits.empty()) why = index.explain(arguments.question, result, explained);
  if (why && !arguments.html.empty()) {
    write_why_page(arguments.html, arguments.question, result, *why);
    session.terminal.note("  The page of reasons is in " + shown(arguments.html) + ".");
  }
  if (arguments.json) {
    const Explanations* reasons = why ? &*why : nullptr;
    session.terminal.print(dump(answer_as_json(arguments, index, result, reasons, seconds_since(start))) + "\n");
  } else if (result.hits.empty() && in_sense && result.searched > 0 && is_relevant(result)) {
    session.terminal.note("  No passage that was found uses \"" + printable(arguments.meant.word) + "\" like that.");
  } else if (result.hits.empty()) {
    print_nothing(session.terminal, arguments, collection, result);
  } else if (why) {
    print_for_reading(session.terminal, result.hits,
                      [&](std::size_t hit) { print_why(session.terminal, result.hits[hit], why->hits[hit]); });
    session.terminal.note("  " + result.order);
    if (!why->method.empty()) session.terminal.note("  " + why->method);
  } else if (session.terminal.out_is_terminal()) {
    print_for_reading(session.terminal, result.hits);
    session.terminal.note(fmt::format("  {} in {}.  All of it: --json", counted(result.hits.size(), "hit", "hits"),
                                      in_seconds(seconds_since(asked))));
  } else {
    print_for_pipe(session.terminal, result.hits);
  }
  note_excluded(session.terminal, result);
  note_few_uses(session.terminal, arguments, result);
  return result.hits.empty() ? kNothingFound : kDone;
}

}  // namespace

void add_query_command(CLI::App& app, Session& session) {
  auto arguments = std::make_shared<QueryArguments>();
  CLI::App* verb =
      add_verb(app, "query", "Ask a question, get the passages that answer it; the folder is refreshed first.",
               "  riverbank query \"how do I share data between threads\" ~/book\n"
               "  riverbank query \"rent increase\" -k 3 --path \"*.md\" --since 30d\n"
               "  riverbank query '\"guarantee fund\" -savings' --type markdown\n"
               "  riverbank query \"bank\" --minus \"money\"\n"
               "  riverbank query --like river.md:3\n"
               "  riverbank query \"side effects\" --why --html why.html\n"
               "  riverbank query \"side effects\" --json\n");
  const CLI::Option* question =
      verb->add_option("question", arguments->question,
                       "What you want to know; \"in quotation marks\": word for word; -word: without it")
          ->type_name("QUESTION");
  add_collection_flags(*verb, *arguments);
  verb->add_option("-k,--top-k", arguments->search.top_k, "How many passages, 1 or more")
      ->capture_default_str()
      ->type_name("N");
  add_search_flags(*verb, arguments->search);
  verb->add_option("--word", arguments->meant.word, "Only passages that use this word as --sense does")
      ->type_name("WORD");
  verb->add_option("--sense", arguments->meant.sense, "A text that uses the word as meant: \"the bank of the river\"")
      ->type_name("TEXT");
  verb->add_option("--min-relevance", arguments->search.min_relevance,
                   "Relevance, 0 to 1, below which nothing counts as found")
      ->type_name("X");
  verb->add_flag("--sentences", arguments->search.sentences, "The sentences that answer, instead of passages");
  verb->add_flag("--why", arguments->why, "Show how each score came to be, word by word");
  verb->add_option("--html", arguments->html, "With --why: write it as a page, with the encoder's attention")
      ->type_name("FILE");
  verb->add_flag("--json", arguments->json, "Print everything as JSON");
  add_filter_flags(*verb, *arguments);
  const char* const group = "More of the question";
  verb->add_option("--like", arguments->like, "Like the passage at that line, or like the whole file")
      ->type_name("FILE[:LINE]")
      ->group(group);
  for (auto [flag, texts, what] :
       {std::tuple("--plus", &arguments->search.plus, "And also about this; more than once"),
        std::tuple("--minus", &arguments->search.minus, "And away from this; more than once")}) {
    verb->add_option(flag, *texts, what)->expected(1)->take_all()->type_name("TEXT")->group(group);
  }
  add_variety_flags(*verb, *arguments);
  verb->callback([&session, arguments, question] {
    arguments->asked = question->count() > 0;
    for (std::string* text : {&arguments->question, &arguments->like, &arguments->search.heading}) {
      *text = unprotected(*text);
    }
    for (auto* texts : {&arguments->search.plus, &arguments->search.minus}) {
      for (std::string& text : *texts) text = unprotected(text);
    }
    session.run = [&session, arguments] { return run_query(session, *arguments); };
  });
}

}  // namespace riverbank::cli
