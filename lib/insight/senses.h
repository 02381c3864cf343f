#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "lib/text/span.h"

namespace riverbank {

struct Model;

/// One use of a word: the text that the encoder reads, and the word's bytes in it.
struct Usage {
  std::string text;
  Span word;
};

/// A word that marks a sense: how much more often it stands beside this sense than beside the others.
struct SenseMarker {
  std::string word;
  double score = 0;  ///< standard errors of the log-odds ratio; with one sense the number of uses it stands beside
};

/// Uses of a word that mean the same.
struct SenseCluster {
  std::vector<std::size_t> usages;  ///< most central first
  std::vector<SenseMarker> markers;
};

struct SenseGrouping {
  std::vector<SenseCluster> senses;   ///< largest first
  std::vector<std::size_t> sense_of;  ///< (usages)
  std::vector<double> centrality;     ///< (usages) cosine to the mean of its sense
  std::vector<double> x, y;           ///< (usages) first two principal components
  double explained = 0;               ///< share of the variance that those have
  std::vector<double> separations;    ///< silhouette of 2, 3 ... clusters; empty when there are too few uses
  double threshold = 0;               ///< from which on it is several senses
  bool is_measured = false;           ///< whether the threshold was chosen on words with known senses for this model
};

struct SenseOptions {
  std::optional<std::size_t> count;  ///< this many senses; unset: the criterion decides
  int threads = 0;                   ///< 0: one for each core
  std::function<void(std::size_t done, std::size_t total)> progress;
  std::stop_token stop;
};

/// Fewer uses are one sense: nothing can be said of them.
inline constexpr std::size_t kFewestToSplit = 6;
/// More senses are never found by the criterion.
inline constexpr std::size_t kMostSenses = 5;

/// The senses of a word by its contextual vectors: the mean of its pieces after each of the last two layers, both made
/// unit vectors and averaged. 2 ... 5 clusters (no more than a third of the uses) are tried, by Ward's method and
/// k-means; the number with the highest silhouette is taken when that reaches the model's threshold (chosen on words
/// with known senses for those of the catalogue, known by their weights; 0.1 for any other), and one sense otherwise.
/// Any text is a text; a word that the model's position table cuts off has the vector of [CLS]. Deterministic. Throws
/// Error: kInvalidArgument (no usage; a count of 0 or of more than the usages), kCancelled.
SenseGrouping group_by_sense(std::shared_ptr<const Model> model, std::span<const Usage> usages,
                             const SenseOptions& options = {});

/// The vectors that it groups, one a use: unit vectors, (usages, dimensions).
std::vector<std::vector<float>> sense_vectors(std::shared_ptr<const Model> model, std::span<const Usage> usages,
                                              const SenseOptions& options = {});

/// Where `word` stands in a text: as it is, or in the plural in -s or -es or the possessive in -'s, whatever its case
/// and accents; an -'s is not part of the place. It may be of several words ("New York"); then only the last may be
/// inflected.
std::vector<Span> find_uses(std::string_view text, std::string_view word);

}  // namespace riverbank
