#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "riverbank/embedder.h"
#include "riverbank/explanation.h"

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

/// A passage of a document in the index, or all of it.
struct PassagePlace {
  std::string document;  ///< the file's absolute path, its path relative to its root, or a record's id
  std::size_t line = 0;  ///< counted from 1; 0: the whole document
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
  bool best_sentences = true;  ///< read the hits to mark the sentence that answers; it counts in their relevance
  /// Read `"exact phrases"` and ` -words` of the question as Index::search() says; false: all of it is plain text.
  bool syntax = true;

  // Filters. All that are set must hold. They are obeyed inside the search: k passages that pass are found whenever
  // there are k, however few that is of all.
  std::string path_glob;           ///< only documents whose path or id matches ("*.md", "src/**"); empty: all
  std::vector<std::string> types;  ///< only files with one of these extensions ("md", "py"), or of one of these kinds:
                                   ///< "markdown", "restructuredtext", "code", "text"; empty: all
  std::string document;            ///< only the document of exactly this path (relative to its root) or id; empty: all
  std::string heading;             ///< only passages whose headings hold all of these words; empty: all
  std::map<std::string, std::string> metadata;  ///< only documents that have all of these
  /// Only files last written at or after, and before, that moment. Records have no such time and pass neither.
  std::optional<std::chrono::system_clock::time_point> modified_since, modified_until;

  // More of the question: v = question + like + Σ plus - Σ minus, all unit vectors, brought to length 1. Words are
  // looked for of the question and of plus; of the passage where there is neither. With minus vectors alone decide the
  // order, as words know nothing of it.
  std::optional<PassagePlace> like;  ///< passages like this one, itself left out; the question may be empty
  std::vector<std::string> plus;     ///< and also about this
  std::vector<std::string> minus;    ///< and away from this

  // Less of the same.
  bool fold_similar = true;  ///< one hit for passages that say the same in nearly the same words; see Hit::similar
  /// Maximal marginal relevance (Carbonell and Goldstein 1998): 1 is the order by score, less prefers what differs from
  /// the hits before it; 0..1. Unset: by score.
  std::optional<double> mmr;
  std::size_t per_document = 0;  ///< at most so many hits of one document; 0: any number

  /// Relevance, 0..1, below which a passage does not count as found; 0: all do; unset: kMinRelevance where the model is
  /// calibrated, else 0. Keyword mode has no relevance.
  std::optional<double> min_relevance;

  /// Keep what Index::explain() needs of the pass that finds the best sentences, so that it need not read them again.
  std::optional<ExplainOptions> explain;
};

/// The passages that SearchOptions::rerank reads, and at most so many are read to mark their best sentence; the
/// relevance of those behind them is made without it.
inline constexpr std::size_t kReadPassages = 30;

/// Of XQuAD's questions at most 2 % lose their answer by it, and at most 12 % of those whose article was taken away
/// still find something, with either model of the catalogue.
inline constexpr double kMinRelevance = 0.17;

/// A range of bytes [begin, end) of Hit::text.
struct TextRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// A passage that says the same as a hit in nearly the same words, and was folded into it.
struct SimilarPassage {
  std::string document, root;  ///< as in Hit
  std::size_t first_line = 0, last_line = 0;
};

/// One passage that answers, best first.
struct Hit {
  double score = 0;  ///< what hits are ordered by, 0..1; compares the hits of one question only
  /// How likely it is that this answers, 0..1: the same for every question and collection (see Calibration; with
  /// SearchOptions::best_sentences it knows more). Absent in keyword mode and for a model that is not calibrated.
  std::optional<double> relevance;
  /// How score was made: the "score before" of a step is the result of the one before it, the last one's is the score.
  /// Empty for sentences as hits and for a search in a sense.
  std::vector<ScoreStep> steps;
  /// The share of the question's words that the passage holds, weighed by idf: what relevance is made of besides cosine
  /// and sentence_score.
  std::optional<double> covered;
  std::optional<double> cosine;  ///< question and passage; absent in keyword mode
  std::optional<double> bm25;    ///< higher is better; absent when no word matched
  std::int64_t passage = 0;      ///< its number in this index, which no other passage ever gets
  std::string document;          ///< the file's path relative to its root, or the record's id
  std::string root;              ///< the folder it was indexed from; empty for a record
  std::string title;
  std::vector<std::string> headings;  ///< outermost first
  std::size_t first_line = 0;         ///< counted from 1; 0 for a record
  std::size_t last_line = 0;
  std::size_t position = 0;                ///< of the passage in its document, from 0
  TextRange range;                         ///< bytes of the document's text that it stands at
  std::string text;                        ///< the passage, UTF-8
  std::optional<TextRange> best_sentence;  ///< in text
  std::optional<double> sentence_score;    ///< its own, by late interaction; compares the sentences of one question
  std::map<std::string, std::string> metadata;
  std::vector<SimilarPassage> similar;  ///< folded into this one, by their score
};

struct SearchResult {
  std::vector<Hit> hits;
  std::string order;  ///< in a sentence, how they were ordered
  /// With SearchOptions::explain, what the encoder made of each hit's passage; empty of one that it did not read.
  std::vector<TextStates> states;
  std::size_t searched = 0;  ///< passages that passed the filters; 0: none did, and there was nothing to search
  std::vector<std::string> excluded;     ///< the question's "-words": no hit holds one of them
  double best_cosine = 0;                ///< of the nearest passage, shown or not; 0 in keyword mode
  std::optional<double> best_relevance;  ///< of the passages looked at, shown or not
  double min_relevance = 0;              ///< what was asked of a hit
  std::optional<std::size_t> uses;       ///< of search_in_sense(): uses of the word that were compared
};

}  // namespace riverbank
