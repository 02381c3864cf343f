#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>

#include "cli/arguments.h"
#include "cli/commands/commands.h"
#include "cli/commands/update.h"
#include "cli/output/hits.h"
#include "cli/output/json.h"
#include "cli/output/numbers.h"
#include "cli/search_flags.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"
#include "riverbank/senses.h"

namespace riverbank::cli {
namespace fs = std::filesystem;
namespace {

using std::chrono::steady_clock;

struct QueryArguments {
  std::string question;
  std::string folder, index, model, path;
  SearchOptions search;
  WordInSense meant;
  int threads = 0;
  bool no_refresh = false, json = false;
};

double seconds_since(steady_clock::time_point start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

std::optional<fs::path> optional_path(const std::string& path) {
  return path.empty() ? std::nullopt : std::optional<fs::path>(path);
}

/// Brings the index up to date before it answers. Another process that is at it, or a folder that cannot be written,
/// is no reason not to answer from what is there.
void refresh(Session& session, Index& index, const Collection& collection, const UpdateRequest& request) {
  const auto start = steady_clock::now();
  try {
    const UpdateReport report = update_index(session, index, request);
    if (report.stopped) throw Error(ErrorKind::kCancelled, "stopped");
    const bool worth_a_line = report.chunks_encoded > 0 && session.terminal.err_is_terminal();
    if (worth_a_line && collection.exists) {
      session.terminal.note(
          fmt::format("  refreshed: {} read, {} encoded in {}", counted(report.files_read, "file", "files"),
                      counted(report.chunks_encoded, "chunk", "chunks"), in_seconds(seconds_since(start))));
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

nlohmann::ordered_json answer_as_json(const QueryArguments& arguments, const Index& index, const SearchResult& result,
                                      double seconds) {
  nlohmann::ordered_json hits = nlohmann::ordered_json::array();
  for (const Hit& hit : result.hits) hits.push_back(to_json(hit, hits.size() + 1));
  const IndexStatus status = index.status();
  return {{"question", arguments.question},
          {"index", status.location},
          {"model", status.model},
          {"mode", name_of(arguments.search.mode)},
          {"best_cosine", result.best_cosine},
          {"floor", result.floor},
          {"seconds", seconds},
          {"hits", hits}};
}

void print_nothing(Terminal& terminal, const Collection& collection, const SearchResult& result) {
  const std::string where = collection.root.empty()    ? "the collection"
                            : collection.below.empty() ? shown(collection.root)
                                                       : shown(collection.root / collection.below);
  if (result.best_cosine > 0) {
    terminal.note(fmt::format("  Nothing in {} is about that (best {:.2f}, floor {:.2f}; --floor 0 shows it anyway).",
                              where, result.best_cosine, result.floor));
  } else {
    terminal.note("  Nothing in " + where + " matches that.");
  }
}

int run_query(Session& session, const QueryArguments& arguments) {
  const auto start = steady_clock::now();
  const Collection collection = choose_collection(optional_path(arguments.folder), arguments.index);
  IndexOptions options;
  options.model = arguments.model;
  options.threads = arguments.threads;
  bool writable = !arguments.no_refresh || !collection.exists;
  if (!collection.exists && arguments.no_refresh) {
    throw Error(ErrorKind::kNotFound, shown(collection.root) +
                                          " is not indexed, and --no-refresh forbids it; run: riverbank index " +
                                          shown(collection.root));
  }
  const Index index = [&] {
    Index opened = open_for_query(session, collection, options, writable);
    if (writable) {
      UpdateRequest request;
      // A folder that was asked by name and is not there yet is added; else the collection's own roots are refreshed.
      if (!collection.exists)
        request.folders = {collection.root.empty() ? fs::canonical(arguments.folder) : collection.root};
      if (!collection.exists && session.terminal.err_is_terminal()) {
        session.terminal.note(fmt::format("  Indexing {} (first time, {})", shown(request.folders.front()),
                                          printable(opened.status().model)));
      }
      refresh(session, opened, collection, request);
    }
    return opened;
  }();
  SearchOptions search = arguments.search;
  search.path_glob = glob_of(collection, arguments.path);
  const auto asked = steady_clock::now();
  const bool in_sense = !arguments.meant.word.empty() || !arguments.meant.sense.empty();
  const SearchResult result = in_sense ? search_in_sense(index, arguments.question, arguments.meant, search)
                                       : index.search(arguments.question, search);
  if (arguments.json) {
    session.terminal.print(dump(answer_as_json(arguments, index, result, seconds_since(start))) + "\n");
  } else if (result.hits.empty()) {
    print_nothing(session.terminal, collection, result);
  } else if (session.terminal.out_is_terminal()) {
    print_for_reading(session.terminal, result.hits);
    session.terminal.note(fmt::format("  {} in {}.  All of it: --json", counted(result.hits.size(), "hit", "hits"),
                                      in_seconds(seconds_since(asked))));
  } else {
    print_for_pipe(session.terminal, result.hits);
  }
  return result.hits.empty() ? kNothingFound : kDone;
}

}  // namespace

void add_query_command(CLI::App& app, Session& session) {
  auto arguments = std::make_shared<QueryArguments>();
  CLI::App* verb =
      add_verb(app, "query", "Ask a question, get the passages that answer it; the folder is refreshed first.",
               "  riverbank query \"how do I share data between threads\" ~/book\n"
               "  riverbank query \"rent increase\" -k 3 --path \"*.md\"\n"
               "  riverbank query \"side effects\" --json\n");
  verb->add_option("question", arguments->question, "What you want to know")->required()->type_name("QUESTION");
  verb->add_option("folder", arguments->folder, "Where to look; none: the collection you are in")->type_name("FOLDER");
  verb->add_option("-k,--top-k", arguments->search.top_k, "How many passages")->capture_default_str()->type_name("N");
  add_search_flags(*verb, arguments->search);
  verb->add_option("--word", arguments->meant.word, "Only passages that use this word as --sense does")
      ->type_name("WORD");
  verb->add_option("--sense", arguments->meant.sense, "A text that uses the word as meant: \"the bank of the river\"")
      ->type_name("TEXT");
  verb->add_option("--path", arguments->path, "Only files whose path matches")->type_name("GLOB");
  verb->add_option("--floor", arguments->search.floor, "Cosine below which nothing counts as found")->type_name("X");
  verb->add_flag("--no-refresh", arguments->no_refresh, "Answer from what is indexed, without looking at the files");
  verb->add_flag("--json", arguments->json, "Print everything as JSON");
  verb->add_option("--index", arguments->index, "The index in this folder")->type_name("DIR");
  verb->add_option("--model", arguments->model, "Encoder of a new index, by name or folder")->type_name("NAME");
  verb->add_option("--threads", arguments->threads, "Threads; 0: one for each core")->type_name("N");
  verb->callback([&session, arguments] {
    arguments->question = unprotected(arguments->question);
    session.run = [&session, arguments] { return run_query(session, *arguments); };
  });
}

}  // namespace riverbank::cli
