#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "riverbank/index.h"
#include "riverbank/metrics.h"

namespace riverbank {

/// Lines of a document that answer a question: a passage that shares a line with them is right.
struct AnswerPlace {
  std::string document;
  std::size_t first_line = 0;
  std::size_t last_line = 0;
};

/// Questions with what answers them, and the documents to look in: records, or a folder.
struct RetrievalSet {
  std::vector<Record> corpus;    ///< of a set in BEIR's layout; empty for a folder
  std::filesystem::path folder;  ///< of documents; empty for BEIR's layout
  std::map<std::string, std::string> queries;
  Qrels qrels;
  /// Of a folder's questions that ask for a place: question -> id in the qrels ("file:line-line") -> where that is.
  /// Such a question ranks passages, every other ranks documents.
  std::map<std::string, std::map<std::string, AnswerPlace>> places;
  /// What the questions of a folder have in a further column: column -> question -> value.
  std::map<std::string, std::map<std::string, std::string>> columns;
  /// One sentence for each kind of judgement that was left out, with their number and the first of them.
  std::vector<std::string> left_out;
};

/// Reads BEIR's layout: corpus.jsonl {_id,title,text}, queries.jsonl {_id,text}, and the judgements in `qrels`, or in
/// qrels.tsv or qrels/test.tsv when that is empty. Judgements of documents or questions that are not there are left out
/// and counted. Throws Error: kNotFound, kCorrupt (file and line said; or nothing is left).
RetrievalSet read_retrieval_set(const std::filesystem::path& folder, const std::filesystem::path& qrels = {});

/// Reads questions to a folder of one's own: lines of question, TAB, file or file:line or file:first-last, with the
/// file relative to the folder. A question on several lines has several answers. When the first line begins with
/// "question" or "query", it names the columns: "answer" holds words of the file, and the lines in which those stand
/// are the place that is asked for; others are kept as they are. Rows whose file (or answer in it) is not there are
/// left out and counted. Throws Error: kNotFound, kCorrupt (file and line said; or nothing is left).
RetrievalSet read_questions(const std::filesystem::path& folder, const std::filesystem::path& questions);

struct EvaluationOptions {
  SearchOptions search;  ///< top_k and best_sentences are the evaluation's own; a least relevance that is not set is 0
  std::size_t depth = 100;  ///< documents (or passages) ranked for each question
  std::function<void(std::size_t done, std::size_t total)> progress;
  std::stop_token stop;
};

struct Evaluation {
  Run run;  ///< every question of the set's qrels; empty rankings for those that found nothing
  double seconds = 0;
};

/// Asks every judged question of an index that holds the set's documents. A document counts by its best passage.
/// Throws Error kCancelled and what Index::search() throws.
Evaluation evaluate(const Index& index, const RetrievalSet& set, const EvaluationOptions& options = {});

}  // namespace riverbank
