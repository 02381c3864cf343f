#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "riverbank/explanation.h"

namespace riverbank {

enum class SearchMode {
  kHybrid,   ///< vector and keyword, min-max normalised and averaged
  kVector,   ///< nearest vectors only
  kKeyword,  ///< BM25 only
};

struct SearchOptions {
  SearchMode mode = SearchMode::kHybrid;
  std::size_t top_k = 5;
  bool exact = false;          ///< scan all vectors instead of asking the graph
  bool best_sentences = true;  ///< encode the hits' sentences to find the one that answers
  std::string path_glob;       ///< only documents whose path or id matches ("*.md", "src/**"); empty: all
  std::map<std::string, std::string> metadata;  ///< only documents that have all of these
  /// Cosine below which a passage does not count as found, however many of its words match; 0: none; unset: the
  /// model's own. Keyword mode has none.
  std::optional<float> floor;
};

/// A range of bytes [begin, end) of Hit::text.
struct TextRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// One passage that answers, best first.
struct Hit {
  double score = 0;              ///< what hits are ordered by, 0..1
  std::optional<double> cosine;  ///< question and passage; absent in keyword mode
  std::optional<double> bm25;    ///< higher is better; absent when no word matched
  std::int64_t passage = 0;      ///< its number in this index, which no other passage ever gets
  std::string document;          ///< the file's path relative to its root, or the record's id
  std::string root;              ///< the folder it was indexed from; empty for a record
  std::string title;
  std::vector<std::string> headings;  ///< outermost first
  std::size_t first_line = 0;         ///< counted from 1; 0 for a record
  std::size_t last_line = 0;
  std::string text;                        ///< the passage, UTF-8
  std::optional<TextRange> best_sentence;  ///< in text
  std::map<std::string, std::string> metadata;
};

struct SearchResult {
  std::vector<Hit> hits;
  ScoreForm form;          ///< how their scores were made
  double best_cosine = 0;  ///< of the nearest passage, shown or not; 0 in keyword mode
  double floor = 0;        ///< the floor that was applied
};

}  // namespace riverbank
