#include "cli/search_flags.h"

#include <map>
#include <memory>

#include "cli/arguments.h"
#include "riverbank/cross_encoder.h"

namespace riverbank::cli {
namespace {

const std::map<std::string, SearchMode> kModes{
    {"hybrid", SearchMode::kHybrid}, {"vector", SearchMode::kVector}, {"keyword", SearchMode::kKeyword}};

const std::map<std::string, Fusion> kFusions{{"scores", Fusion::kScores}, {"ranks", Fusion::kRanks}};

void choose_reranker(SearchOptions& options, const std::string& value) {
  options.rerank = value == "true";  // what the parser gives for a flag without a value
  options.cross_encoder = options.rerank ? nullptr : std::make_shared<const CrossEncoder>(CrossEncoder::load(value));
}

}  // namespace

void add_search_flags(CLI::App& verb, SearchOptions& options) {
  verb.add_option("--mode", options.mode, "hybrid, vector or keyword")->transform(one_of(kModes))->type_name("MODE");
  verb.add_option("--fusion", options.fusion, "How hybrid makes one order of two: by scores, or by ranks (RRF)")
      ->transform(one_of(kFusions))
      ->type_name("scores|ranks");
  const auto reranker = std::make_shared<std::string>();  // lives as long as the parser
  verb.add_flag("--rerank", *reranker,
                "Read the first 30 passages word by word and order them anew; --rerank=MODEL: by a cross-encoder")
      ->each([&options, reranker](const std::string& value) { choose_reranker(options, value); });
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
