#pragma once

#include <cstdint>
#include <vector>

#include "riverbank/search.h"

namespace riverbank {

/// A passage that one of the two searches found, with what both think of it.
struct Candidate {
  std::int64_t chunk = 0;
  double cosine = 0;  ///< of question and passage, of every candidate, whichever search found it
  double bm25 = 0;    ///< higher is better; 0 when it holds none of the question's words
  double score = 0;   ///< what fuse() sets, 0..1
};

/// The share of the vector side in a hybrid score.
extern const double kVectorWeight;

/// Orders candidates by a weighted average of both sides, each brought to 0..1 by min-max over the candidates:
///
///     score = w (cosine - min) / (max - min)  +  (1 - w) (bm25 - min) / (max - min)
///
/// A side on which all candidates are equal says nothing: they get 1 there if it is above 0, else 0, so that the score
/// of a lone hit is 1 and words that nobody holds count for nobody. Ties: the higher cosine, then the lower chunk.
/// Returns how.
ScoreForm fuse(std::vector<Candidate>& candidates, double vector_weight);

/// Sets the scores that a mode orders by, all in 0..1, and orders: hybrid as fuse() has it, vector by the cosine,
/// keyword by BM25 as a share of the best. Returns how; its sides are "cosine" and "bm25".
ScoreForm rank(std::vector<Candidate>& candidates, SearchMode mode);

}  // namespace riverbank
