#include "cli/commands/asking.h"

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <thread>
#include <utility>

#include "cli/commands/update.h"
#include "cli/dates.h"
#include "cli/output/numbers.h"
#include "lib/base/clock.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank::cli {
namespace fs = std::filesystem;
namespace {

using std::chrono::steady_clock;

std::optional<fs::path> optional_path(const std::string& path) {
  return path.empty() ? std::nullopt : std::optional<fs::path>(path);
}

void refresh(Session& session, Index& index, const Collection& collection, const UpdateRequest& request) {
  const auto start = steady_clock::now();
  try {
    const UpdateReport report = update_index(session, index, request);
    if (report.stopped) throw Error(ErrorKind::kCancelled, "stopped");
    const bool worth_a_line = report.chunks_encoded > 0 && session.terminal.err_is_terminal();
    if (worth_a_line && collection.exists) {
      const double seconds = seconds_since(start);
      session.terminal.note(fmt::format("  refreshed: {} read, {} encoded in {}",
                                        counted(report.files_read, "file", "files"),
                                        counted(report.chunks_encoded, "chunk", "chunks"), in_seconds(seconds)));
    } else if (worth_a_line) {
      session.terminal.note("  " + summary_of(report, request.folders) + "  Later questions refresh it by themselves.");
    }
  } catch (const Error& error) {
    const bool can_answer = collection.exists && (error.kind() == ErrorKind::kBusy || error.kind() == ErrorKind::kIo ||
                                                  error.kind() == ErrorKind::kNotFound);
    if (!can_answer) throw;
    session.terminal.note(std::string(error.what()) + "; answering from what is indexed already");
  }
}

Index open_for_query(Session& session, const Collection& collection, IndexOptions options, bool& writable) {
  if (writable) {
    try {
      return open_index(session, collection, options);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kIo || !collection.exists) throw;
      writable = false;
    }
  }
  options.access = Access::kReadOnly;
  return open_index(session, collection, options);
}

/// Loads the encoder while the folder is looked through: each takes a few milliseconds of a question in a new process.
/// What goes wrong is said when the encoder is asked for. The index must stay where it is until the thread has ended.
std::jthread load_ahead(const Index& index, const AskArguments& arguments) {
  if (arguments.search.mode == SearchMode::kKeyword) return {};
  return std::jthread([&index] {
    try {
      index.embedder();
    } catch (const std::exception&) {
    }
  });
}

