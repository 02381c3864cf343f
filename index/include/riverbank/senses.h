#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "riverbank/index.h"
#include "riverbank/search.h"

namespace riverbank {

struct SensesOptions {
  SearchOptions where;                ///< its filters choose where to look; the rest of it is not read
  std::size_t most_uses = 1000;       ///< of more, as many are taken, evenly spread over the collection
  std::optional<std::size_t> senses;  ///< this many; unset: the criterion decides
  std::function<void(std::size_t done, std::size_t total)> progress;
  std::stop_token stop;
};

/// One place where the word is used.
struct WordUse {
  std::string document;  ///< the file's path relative to its root, or the record's id
  std::string root;      ///< the folder it was indexed from; empty for a record
  std::vector<std::string> headings;
  std::size_t line = 0;   ///< of the word, counted from 1; 0 for a record
  std::string text;       ///< the sentence, with its neighbours where it is short, as the encoder read it
  TextRange word;         ///< in text
  std::size_t sense = 0;  ///< which of SensesResult::senses
  double centrality = 0;  ///< cosine to the mean of its sense
  double x = 0, y = 0;    ///< first two principal components of all uses
};

/// A word that marks a sense, with how strongly: standard errors of its log-odds against the other senses; where there
/// is one sense only, the number of uses that it stands beside.
struct SenseMark {
  std::string word;
  double strength = 0;
};

struct WordSense {
  std::vector<std::size_t> uses;  ///< places in SensesResult::uses, most central first
  std::vector<SenseMark> marks;
};

struct SensesResult {
  std::size_t found = 0;            ///< uses in the collection (in the first 20,000 passages that have the word)
  std::vector<WordUse> uses;        ///< those that were looked at, in the order of the documents
  std::vector<WordSense> senses;    ///< largest first; empty when the word is not there
  std::vector<double> separations;  ///< silhouette of 2, 3 ... senses; empty when too few uses or a number was asked
  double threshold = 0;             ///< silhouette from which on the criterion says several
  bool is_measured = false;         ///< whether the threshold was chosen for this model, on words with known senses
  double explained = 0;             ///< share of the variance in x and y
};

/// Every use of a word in an index's documents, grouped by sense: the word itself, its plural in -s or -es and its
/// possessive, whatever the case and the accents; it may be several words ("New York"). A word that is not there gives
/// no senses. Reads the store as it is on disk. Any thread.
/// Throws Error: kInvalidArgument (no word, a number of senses that makes no sense, a filter), kCancelled, and what
/// Index::open() throws.
SensesResult find_senses(const Index& index, std::string_view word, const SensesOptions& options = {});

/// A word and a text that uses it as it is meant: "bank", "the bank of the river".
struct WordInSense {
  std::string word;
  std::string sense;
};

/// The passages that answer `question` and use the word in that sense. Those that an ordinary search puts forward (the
/// first 500) and that hold the word are ordered by
///
///     score = relevance (1 + cos(v - m, q - m)) / 2
///
/// q the word's vector in the text of the sense, v its vector in the passage (the use most like q), m the mean over all
/// uses at hand: without it all uses of one word lie close together. The marked sentence is the one with that use.
/// With few uses (SearchResult::uses) that mean is hardly more than the uses themselves, and the order says little.
/// Any thread. Throws Error kInvalidArgument when the sense does not hold the word, and what Index::search() throws.
SearchResult search_in_sense(const Index& index, std::string_view question, const WordInSense& meant,
                             const SearchOptions& options = {});

}  // namespace riverbank
