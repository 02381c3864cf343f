#include "riverbank/evaluate.h"

#include <chrono>
#include <unordered_set>

#include "riverbank/error.h"

namespace riverbank {
namespace {

constexpr std::size_t kDepth = 100;

/// The first kDepth documents for a question, each by its best passage. Asks for more passages until they hold that
/// many documents or no more come.
std::vector<std::string> rank_documents(const Index& index, const std::string& question, SearchOptions options) {
  for (options.top_k = kDepth;; options.top_k *= 4) {
    const SearchResult found = index.search(question, options);
    std::vector<std::string> ranked;
    std::unordered_set<std::string> seen;
    for (const Hit& hit : found.hits) {
      if (ranked.size() < kDepth && seen.insert(hit.document).second) ranked.push_back(hit.document);
    }
    if (ranked.size() == kDepth || found.hits.size() < options.top_k) return ranked;
  }
}

}  // namespace

Evaluation evaluate(const Index& index, const RetrievalSet& set, const EvaluationOptions& options) {
  SearchOptions search;
  search.mode = options.mode;
  search.exact = options.exact;
  search.best_sentences = false;
  search.floor = 0;

  Evaluation result;
  const auto start = std::chrono::steady_clock::now();
  for (const auto& [question, grades] : set.qrels) {
    if (options.stop.stop_requested()) throw Error(ErrorKind::kCancelled, "the evaluation was stopped");
    const std::vector<std::string> ranked = rank_documents(index, set.queries.at(question), search);
    result.ndcg_at_10 += ndcg(ranked, grades, 10);
    result.recall_at_100 += recall(ranked, grades, kDepth);
    ++result.queries;
    if (options.progress) options.progress(result.queries, set.qrels.size());
  }
  if (result.queries > 0) {
    result.ndcg_at_10 /= static_cast<double>(result.queries);
    result.recall_at_100 /= static_cast<double>(result.queries);
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace riverbank
