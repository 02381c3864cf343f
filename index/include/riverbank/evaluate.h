#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "riverbank/index.h"

namespace riverbank {

/// A retrieval set in BEIR's layout: corpus.jsonl {_id,title,text}, queries.jsonl {_id,text}, qrels.tsv or
/// qrels/test.tsv (query-id, corpus-id, score; with a header line).
struct RetrievalSet {
  std::vector<Record> corpus;
  std::map<std::string, std::string> queries;
  std::map<std::string, std::map<std::string, int>> qrels;  ///< question -> document -> grade
};

/// Throws Error: kNotFound, kCorrupt (file and line said).
RetrievalSet read_retrieval_set(const std::filesystem::path& folder);

struct EvaluationOptions {
  SearchMode mode = SearchMode::kHybrid;
  bool exact = false;
  std::function<void(std::size_t done, std::size_t total)> progress;
  std::stop_token stop;
};

struct Evaluation {
  std::size_t queries = 0;
  double ndcg_at_10 = 0;
  double recall_at_100 = 0;
  double seconds = 0;
};

/// Asks every question that has a grade of an index that holds the corpus as records; a document counts by its best
/// chunk. Ranks 100 documents a question. Throws Error kCancelled.
Evaluation evaluate(const Index& index, const RetrievalSet& set, const EvaluationOptions& options = {});

/// nDCG@k with exponential-free gain (the grade itself) and log2 discount, as trec_eval computes it.
double ndcg(const std::vector<std::string>& ranked, const std::map<std::string, int>& grades, std::size_t k);
/// The share of the relevant documents among the first k.
double recall(const std::vector<std::string>& ranked, const std::map<std::string, int>& grades, std::size_t k);

}  // namespace riverbank
