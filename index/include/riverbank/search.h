#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace riverbank {

class CrossEncoder;

enum class SearchMode {
  kHybrid,   ///< vector and keyword, fused
  kVector,   ///< nearest vectors only
  kKeyword,  ///< BM25 only
};

/// How a hybrid search makes one order of two.
enum class Fusion {
  kScores,  ///< standard scores of both, averaged with a weight that follows how far the two agree
  kRanks,   ///< reciprocal rank fusion, k = 60
};

struct SearchOptions {
  SearchMode mode = SearchMode::kHybrid;
  Fusion fusion = Fusion::kScores;
  /// Order the first 30 passages anew by late interaction, token by token, with the same encoder.
  bool rerank = false;
  /// Order the first 30 passages anew by this model's score; wins over `rerank`.
  std::shared_ptr<const CrossEncoder> cross_encoder;
  /// The sentences of the first 30 passages are the hits, the best first.
  bool sentences = false;
  std::size_t top_k = 5;
  bool exact = false;          ///< scan all vectors instead of asking the graph
  bool best_sentences = true;  ///< encode the hits' sentences to find the one that answers
  std::string path_glob;       ///< only documents whose path or id matches ("*.md", "src/**"); empty: all
  std::map<std::string, std::string> metadata;  ///< only documents that have all of these
  /// Relevance, 0..1, below which a passage does not count as found; 0: all do; unset: kMinRelevance where the model is
  /// calibrated, else 0. Keyword mode has no relevance.
  std::optional<double> min_relevance;
};

/// The passages that SearchOptions::rerank reads, and that get their best sentence marked.
inline constexpr std::size_t kReadPassages = 30;

/// Of XQuAD's questions at most 2 % lose their answer by it, and 9 % of those whose article was taken away still find
/// something, with either model of the catalogue.
inline constexpr double kMinRelevance = 0.175;

/// A range of bytes [begin, end) of Hit::text.
struct TextRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// One passage that answers, best first.
struct Hit {
  double score = 0;  ///< what hits are ordered by, 0..1; compares the hits of one question only
  /// How likely it is that this answers, 0..1: the same for every question and collection (see Calibration). Absent in
  /// keyword mode and for a model that is not calibrated.
  std::optional<double> relevance;
  std::optional<double> cosine;  ///< question and passage; absent in keyword mode
  std::optional<double> bm25;    ///< higher is better; absent when no word matched
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
  double best_cosine = 0;                ///< of the nearest passage, shown or not; 0 in keyword mode
  std::optional<double> best_relevance;  ///< of the passages looked at, shown or not
  double min_relevance = 0;              ///< what was asked of a hit
};

}  // namespace riverbank