/// The glob of --path inside the folder that was asked about.
std::string glob_of(const Collection& collection, const std::string& path) {
  if (collection.below.empty()) return path;
  std::string escaped;
  for (const char c : collection.below) {
    if (std::string_view("*?[\\").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  // The asked folder may be a single file.
  if (path.empty()) return fs::is_directory(collection.root / collection.below) ? escaped + "/**" : escaped;
  return escaped + "/" + (path.find('/') == std::string::npos ? "**/" + path : path);
}

std::string place_asked(const Collection& collection) {
  if (collection.root.empty()) return "the collection";
  return shown(collection.below.empty() ? collection.root : collection.root / collection.below);
}

/// The filters as they were given, for a message.
std::string filters_of(const AskArguments& arguments) {
  std::string text;
  const auto add = [&](const char* flag, const std::string& value) {
    if (!value.empty()) text += fmt::format(" {} \"{}\"", flag, printable(value));
  };
  add("--path", arguments.path);
  for (const std::string& type : arguments.search.types) add("--type", type);
  add("--document", arguments.search.document);
  add("--heading", arguments.search.heading);
  add("--since", arguments.since);
  add("--until", arguments.until);
  for (const std::string& metadata : arguments.metadata) add("--meta", metadata);
  return text;
}

}  // namespace

void add_collection_flags(CLI::App& verb, AskArguments& arguments) {
  verb.add_option("folder", arguments.folder, "Where to look; none: the collection you are in")->type_name("FOLDER");
  const char* const group = "The collection";
  verb.add_flag("--no-refresh", arguments.no_refresh, "Answer from what is indexed, without looking at the files")
      ->group(group);
  verb.add_option("--index", arguments.index, "The index in this folder")->type_name("DIR")->group(group);
  verb.add_option("--model", arguments.model, "Encoder of a new index, by name or folder")
      ->type_name("NAME")
      ->group(group);
  verb.add_option("--threads", arguments.threads, "Threads; 0: one for each core")->type_name("N")->group(group);
}

void add_filter_flags(CLI::App& verb, AskArguments& arguments) {
  const char* const group = "Where to look";
  const auto one_each = [](CLI::Option* option) { option->expected(1)->take_all(); };
  verb.add_option("--path", arguments.path, "Only files whose path matches")->type_name("GLOB")->group(group);
  one_each(
      verb.add_option("--type", arguments.search.types, "Only these: md, py …, markdown, code, text; more than once")
          ->type_name("TYPE")
          ->group(group));
  verb.add_option("--heading", arguments.search.heading, "Only below a heading with these words")
      ->type_name("TEXT")
      ->group(group);
  verb.add_option("--document", arguments.search.document, "Only this file, as hits name it, or record")
      ->type_name("NAME")
      ->group(group);
  verb.add_option("--since", arguments.since, "Only files written since: 2026-11-21, 2026, yesterday, 7d")
      ->type_name("DATE")
      ->group(group);
  verb.add_option("--until", arguments.until, "Only files written until then, it included")
      ->type_name("DATE")
      ->group(group);
  one_each(verb.add_option("--meta", arguments.metadata, "Only records with this value; more than once")
               ->type_name("NAME=VALUE")
               ->group(group));
}

void add_variety_flags(CLI::App& verb, AskArguments& arguments) {
  const char* const group = "Less of the same";
  verb.add_option("--mmr", arguments.search.mmr, "0..1: how much the score counts against being different")
      ->type_name("LAMBDA")
      ->group(group);
  verb.add_option("--per-document", arguments.search.per_document, "At most so many from one document")
      ->type_name("N")
      ->group(group);
  verb.add_flag_callback(
          "--no-fold", [&arguments] { arguments.search.fold_similar = false; },
          "Show passages that say the same one by one")
      ->group(group);
}

AskedCollection open_to_ask(Session& session, const AskArguments& arguments) {
  const Collection collection = choose_collection(optional_path(arguments.folder), arguments.index);
  IndexOptions options;
  options.model = arguments.model;
  options.threads = arguments.threads;
  bool writable = !arguments.no_refresh || !collection.exists;
  if (!collection.exists && arguments.no_refresh) {
    if (collection.root.empty()) {
      throw Error(ErrorKind::kNotFound, "there is no index in " + shown(collection.location) +
                                            "; make one with: riverbank index FOLDER --index " +
                                            shown(collection.location));
    }
    throw Error(ErrorKind::kNotFound, shown(collection.root) +
                                          " is not indexed, and --no-refresh forbids it; run: riverbank index " +
                                          shown(collection.root));
  }
  Index opened = open_for_query(session, collection, options, writable);
  if (writable) {
    UpdateRequest request;
    request.check_graph = false;
    // A folder that was asked by name and is not there yet is added; else the collection's own roots are refreshed.
    if (!collection.exists)
      request.folders = {collection.root.empty() ? fs::canonical(arguments.folder) : collection.root};
    if (!collection.exists && session.terminal.err_is_terminal()) {
      session.terminal.note(fmt::format("  Indexing {} (first time, {})", shown(request.folders.front()),
                                        printable(opened.status().model)));
    }
    const std::jthread loading = load_ahead(opened, arguments);
    refresh(session, opened, collection, request);
  }
  return {collection, std::move(opened)};
}

SearchOptions search_options(const AskArguments& arguments, const Collection& collection) {
  SearchOptions options = arguments.search;
  options.path_glob = glob_of(collection, arguments.path);
  if (!arguments.since.empty()) options.modified_since = read_period(arguments.since, "--since").begin;
  if (!arguments.until.empty()) options.modified_until = read_period(arguments.until, "--until").end;
  for (const std::string& pair : arguments.metadata) {
    const std::size_t sign = pair.find('=');
    if (sign == 0 || sign == std::string::npos) {
      throw Error(ErrorKind::kInvalidArgument, "--meta takes NAME=VALUE, not \"" + printable(pair) + "\"");
    }
    options.metadata[pair.substr(0, sign)] = pair.substr(sign + 1);
  }
  return options;
}

void print_nothing(Terminal& terminal, const AskArguments& arguments, const Collection& collection,
                   const SearchResult& result) {
  const std::string where = place_asked(collection);
  const std::string filters = filters_of(arguments);
  if (result.searched == 0 && !filters.empty()) {
    terminal.note("  Nothing in " + where + " passes" + filters + ", so there was nothing to search.");
  } else if (result.searched == 0) {
    terminal.note("  Nothing is indexed in " + where + " yet, so there was nothing to search." +
                  (collection.root.empty() ? "" : " What was left out: riverbank index " + where));
  } else if (result.best_relevance && *result.best_relevance < result.min_relevance) {
    terminal.note(fmt::format(
        "  Nothing in {} is about that (best relevance {:.3f}, {:.3g} needed; --min-relevance 0 shows it anyway).",
        where, *result.best_relevance, result.min_relevance));
  } else {
    terminal.note("  Nothing in " + where + " matches that.");
  }
}

}  // namespace riverbank::cli
