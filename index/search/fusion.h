#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "riverbank/search.h"

namespace riverbank {

/// A passage that one of the two searches found, with what both think of it.
struct Candidate {
  std::int64_t chunk = 0;
  double cosine = 0;  ///< of question and passage, of every candidate, whichever search found it
  double bm25 = 0;    ///< higher is better; 0 when it holds none of the question's words
  double score = 0;   ///< what rank() and rerank() set, 0..1
  // How score came to be:
  std::size_t cosine_rank = 0, bm25_rank = 0;  ///< from 1, of reciprocal rank fusion; 0 for none
  double score_before = 0;                     ///< rerank()
  std::optional<double> reading;               ///< of those that rerank() ordered, what it was given
};

/// How candidates were ordered: the step without values and result, the same for all, and a sentence on it.
struct Ordering {
  ScoreStep step;
  std::string how;
};

/// The step with what it was for one candidate.
ScoreStep step_of(const Ordering& ordering, const Candidate& candidate, double result);

/// Orders candidates by both sides, each in standard scores over the candidates (mean 0, deviation 1):
///
///     score = w z(cosine)  +  (1 - w) z(bm25),     w = 0.75 - 0.2 a
///
/// a, the agreement of the two, is where the ten best by words stand among the cosines, from the lowest (0) to the
/// highest (1): words that lead away from what the vectors mean count for less. Scores are then brought to 0..1. A side
/// on which all candidates are equal says nothing. Ties: the higher cosine, then the lower chunk.
Ordering fuse_scores(std::vector<Candidate>& candidates);

/// Reciprocal rank fusion (Cormack, Clarke and Büttcher 2009): score = sum of 1 / (60 + rank) over both sides, a
/// passage without any word having no rank there; as a share of what a first place on both gives. The same ties.
Ordering fuse_ranks(std::vector<Candidate>& candidates);

/// Sets the scores that a search orders by, all in 0..1, and orders: hybrid as the fusion has it, vector by the cosine,
/// keyword by BM25 as a share of the best.
Ordering rank(std::vector<Candidate>& candidates, SearchMode mode, Fusion fusion);

/// Orders the first candidates anew, one for each of `scores`, by (1 - weight) z(score) + weight z(scores); they stay
/// before the others, and their scores between the lowest that they had and 1. `name` is what gave the scores.
Ordering rerank(std::vector<Candidate>& candidates, std::span<const double> scores, double weight,
                const std::string& name);

/// x less its mean, divided by its deviation; zeros when all are equal.
std::vector<double> standard_scores(std::span<const double> x);

}  // namespace riverbank
