#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "riverbank/search.h"

namespace riverbank {

/// A passage that one of the two searches found, with what both think of it.
struct Candidate {
  std::int64_t chunk = 0;
  double cosine = 0;  ///< of question and passage, of every candidate, whichever search found it
  double bm25 = 0;    ///< higher is better; 0 when it holds none of the question's words
  double score = 0;   ///< what rank() and rerank() set, 0..1
};

/// Orders candidates by both sides, each in standard scores over the candidates (mean 0, deviation 1):
///
///     score = w z(cosine)  +  (1 - w) z(bm25),     w = 0.75 - 0.2 a
///
/// a, the agreement of the two, is where the ten best by words stand among the cosines, from the lowest (0) to the
/// highest (1): words that lead away from what the vectors mean count for less. Scores are then brought to 0..1. A side
/// on which all candidates are equal says nothing. Ties: the higher cosine, then the lower chunk. Returns how.
ScoreForm fuse_scores(std::vector<Candidate>& candidates);

/// Reciprocal rank fusion (Cormack, Clarke and Büttcher 2009): score = sum of 1 / (60 + rank) over both sides, a
/// passage without any word having no rank there; as a share of what a first place on both gives. The same ties. No sum
/// over values says how, so that what is returned is empty.
ScoreForm fuse_ranks(std::vector<Candidate>& candidates);

/// Sets the scores that a search orders by, all in 0..1, and orders: hybrid as the fusion has it, vector by the cosine,
/// keyword by BM25 as a share of the best. Returns how; its sides are "cosine" and "bm25".
ScoreForm rank(std::vector<Candidate>& candidates, SearchMode mode, Fusion fusion);

/// Orders the first candidates anew, one for each of `scores`, by (1 - weight) z(score) + weight z(scores); they stay
/// before the others, and their scores between the lowest that they had and 1.
void rerank(std::vector<Candidate>& candidates, std::span<const double> scores, double weight);

/// x less its mean, divided by its deviation; zeros when all are equal.
std::vector<double> standard_scores(std::span<const double> x);

}  // namespace riverbank
