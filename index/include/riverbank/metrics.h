#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace riverbank {

/// Question -> document -> grade. From 1 on a document is relevant; the grade is its gain.
using Qrels = std::map<std::string, std::map<std::string, int>>;

struct RankedDocument {
  std::string id;
  double score = 0;  ///< higher is better
};

/// Question -> its documents, best first, each once.
using Run = std::map<std::string, std::vector<RankedDocument>>;

/// How good one ranking is, 0..1, as trec_eval computes it. k = 0 is the whole ranking; R the number of relevant
/// documents, found or not.
struct Metric {
  enum class Kind {
    kNdcg,     ///< DCG@k / DCG@k of the ideal order; DCG@k = sum of grade_i / log2(i + 1) over ranks i = 1..k
    kRecall,   ///< relevant among the first k / R
    kMap,      ///< sum over relevant ranks i <= k of (relevant among the first i / i) / R
    kMrr,      ///< 1 / rank of the first relevant one; 0 when that is beyond k
    kSuccess,  ///< 1 when one of the first k is relevant
  };
  Kind kind = Kind::kNdcg;
  std::size_t k = 0;

  /// "ndcg@10", "map".
  std::string name() const;
  /// The value of a ranking; documents without a grade, and grades below 1, are not relevant. 0 when R is 0. Any
  /// thread.
  double of(const std::vector<RankedDocument>& ranking, const std::map<std::string, int>& grades) const;
};

/// "ndcg@10,recall@100,map,mrr@10,success@1" -> metrics in that order, each once.
/// Throws Error kInvalidArgument: an unknown name, a k that is no number or 0, success without k, nothing at all.
std::vector<Metric> parse_metrics(std::string_view names);

/// The metric of each question of `qrels`, in their order. A question that the run lacks has found nothing: 0.
std::vector<double> measure(const Metric& metric, const Run& run, const Qrels& qrels);

double mean(std::span<const double> values);

/// Both ends belong to it.
struct Interval {
  double low = 0;
  double high = 0;
};

/// The 95 % percentile bootstrap interval of the mean over questions (Efron and Tibshirani 1993, section 13.3): 10,000
/// times as many questions drawn with replacement. The same values give the same interval, on every machine.
Interval bootstrap_interval(std::span<const double> values);

/// The two-sided p of Fisher's paired randomisation test (Smucker, Allan and Carterette, CIKM 2007): how often a mean
/// difference at least as large comes about when it is chance which of the two settings got which value of a question.
/// All 2^n ways for up to 13 questions, else 10,000 drawn ones and the observed one; the same on every machine.
/// Throws Error kInvalidArgument when there are not as many of one as of the other.
double randomisation_test(std::span<const double> a, std::span<const double> b);

/// Reads a TREC run (question Q0 document rank score tag, white space between them), each question's documents ordered
/// as trec_eval does: by score in single precision, ties by document id descending; the rank column says nothing.
/// Throws Error: kNotFound, kIo, kCorrupt (file and line said).
Run read_run(const std::filesystem::path& file);

/// Reads judgements: TREC's four columns (question, iteration, document, grade) or BEIR's three (question, document,
/// grade; a header line). Throws Error: kNotFound, kIo, kCorrupt (file and line said).
Qrels read_qrels(const std::filesystem::path& file);

/// Writes a run or judgements in TREC's format, whole or not at all. White space and '%' in an id become %XX. Scores
/// that single precision would tie are written in steps, so that whoever reads the file keeps the order.
/// Throws Error kIo.
void write_run(const std::filesystem::path& file, const Run& run, std::string_view tag);
void write_qrels(const std::filesystem::path& file, const Qrels& qrels);

}  // namespace riverbank
