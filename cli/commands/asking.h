#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/collections.h"
#include "cli/session.h"
#include "riverbank/index.h"
#include "riverbank/search.h"

namespace riverbank::cli {

/// What every verb has that asks a collection: which one, how fresh, and which part of it.
struct AskArguments {
  std::string folder, index, model;
  int threads = 0;
  bool no_refresh = false;
  std::string path, since, until;
  std::vector<std::string> metadata;  ///< NAME=VALUE
  SearchOptions search;
};

/// The positional FOLDER and the flags of a collection.
void add_collection_flags(CLI::App& verb, AskArguments& arguments);
/// --path, --type, --since, --until, --heading, --document, --meta.
void add_filter_flags(CLI::App& verb, AskArguments& arguments);
/// --mmr, --per-document, --no-fold.
void add_variety_flags(CLI::App& verb, AskArguments& arguments);

/// A collection that is ready to be asked.
struct AskedCollection {
  Collection collection;
  Index index;
};

/// Opens the collection, and brings it up to date first unless that is forbidden. Another process that is at it, or a
/// folder that cannot be written, is no reason not to answer from what is there.
AskedCollection open_to_ask(Session& session, const AskArguments& arguments);

/// arguments.search with the filters that were given, inside the folder that was asked about.
/// Throws Error kInvalidArgument.
SearchOptions search_options(const AskArguments& arguments, const Collection& collection);

/// "nothing found", with the reason: no passage passed the filters, all was below the floor, or nothing matched.
void print_nothing(Terminal& terminal, const AskArguments& arguments, const Collection& collection,
                   const SearchResult& result);

}  // namespace riverbank::cli
