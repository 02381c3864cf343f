#include "cli/search_flags.h"

#include <map>

namespace riverbank::cli {
namespace {

const std::map<std::string, SearchMode> kModes{
    {"hybrid", SearchMode::kHybrid}, {"vector", SearchMode::kVector}, {"keyword", SearchMode::kKeyword}};

}  // namespace

void add_search_flags(CLI::App& verb, SearchOptions& options) {
  verb.add_option("--mode", options.mode, "hybrid, vector or keyword")
      ->transform(CLI::CheckedTransformer(kModes).description(""))
      ->type_name("MODE");
  verb.add_flag("--exact", options.exact, "Compare with every vector instead of asking the graph");
}

nlohmann::ordered_json to_json(const SearchOptions& options) {
  return {{"mode", name_of(options.mode)}, {"exact", options.exact}};
}

std::string name_of(SearchMode mode) {
  for (const auto& [name, value] : kModes) {
    if (value == mode) return name;
  }
  return "";
}

}  // namespace riverbank::cli
