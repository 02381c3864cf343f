#include <memory>
#include <utility>

#include "cli/arguments.h"
#include "cli/commands/commands.h"
#include "cli/commands/update.h"
#include "cli/output/json.h"
#include "cli/output/numbers.h"

namespace riverbank::cli {
namespace fs = std::filesystem;
namespace {

struct IndexArguments {
  std::vector<std::string> folders;
  std::string index, model, max_file_size = "64MiB";
  std::size_t chunk_tokens = IndexOptions().chunk_tokens;
  int threads = 0;
  bool reencode = false, json = false, stats = false;
};

using Group = std::pair<Collection, std::vector<fs::path>>;

/// The folders that go into one index: all of them with --index, else each by itself.
std::vector<Group> group(const IndexArguments& arguments) {
  std::vector<Group> groups;
  for (const std::string& folder : arguments.folders) {
    const Collection own = collection_of(folder);  // also says that it is there
    if (arguments.index.empty()) {
      groups.push_back({own, {own.root}});
    } else {
      if (groups.empty()) groups.push_back({choose_collection(fs::path(folder), arguments.index), {}});
      groups.front().second.push_back(fs::canonical(folder));
    }
  }
  if (groups.empty()) groups.push_back({choose_collection(std::nullopt, arguments.index), {}});
  return groups;
}

int run_index(Session& session, const IndexArguments& arguments) {
  UpdateRequest request;
  request.index_options.model = arguments.model;
  request.index_options.chunk_tokens = arguments.chunk_tokens;
  request.index_options.threads = arguments.threads;
  request.index_options.reencode = arguments.reencode;
  request.max_file_size = parse_bytes(arguments.max_file_size);
  constexpr double kPatience = 3600;  // another run on the same index is waited for; Ctrl-C ends the wait
  request.wait_seconds = kPatience;
  nlohmann::ordered_json reports = nlohmann::ordered_json::array();
  bool stopped = false;
  for (const auto& [collection, folders] : group(arguments)) {
    request.folders = folders;
    const UpdateReport report = update_collection(session, collection, request);
    if (arguments.json) {
      reports.push_back(to_json(report, collection.location.string(), folders));
    } else {
      session.terminal.print(summary_of(report, folders) + (arguments.stats ? parts_of(report) : ""));
    }
    stopped = report.stopped;
    if (stopped) break;
  }
  if (arguments.json) session.terminal.print(dump(reports) + "\n");
  return stopped ? kInterrupted : kDone;
}

}  // namespace

void add_index_command(CLI::App& app, Session& session) {
  auto arguments = std::make_shared<IndexArguments>();
  CLI::App* verb =
      add_verb(app, "index", "Read folders and make them searchable; run again, it reads only what changed.",
               "  riverbank index ~/papers\n"
               "  riverbank index ~/papers ~/notes --index ~/all.index\n"
               "  riverbank index ~/papers --stats\n"
               "  riverbank index ~/papers --model all-MiniLM-L6-v2 --reencode\n");
  verb->add_option("folder", arguments->folders, "Folders or files to index; none: the collection you are in")
      ->type_name("FOLDER");
  verb->add_option("--index", arguments->index, "Keep the index in this folder, all the given folders in one")
      ->type_name("DIR");
  verb->add_option("--model", arguments->model, "Encoder, by name or folder")->type_name("NAME");
  verb->add_flag("--reencode", arguments->reencode, "Replace an index that another model made");
  verb->add_option("--chunk-tokens", arguments->chunk_tokens, "Longest passage of a new index, in tokens")
      ->capture_default_str()
      ->type_name("N");
  verb->add_option("--max-file-size", arguments->max_file_size, "Skip files larger than this")
      ->capture_default_str()
      ->type_name("SIZE");
  verb->add_option("--threads", arguments->threads, "Threads; 0: one for each core")->type_name("N");
  verb->add_flag("--stats", arguments->stats, "Also show where the time went");
  verb->add_flag("--json", arguments->json, "Print the summary as JSON");
  verb->callback(
      [&session, arguments] { session.run = [&session, arguments] { return run_index(session, *arguments); }; });
}

}  // namespace riverbank::cli
