#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "riverbank/attention.h"

namespace riverbank {

/// A step by which a number came to be, a sum over what it was made of:
///
///     sum = base + sum over sides of points,       points = weight (value - centre) / spread
///
/// and of a side that is a rank, points = weight 61 / (60 + rank).
struct ScoreStep {
  struct Side {
    std::string name;  ///< "cosine", "bm25", "rank by cosine", "rank by bm25", "score before", …
    double weight = 1;
    double centre = 0;
    double spread = 1;
    bool is_rank = false;
    double value = 0;

    double points() const { return is_rank ? weight * 61 / (60 + value) : weight * ((value - centre) / spread); }
  };
  std::string name;  ///< "vector", "keyword", "scores", "ranks", "late interaction", "cross-encoder", "relevance"
  std::vector<Side> sides;  ///< one on which all candidates are equal tells nothing and is left out
  double base = 0;
  double result = 0;  ///< the sum, held between 0 and 1; of "relevance" 1 / (1 + exp(-sum))

  double sum() const {
    double all = base;
    for (const Side& side : sides) all += side.points();
    return all;
  }
};

/// A word and what it brings.
struct WordShare {
  std::string word;  ///< as it stands in the text
  double share = 0;
  std::size_t begin = 0;  ///< bytes of the text
  std::size_t end = 0;
};

/// What the parts of one text bring to a cosine; all of it adds up to the cosine.
struct TextExplanation {
  std::string text;              ///< as the model read it, the prompt left out
  std::vector<WordShare> words;  ///< in their order, word pieces joined, punctuation too
  std::vector<WordShare> rest;   ///< "[CLS]", "[SEP]", "prompt", "constants": what belongs to no word; no places
};

/// How one hit came to be.
struct Explanation {
  std::optional<ScoreStep> relevance;  ///< how Hit::relevance was made; of a hit that has one
  std::vector<WordShare> keywords;     ///< what each word of the question brings to Hit::bm25, best first; exact

  // Nothing in keyword mode:
  double cosine = 0;  ///< recomputed from the vectors that the shares are made of
  TextExplanation question, passage;
  double sentence_share = 0;       ///< what the words of the best sentence bring to the cosine; 0 without one
  std::optional<Trace> attention;  ///< with ExplainOptions::attention: over the passage, the heads' mean as one head
};

struct ExplainOptions {
  bool attention = false;  ///< also where the encoder looked while it read the passages
};

/// How the hits of one search came to be.
struct Explanations {
  std::vector<Explanation> hits;  ///< one for each hit, in their order
  std::string method;             ///< one sentence on how the cosine was taken apart; empty in keyword mode
};

}  // namespace riverbank
