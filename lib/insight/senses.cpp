#include "lib/insight/senses.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "lib/insight/clusters.h"
#include "lib/insight/layered_encoder.h"
#include "lib/insight/sense_markers.h"
#include "lib/model/model.h"
#include "lib/text/sentences.h"
#include "lib/text/unicode.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

using Eigen::Index;

/// The silhouette from which on a word's vectors are several senses, where Model::sense_separation has none: between
/// those of the two that were measured. Of bge-small that is the value between the words of
/// tests/golden/senses/criterion with one sense and those with several (0.068 and 0.084); of MiniLM, where none
/// separates them all, the one that is right most often.
constexpr double kUnmeasuredSeparation = 0.1;

constexpr std::size_t kAveragedLayers = 2;

RowVector unit(const RowVector& x) { return x / std::max(x.norm(), 1e-12F); }

/// (usages, d_model) unit rows.
Matrix vectors_of(std::shared_ptr<const Model> model, std::span<const Usage> usages, const SenseOptions& options) {
  LayeredEncoder encoder(std::move(model), options.threads);
  const Model& loaded = encoder.model();
  std::vector<Encoding> texts;
  for (const Usage& usage : usages) texts.push_back(loaded.tokenizer.encode(usage.text, encoder.most_tokens()));
  Matrix vectors = Matrix::Zero(static_cast<Index>(usages.size()), loaded.config.d_model);
  encoder.run(
      texts,
      [&](std::size_t i, std::size_t after_layers, const MatrixView& H) {
        if (after_layers + kAveragedLayers <= encoder.layers()) return;
        RowVector sum = RowVector::Zero(H.cols());
        for (std::size_t t = 0; t < texts[i].size(); ++t) {
          const Span at = texts[i].offsets[t];
          const bool inside = !at.empty() && at.begin < usages[i].word.end && at.end > usages[i].word.begin;
          if (inside) sum += H.row(static_cast<Index>(t));
        }
        vectors.row(static_cast<Index>(i)) += unit(sum.isZero() ? RowVector(H.row(0)) : sum);
      },
      options.progress, options.stop);
  for (Index i = 0; i < vectors.rows(); ++i) vectors.row(i) = unit(vectors.row(i));
  return vectors;
}

Clustering choose(const Matrix& X, const SenseOptions& options, SenseGrouping& grouping) {
  const auto n = static_cast<std::size_t>(X.rows());
  if (options.count) {
    if (*options.count == 0 || *options.count > n) {
      throw Error(ErrorKind::kInvalidArgument, fmt::format("{} senses were asked for, but there are {} uses; ask for 1 "
                                                           "to {}",
                                                           *options.count, n, n));
    }
    return cluster(X, *options.count);
  }
  Clustering best = cluster(X, 1);
  if (n < kFewestToSplit) return best;
  double highest = grouping.threshold;
  for (std::size_t count = 2; count <= std::min(kMostSenses, n / 3); ++count) {
    Clustering tried = cluster(X, count);
    grouping.separations.push_back(silhouette(X, tried));
    if (grouping.separations.back() >= highest) {
      highest = grouping.separations.back();
      best = std::move(tried);
    }
  }
  return best;
}

/// The clusters as senses: largest first, each with its most central use first.
void arrange(const Matrix& X, const Clustering& clustering, SenseGrouping& grouping) {
  const auto n = static_cast<std::size_t>(X.rows());
  std::vector<std::vector<std::size_t>> members(clustering.count);
  for (std::size_t i = 0; i < n; ++i) members[clustering.labels[i]].push_back(i);
  std::stable_sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
  grouping.sense_of.resize(n);
  grouping.centrality.resize(n);
  for (auto& usages : members) {
    RowVector mean = RowVector::Zero(X.cols());
    for (const std::size_t i : usages) mean += X.row(static_cast<Index>(i));
    mean = unit(mean);
    for (const std::size_t i : usages) {
      grouping.sense_of[i] = grouping.senses.size();
      grouping.centrality[i] = X.row(static_cast<Index>(i)).dot(mean);
    }
    std::stable_sort(usages.begin(), usages.end(),
                     [&](std::size_t a, std::size_t b) { return grouping.centrality[a] > grouping.centrality[b]; });
    grouping.senses.push_back({std::move(usages), {}});
  }
}

}  // namespace

