#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace riverbank {

/// How the scores of one search were made of what was found, the same for all its hits:
///
///     score = base + sum over sides of points,       points = weight (value - centre) / spread
struct ScoreForm {
  struct Side {
    std::string name;  ///< "cosine", "bm25", …
    double weight = 1;
    double centre = 0;
    double spread = 1;

    double points(double value) const { return weight * ((value - centre) / spread); }
  };
  std::vector<Side> sides;  ///< one on which all candidates are equal tells nothing and is left out
  double base = 0;
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

/// How one hit's score came to be.
struct Explanation {
  /// A side of the search's ScoreForm with this hit's value.
  struct Points {
    std::string side;
    double value = 0;
    double points = 0;
  };
  std::vector<Points> points;       ///< with ScoreForm::base they add up to Hit::score
  std::vector<WordShare> keywords;  ///< what each word of the question brings to Hit::bm25, best first; exact

  // Nothing in keyword mode:
  double cosine = 0;  ///< recomputed from the vectors that the shares are made of
  TextExplanation question, passage;
  double sentence_share = 0;  ///< what the words of the best sentence bring to the cosine; 0 without one
};

/// How the hits of one search came to be.
struct Explanations {
  ScoreForm form;
  std::vector<Explanation> hits;  ///< one for each hit, in their order
  std::string method;             ///< one sentence on how the cosine was taken apart; empty in keyword mode
};

}  // namespace riverbank
