#include "riverbank/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <unordered_set>

#include "lib/base/clock.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

using Places = std::map<std::string, AnswerPlace>;

/// What a question asks for.
struct JudgedQuestion {
  std::string text;
  const std::map<std::string, int>& grades;
  const Places* places = nullptr;  ///< null when it asks for documents
};

/// What a hit counts as: its document; for a question that asks for a place, the place that it touches and nothing
/// before it did, else its own lines.
std::string id_of(const Hit& hit, const JudgedQuestion& asked, const std::unordered_set<std::string>& seen) {
  if (asked.places == nullptr) return hit.document;
  for (const auto& [id, place] : *asked.places) {
    if (hit.document == place.document && hit.first_line <= place.last_line && place.first_line <= hit.last_line &&
        !seen.contains(id)) {
      return id;
    }
  }
  if (asked.grades.contains(hit.document) && !seen.contains(hit.document)) return hit.document;
  return fmt::format("{}:{}-{}", hit.document, hit.first_line, hit.last_line);
}

/// The first `depth` documents or passages for a question, each once. Asks for more passages until they hold that many
/// documents or no more come.
std::vector<RankedDocument> rank(const Index& index, const JudgedQuestion& asked, SearchOptions options,
                                 std::size_t depth) {
  for (options.top_k = depth;; options.top_k *= 4) {
    const SearchResult found = index.search(asked.text, options);
    std::vector<RankedDocument> ranked;
    std::unordered_set<std::string> seen;
    for (const Hit& hit : found.hits) {
      std::string id = id_of(hit, asked, seen);
      if (ranked.size() < depth && seen.insert(id).second) ranked.push_back({std::move(id), hit.score});
    }
    if (ranked.size() == depth || found.hits.size() < options.top_k) return ranked;
  }
}

}  // namespace

Evaluation evaluate(const Index& index, const RetrievalSet& set, const EvaluationOptions& options) {
  if (options.depth == 0)
    throw Error(ErrorKind::kInvalidArgument, "an evaluation of 0 documents a question says nothing");
  SearchOptions search = options.search;
  search.best_sentences = false;
  if (!search.min_relevance) search.min_relevance = 0;
  search.syntax = false;        // a set's questions are no command line
  search.fold_similar = false;  // each document counts for itself

  Evaluation result;
  const auto start = std::chrono::steady_clock::now();
  for (const auto& [question, grades] : set.qrels) {
    if (options.stop.stop_requested()) throw Error(ErrorKind::kCancelled, "the evaluation was stopped");
    const auto places = set.places.find(question);
    const JudgedQuestion asked{set.queries.at(question), grades,
                               places == set.places.end() ? nullptr : &places->second};
    result.run[question] = rank(index, asked, search, options.depth);
    if (options.progress) options.progress(result.run.size(), set.qrels.size());
  }
  result.seconds = seconds_since(start);
  return result;
}

}  // namespace riverbank
