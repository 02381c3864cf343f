#include "index/search/fusion.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>
#include <tuple>

namespace riverbank {
namespace {

// Chosen on XQuAD's questions, confirmed on SciFact's claims: nDCG@10 over whole documents, 200 candidates a side, BM25
// by SQLite's FTS5, cosines of bge-small-en-v1.5 and all-MiniLM-L6-v2. "Misled": half of the words that BM25 is asked
// for are exchanged for those of another question, as where a collection says things in other words than the question.
//
//                                     XQuAD          SciFact        misled XQuAD   misled SciFact
//   vector alone                      .954   .943    .713   .645    .954   .943    .713   .645
//   reciprocal ranks, k = 60          .972   .970    .737   .717    .872   .872    .634   .614
//   min-max, w = 0.5                  .981   .980    .738   .736    .907   .916    .607   .605
//   min-max, w = 0.6                  .982   .981    .743   .739    .947   .953    .673   .657
//   standard scores, w = 0.6          .983   .982    .742   .739    .942   .948    .689   .655
//   standard scores, w = 0.75 - 0.2a  .983   .981    .741   .739    .958   .963    .700   .672
constexpr double kMostVectorWeight = 0.75;
constexpr double kAgreementWeight = 0.2;
constexpr std::size_t kAgreeing = 10;

constexpr double kRankOffset = 60;

// The sides of a step.
constexpr std::string_view kCosine = "cosine";
constexpr std::string_view kBm25 = "bm25";
constexpr std::string_view kCosineRank = "rank by cosine";
constexpr std::string_view kBm25Rank = "rank by bm25";
constexpr std::string_view kScoreBefore = "score before";

void sort_by_score(std::span<Candidate> candidates) {
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return std::tuple(-a.score, -a.cosine, a.chunk) < std::tuple(-b.score, -b.cosine, b.chunk);
  });
}

double value_of(const ScoreStep::Side& side, const Candidate& candidate) {
  if (side.name == kCosine) return candidate.cosine;
  if (side.name == kBm25) return candidate.bm25;
  if (side.name == kCosineRank) return static_cast<double>(candidate.cosine_rank);
  if (side.name == kBm25Rank) return static_cast<double>(candidate.bm25_rank);
  return side.name == kScoreBefore ? candidate.score_before : candidate.reading.value_or(0);
}

double sum_of(const ScoreStep& step, const Candidate& candidate) {
  double sum = step.base;
  for (ScoreStep::Side side : step.sides) {
    side.value = value_of(side, candidate);
    sum += side.points();
  }
  return sum;
}

void score(std::span<Candidate> candidates, const ScoreStep& step) {
  for (Candidate& candidate : candidates) candidate.score = std::clamp(sum_of(step, candidate), 0.0, 1.0);
  sort_by_score(candidates);
}

std::vector<double> side_of(std::span<const Candidate> candidates, double Candidate::*side) {
  std::vector<double> values;
  values.reserve(candidates.size());
  for (const Candidate& candidate : candidates) values.push_back(candidate.*side);
  return values;
}

/// Candidates' places, best first by one side; those without anything on it left out.
std::vector<std::size_t> order_by(std::span<const Candidate> candidates, double Candidate::*side) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (side == &Candidate::cosine || candidates[i].*side > 0) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const Candidate& x = candidates[a];
    const Candidate& y = candidates[b];
    return std::tuple(-(x.*side), -x.cosine, x.chunk) < std::tuple(-(y.*side), -y.cosine, y.chunk);
  });
  return order;
}

/// Where the ten best by words stand among the cosines, 0..1; 1 when no word was found, for then nothing contradicts.
double agreement(std::span<const Candidate> candidates) {
  const std::vector<std::size_t> by_words = order_by(candidates, &Candidate::bm25);
  const std::size_t count = std::min(kAgreeing, by_words.size());
  const auto [low, high] = std::minmax_element(candidates.begin(), candidates.end(),
                                               [](const auto& a, const auto& b) { return a.cosine < b.cosine; });
  if (count == 0 || high->cosine <= low->cosine) return 1;
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum += (candidates[by_words[i]].cosine - low->cosine) / (high->cosine - low->cosine);
  }
  return sum / static_cast<double>(count);
}

struct Moments {
  double mean = 0;
  double deviation = 0;  ///< 0 when all are equal but for rounding
};

Moments moments_of(std::span<const double> x) {
  if (x.empty()) return {};
  const auto n = static_cast<double>(x.size());
  const double mean = std::accumulate(x.begin(), x.end(), 0.0) / n;
  double squares = 0;
  for (const double value : x) squares += (value - mean) * (value - mean);
  const double deviation = std::sqrt(squares / n);
  constexpr double kEqual = 1e-12;
  return {mean, deviation > kEqual * std::max(1.0, std::abs(mean)) ? deviation : 0};
}

}  // namespace

std::vector<double> standard_scores(std::span<const double> x) {
  std::vector<double> z(x.size(), 0);
  const Moments moments = moments_of(x);
  if (moments.deviation == 0) return z;
  for (std::size_t i = 0; i < x.size(); ++i) z[i] = (x[i] - moments.mean) / moments.deviation;
  return z;
}

