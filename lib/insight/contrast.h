#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/insight/words.h"
#include "lib/math/matrix.h"
#include "lib/model/model.h"

namespace riverbank {

/// One sentence that is compared, and how it was read.
struct ContrastSentence {
  std::string text;                 ///< what was read of it
  WordPlace place;                  ///< of the word: bytes and tokens of `text`
  std::vector<std::string> pieces;  ///< the word's
  std::size_t occurrences = 0;      ///< of the word in what was read
  std::size_t tokens = 0;           ///< of the whole sentence, [CLS] and [SEP] included
  bool is_part = false;  ///< whether it was longer than the model reads: then `text` is what is around the word
};

/// A word of a sentence and how much of the compared word's attention it got.
struct AttendedWord {
  std::string word;
  double weight = 0;
};

/// Groups of sentences in whose middle the word means the same, as far as the numbers tell: every pair within a group
/// is nearer than every pair across.
struct ContrastGroups {
  std::vector<std::vector<std::size_t>> members;  ///< sentences, counted from 0
  double farthest_within = 0;                     ///< the smallest cosine of a pair of one group
  double nearest_across = 0;                      ///< the largest of a pair of two groups
};

/// One word's vector in several sentences, layer by layer.
struct Contrast {
  std::string word;
  std::vector<ContrastSentence> sentences;
  std::vector<int> layers;      ///< kWordTable, 0, 1 … L
  std::vector<Matrix> cosines;  ///< for each of them (sentences, sentences)
  /// For each attention layer and sentence, what the word attended to: the mean of the heads, pieces joined to words,
  /// the word itself, [CLS], [SEP] and punctuation left out; the largest first.
  std::vector<std::vector<std::vector<AttendedWord>>> attended;
  std::vector<std::vector<double>> left_out;  ///< for each layer and sentence, what those hold that are left out

  std::optional<ContrastGroups> groups;  ///< at the last layer, when it separates any
  /// From which of `layers` on, to the last, the same groups are separated at every one.
  int groups_from = 0;
};

/// Compares `names` (one for each sentence: "bank", "bank#2") in `sentences`. A sentence longer than the model reads is
/// cut to what is around the word. Throws Error kInvalidArgument: fewer than two sentences, a word that is not there.
Contrast contrast(const std::shared_ptr<const Model>& model, std::span<const std::string> names,
                  std::span<const std::string> sentences);

/// The groups that a matrix of cosines separates: of all such ways the one that leaves the fewest sentences alone, then
/// the one with the widest gap; nothing when there is none but all together or each alone. cosines (n, n), symmetric.
std::optional<ContrastGroups> separated_groups(const Matrix& cosines);

/// Sentences that say what the numbers say, and no more.
std::string reading_of(const Contrast& contrast);

/// A self-contained page: the cosines of all pairs over the layers, every layer's matrix, what was attended to.
std::string contrast_page(const Contrast& contrast, const std::string& model);

}  // namespace riverbank
