#include <fmt/format.h>

#include <memory>

#include "cli/arguments.h"
#include "cli/collections.h"
#include "cli/commands/commands.h"
#include "cli/output/json.h"
#include "cli/output/numbers.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"
#include "riverbank/index.h"

namespace riverbank::cli {
namespace fs = std::filesystem;
namespace {

struct StatusArguments {
  std::string folder, index;
  bool json = false;
};

std::vector<fs::path> locations_of(const StatusArguments& arguments) {
  if (arguments.folder.empty() && arguments.index.empty()) return all_collections();
  const Collection collection = choose_collection(
      arguments.folder.empty() ? std::nullopt : std::optional<fs::path>(arguments.folder), arguments.index);
  if (!collection.exists) {
    throw Error(ErrorKind::kNotFound,
                shown(collection.root) + " is not indexed; run: riverbank index " + shown(collection.root));
  }
  return {collection.location};
}

std::string described(const IndexStatus& status, const Terminal& terminal) {
  std::string roots;
  for (const std::string& root : status.roots) roots += (roots.empty() ? "" : ", ") + shown(root);
  if (roots.empty()) roots = counted(status.records, "record", "records");
  std::string text = terminal.styled(roots, Style::kBold) + "\n";
  text += fmt::format("  {}, {} of up to {} tokens{}\n", counted(status.documents, "document", "documents"),
                      counted(status.chunks, "chunk", "chunks"), status.chunk_tokens,
                      status.whole_documents ? " (whole documents)" : "");
  text += fmt::format("  model {} ({} dimensions)\n", printable(status.model), status.dimensions);
  text += fmt::format("  store {}, graph {}", in_bytes(status.store_bytes), in_bytes(status.graph_bytes));
  if (status.recall_at_10)
    text += fmt::format("; recall@10 of the graph {:.3f} at ef {}", *status.recall_at_10, status.ef);
  if (status.rerank_ms)
    text += fmt::format("\n  --rerank adds about {} to a question", in_seconds(*status.rerank_ms / 1000));
  text += fmt::format("\n  updated {}\n", status.updated.empty() ? "never" : status.updated);
  return text + fmt::format("  in {}\n", shown(status.location));
}

int run_status(Session& session, const StatusArguments& arguments) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::string text;
  for (const fs::path& location : locations_of(arguments)) {
    const IndexStatus status = Index::open(location, {.access = Access::kReadOnly}).status();
    list.push_back(to_json(status));
    text += (text.empty() ? "" : "\n") + described(status, session.terminal);
  }
  if (text.empty()) text = "Nothing is indexed yet. Start with: riverbank index FOLDER\n";
  session.terminal.print(arguments.json ? dump(list) + "\n" : text);
  return kDone;
}

}  // namespace

void add_status_command(CLI::App& app, Session& session) {
  auto arguments = std::make_shared<StatusArguments>();
  CLI::App* verb = add_verb(app, "status", "Show what is indexed: sizes, model, recall of the graph, freshness.",
                            "  riverbank status\n"
                            "  riverbank status ~/book\n"
                            "  riverbank status --json\n");
  verb->add_option("folder", arguments->folder, "One collection only")->type_name("FOLDER");
  verb->add_option("--index", arguments->index, "The index in this folder")->type_name("DIR");
  verb->add_flag("--json", arguments->json, "Print it as JSON");
  verb->callback(
      [&session, arguments] { session.run = [&session, arguments] { return run_status(session, *arguments); }; });
}

int show_welcome(Session& session) {
  std::string text =
      "riverbank answers questions out of your own documents, on your own machine.\n"
      "It reads them with an attention-based encoder, so it knows which bank you mean.\n\n"
      "Try:\n"
      "  riverbank query \"how do I share data between threads\" ~/book\n"
      "  riverbank status\n"
      "  riverbank --help\n";
  const auto locations = all_collections();
  if (!locations.empty()) text += "\nIndexed:\n";
  for (const fs::path& location : locations) {
    const IndexStatus status = Index::open(location, {.access = Access::kReadOnly}).status();
    for (const std::string& root : status.roots) {
      text += fmt::format("  {}  ({})\n", shown(root), counted(status.chunks, "chunk", "chunks"));
    }
  }
  session.terminal.print(text);
  return kDone;
}

}  // namespace riverbank::cli
