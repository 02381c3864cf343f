// verify, remove and forget: looking after what is indexed.
#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <string>

#include "cli/arguments.h"
#include "cli/collections.h"
#include "cli/commands/commands.h"
#include "cli/commands/update.h"
#include "cli/output/numbers.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank::cli {
namespace fs = std::filesystem;
namespace {

struct MaintenanceArguments {
  std::vector<std::string> paths;
  std::string folder, index;
  bool yes = false;
};

Collection existing(const std::string& folder, const std::string& index) {
  Collection collection = choose_collection(folder.empty() ? std::nullopt : std::optional<fs::path>(folder), index);
  if (!collection.exists)
    throw Error(ErrorKind::kNotFound, shown(collection.root) + " is not indexed; see: riverbank status");
  return collection;
}

int run_verify(Session& session, const MaintenanceArguments& arguments) {
  const Collection collection = existing(arguments.folder, arguments.index);
  const auto problems = open_index(session, collection, {.access = Access::kReadOnly}).verify();
  for (const std::string& problem : problems) session.terminal.print(printable(problem) + "\n");
  if (problems.empty()) session.terminal.print("The store and the graph are whole and agree.\n");
  return problems.empty() ? kDone : kFailed;
}

int run_remove(Session& session, const MaintenanceArguments& arguments) {
  for (const std::string& path : arguments.paths) {
    // The file itself may be gone from the disk: its folder says which collection it was in.
    const fs::path full = fs::absolute(path).lexically_normal();
    fs::path standing = full;
    while (!fs::exists(standing) && standing.has_relative_path()) standing = standing.parent_path();
    Index index = open_index(session, existing(arguments.index.empty() ? standing.string() : "", arguments.index), {});
    const std::size_t removed = index.remove_path(full);
    session.terminal.print(
        fmt::format("{}: {} removed from the index.\n", shown(full), counted(removed, "document", "documents")));
    if (removed > 0 && fs::exists(full)) {
      session.terminal.note(
          "  The file is still there: where its folder is indexed the next refresh takes it in again, unless "
          "a .riverbankignore names it.");
    }
  }
  return kDone;
}

bool confirmed(Session& session, const MaintenanceArguments& arguments, const std::string& question) {
  if (arguments.yes) return true;
  if (::isatty(STDIN_FILENO) != 1) {
    throw Error(ErrorKind::kInvalidArgument, question + " Nobody is there to ask; add --yes to do it.");
  }
  std::cerr << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "Y" || answer == "yes") return true;
  session.terminal.note("  Nothing was changed.");
  return false;
}

int run_forget(Session& session, const MaintenanceArguments& arguments) {
  const Collection collection = existing(arguments.folder, arguments.index);
  if (!collection.below.empty()) {
    throw Error(ErrorKind::kInvalidArgument, shown(collection.root / collection.below) +
                                                 " is a part of the collection " + shown(collection.root) +
                                                 "; forget that one, or remove the part: riverbank remove");
  }
  const IndexStatus status = Index::open(collection.location, {.access = Access::kReadOnly}).status();
  const std::string name = collection.root.empty() ? shown(collection.location) : shown(collection.root);
  const std::string question = fmt::format("Forget the index of {} ({}, {})? The documents themselves stay.", name,
                                           counted(status.documents, "document", "documents"),
                                           in_bytes(status.store_bytes + status.graph_bytes));
  if (!confirmed(session, arguments, question)) return kNothingFound;
  Index::destroy(collection.location);
  session.terminal.print("Forgot the index of " + name + ".\n");
  return kDone;
}

}  // namespace

void add_verify_command(CLI::App& app, Session& session) {
  auto arguments = std::make_shared<MaintenanceArguments>();
  CLI::App* verb = add_verb(app, "verify", "Check that an index is whole: every sum, every link, every row.",
                            "  riverbank verify\n"
                            "  riverbank verify ~/book\n");
  verb->add_option("folder", arguments->folder, "The collection; none: the one you are in")->type_name("FOLDER");
  verb->add_option("--index", arguments->index, "The index in this folder")->type_name("DIR");
  verb->callback(
      [&session, arguments] { session.run = [&session, arguments] { return run_verify(session, *arguments); }; });
}

void add_remove_command(CLI::App& app, Session& session) {
  auto arguments = std::make_shared<MaintenanceArguments>();
  CLI::App* verb = add_verb(
      app, "remove",
      "Take files or folders out of an index; the files themselves stay, and come back when their folder is refreshed.",
      "  riverbank remove ~/book/appendix.md\n"
      "  riverbank remove ~/book/drafts\n");
  verb->add_option("path", arguments->paths, "Files or folders")->required()->type_name("PATH");
  verb->add_option("--index", arguments->index, "The index in this folder")->type_name("DIR");
  verb->callback(
      [&session, arguments] { session.run = [&session, arguments] { return run_remove(session, *arguments); }; });
}

void add_forget_command(CLI::App& app, Session& session) {
  auto arguments = std::make_shared<MaintenanceArguments>();
  CLI::App* verb = add_verb(app, "forget", "Delete the index of a folder, after asking; the documents stay.",
                            "  riverbank forget ~/book\n"
                            "  riverbank forget ~/book --yes\n");
  verb->add_option("folder", arguments->folder, "The collection")->type_name("FOLDER");
  verb->add_option("--index", arguments->index, "The index in this folder")->type_name("DIR");
  verb->add_flag("--yes", arguments->yes, "Do not ask");
  verb->callback(
      [&session, arguments] { session.run = [&session, arguments] { return run_forget(session, *arguments); }; });
}

}  // namespace riverbank::cli