SenseGrouping group_by_sense(std::shared_ptr<const Model> model, std::span<const Usage> usages,
                             const SenseOptions& options) {
  if (usages.empty()) throw Error(ErrorKind::kInvalidArgument, "there is no use of the word to group");
  SenseGrouping grouping;
  grouping.threshold = model->sense_separation.value_or(kUnmeasuredSeparation);
  grouping.is_measured = model->sense_separation.has_value();
  const Matrix X = vectors_of(std::move(model), usages, options);
  arrange(X, choose(X, options, grouping), grouping);
  mark_senses(usages, grouping);
  const Plane plane = principal_plane(X);
  for (Index i = 0; i < X.rows(); ++i) {
    grouping.x.push_back(plane.points(i, 0));
    grouping.y.push_back(plane.points(i, 1));
  }
  grouping.explained = plane.explained;
  return grouping;
}

std::vector<std::vector<float>> sense_vectors(std::shared_ptr<const Model> model, std::span<const Usage> usages,
                                              const SenseOptions& options) {
  const Matrix X = vectors_of(std::move(model), usages, options);
  std::vector<std::vector<float>> vectors;
  for (Index i = 0; i < X.rows(); ++i) vectors.emplace_back(X.row(i).begin(), X.row(i).end());
  return vectors;
}

namespace {

/// Words of a text, folded for comparison, with their places.
struct FoldedWord {
  std::string folded;
  Span span;
};

std::vector<FoldedWord> folded_words(std::string_view text) {
  std::vector<FoldedWord> all;
  for (const Span& span : words(text)) {
    std::string folded = fold_for_search(span.of(text));
    constexpr std::string_view kApostrophe = "\u2019";
    for (auto at = folded.find(kApostrophe); at != std::string::npos; at = folded.find(kApostrophe)) {
      folded.replace(at, kApostrophe.size(), "'");
    }
    all.push_back({std::move(folded), span});
  }
  return all;
}

bool is_form_of(std::string_view folded, std::string_view word) {
  if (!folded.starts_with(word)) return false;
  const std::string_view ending = folded.substr(word.size());
  return ending.empty() || ending == "s" || ending == "es" || ending == "'s" || ending == "s'";
}

/// A possessive without its ending: "bank's" is the word bank to the encoder, and two more pieces.
Span without_possessive(std::string_view text, Span span) {
  const std::string_view raw = span.of(text);
  const std::size_t apostrophe = std::min(raw.rfind('\''), raw.rfind("\u2019"));  // npos is the largest
  return apostrophe == std::string_view::npos ? span : Span{span.begin, span.begin + apostrophe};
}

}  // namespace

std::vector<Span> find_uses(std::string_view text, std::string_view word) {
  const std::vector<FoldedWord> wanted = folded_words(word);
  const std::vector<FoldedWord> there = folded_words(text);
  std::vector<Span> uses;
  if (wanted.empty()) return uses;
  const auto equal = [](const FoldedWord& a, const FoldedWord& b) { return a.folded == b.folded; };
  for (std::size_t i = 0; i + wanted.size() <= there.size(); ++i) {
    const std::size_t last = i + wanted.size() - 1;
    const bool begins =
        std::equal(wanted.begin(), wanted.end() - 1, there.begin() + static_cast<std::ptrdiff_t>(i), equal);
    if (begins && is_form_of(there[last].folded, wanted.back().folded)) {
      const bool possessive =
          there[last].folded.find('\'') != std::string::npos && wanted.back().folded.find('\'') == std::string::npos;
      const Span end = possessive ? without_possessive(text, there[last].span) : there[last].span;
      uses.push_back({there[i].span.begin, end.end});
      i = last;
    }
  }
  return uses;
}

}  // namespace riverbank
