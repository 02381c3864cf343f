#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "riverbank/search.h"

namespace riverbank::cli {

/// The flags that choose how passages are ranked, the same for every verb that searches, `eval` and its settings
/// included: what is added here can be compared there. They write into `options`, which must live as long as the
/// parser.
void add_search_flags(CLI::App& verb, SearchOptions& options);

/// What those flags chose, each under its own name: {"mode": "hybrid", "exact": false, …}.
nlohmann::ordered_json to_json(const SearchOptions& options);

/// "hybrid", "vector" or "keyword".
std::string name_of(SearchMode mode);

}  // namespace riverbank::cli