ScoreStep step_of(const Ordering& ordering, const Candidate& candidate, double result) {
  ScoreStep step = ordering.step;
  for (ScoreStep::Side& side : step.sides) side.value = value_of(side, candidate);
  std::erase_if(step.sides, [](const ScoreStep::Side& side) { return side.is_rank && side.value == 0; });
  step.result = result;
  return step;
}

namespace {

/// Brings the step's sums to 0..1; false when all are the same.
bool bring_to_unit(ScoreStep& step, std::span<const Candidate> candidates, double low) {
  double least = std::numeric_limits<double>::infinity();
  double most = -least;
  for (const Candidate& candidate : candidates) {
    const double sum = sum_of(step, candidate);
    least = std::min(least, sum);
    most = std::max(most, sum);
  }
  if (!(most > least)) return false;
  const double scale = (1 - low) / (most - least);
  for (ScoreStep::Side& side : step.sides) side.weight *= scale;
  step.base = low - least * scale;
  return true;
}

/// Adds a side in standard scores, unless it says nothing.
void enter(ScoreStep& step, std::string_view name, std::span<const double> values, double weight) {
  const Moments moments = moments_of(values);
  if (moments.deviation == 0 || weight == 0) return;
  step.sides.push_back(
      {.name = std::string(name), .weight = weight, .centre = moments.mean, .spread = moments.deviation});
}

}  // namespace

Ordering fuse_scores(std::vector<Candidate>& candidates) {
  Ordering ordering;
  ScoreStep& step = ordering.step;
  step.name = "scores";
  if (candidates.empty()) return ordering;
  const double agreed = agreement(candidates);
  const double vector_weight = kMostVectorWeight - kAgreementWeight * agreed;
  enter(step, kCosine, side_of(candidates, &Candidate::cosine), vector_weight);
  enter(step, kBm25, side_of(candidates, &Candidate::bm25), 1 - vector_weight);
  if (!bring_to_unit(step, candidates, 0)) {
    step.sides.clear();
    step.base = std::ranges::any_of(candidates, [](const Candidate& c) { return c.cosine > 0 || c.bm25 > 0; }) ? 1 : 0;
  }
  ordering.how = fmt::format(
      "The cosine weighs {:.2f} and BM25 {:.2f}, in standard scores over the {} that either put forward, brought to 0 "
      "to 1; the best by words stand at {:.2f} of the way from the lowest cosine to the highest.",
      vector_weight, 1 - vector_weight, candidates.size(), agreed);
  score(candidates, step);
  return ordering;
}

Ordering fuse_ranks(std::vector<Candidate>& candidates) {
  Ordering ordering;
  ScoreStep& step = ordering.step;
  step.name = "ranks";
  for (Candidate& candidate : candidates) candidate.score = 0;
  for (const auto& [side, rank_of, name] : {std::tuple{&Candidate::cosine, &Candidate::cosine_rank, kCosineRank},
                                            std::tuple{&Candidate::bm25, &Candidate::bm25_rank, kBm25Rank}}) {
    const std::vector<std::size_t> order = order_by(candidates, side);
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
      candidates[order[rank]].*rank_of = rank + 1;
      candidates[order[rank]].score += (kRankOffset + 1) / (kRankOffset + 1 + static_cast<double>(rank)) / 2;
    }
    step.sides.push_back({.name = std::string(name), .weight = 0.5, .is_rank = true});
  }
  ordering.how = "Both lists count half, by 61 / (60 + rank).";
  sort_by_score(candidates);
  return ordering;
}

Ordering rank(std::vector<Candidate>& candidates, SearchMode mode, Fusion fusion) {
  if (mode == SearchMode::kHybrid) return fusion == Fusion::kRanks ? fuse_ranks(candidates) : fuse_scores(candidates);
  Ordering ordering;
  ScoreStep& step = ordering.step;
  if (mode == SearchMode::kVector) {
    step.name = "vector";
    step.sides.push_back({.name = std::string(kCosine)});
    ordering.how = "The score is the cosine.";
  } else {
    step.name = "keyword";
    double best = 0;
    for (const Candidate& candidate : candidates) best = std::max(best, candidate.bm25);
    if (best > 0) step.sides.push_back({.name = std::string(kBm25), .spread = best});
    ordering.how = "The score is BM25 as a share of the best.";
  }
  score(candidates, step);
  return ordering;
}

Ordering rerank(std::vector<Candidate>& candidates, std::span<const double> scores, double weight,
                const std::string& name) {
  Ordering ordering;
  ScoreStep& step = ordering.step;
  step.name = name;
  const std::span<Candidate> first = std::span(candidates).first(scores.size());
  if (first.empty()) return ordering;
  for (std::size_t i = 0; i < first.size(); ++i) {
    first[i].score_before = first[i].score;
    first[i].reading = scores[i];
  }
  enter(step, kScoreBefore, side_of(first, &Candidate::score_before), 1 - weight);
  enter(step, name, scores, weight);
  if (!bring_to_unit(step, first, first.back().score)) {
    step.sides.clear();
    step.base = 1;
  }
  ordering.how =
      fmt::format("The first {} were read again: {} weighs {:.2g}, the score before {:.2g}, in standard scores.",
                  first.size(), name, weight, 1 - weight);
  score(first, step);
  return ordering;
}

}  // namespace riverbank
