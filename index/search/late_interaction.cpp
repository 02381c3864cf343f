#include "index/search/late_interaction.h"

#include <algorithm>
#include <limits>

#include "lib/math/matrix.h"

namespace riverbank {
namespace {

/// The weight of the word that a token stands in.
double weight_of(const TokenPlace& token, std::span<const WordWeight> words) {
  const auto after = std::upper_bound(words.begin(), words.end(), token.begin,
                                      [](std::size_t place, const WordWeight& word) { return place < word.begin; });
  if (after == words.begin()) return 0;
  const WordWeight& word = *std::prev(after);
  return token.begin < word.end ? word.weight : 0;
}

/// Rows of unit length; zeros stay zeros.
void normalise_rows(Matrix& rows) {
  for (Eigen::Index i = 0; i < rows.rows(); ++i) {
    const float length = rows.row(i).norm();
    if (length > 0) rows.row(i) /= length;
  }
}

bool is_inside(const TokenPlace& token, const TextRange& range) {
  return token.begin >= range.begin && token.end <= range.end;
}

/// similarities (question's tokens, passage's tokens), places (passage's tokens).
LateMatch match_one(const Matrix& similarities, std::span<const TokenPlace> places,
                    std::span<const QuestionToken> tokens, const LatePassage& passage) {
  LateMatch match;
  match.sentences.assign(passage.sentences.size(), 0);
  std::vector<Eigen::Index> telling;  // the passage's tokens without [CLS], [SEP] and the prompt's
  for (std::size_t j = 0; j < places.size(); ++j) {
    if (places[j].begin < places[j].end) telling.push_back(static_cast<Eigen::Index>(j));
  }
  if (telling.empty()) return match;

  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto row = similarities.row(static_cast<Eigen::Index>(i));
    Eigen::Index best = telling.front();
    std::vector<float> in_sentence(passage.sentences.size(), -1);
    for (const Eigen::Index j : telling) {
      if (row[j] > row[best]) best = j;
      for (std::size_t s = 0; s < passage.sentences.size(); ++s) {
        if (is_inside(places[static_cast<std::size_t>(j)], passage.sentences[s]))
          in_sentence[s] = std::max(in_sentence[s], row[j]);
      }
    }
    match.tokens.push_back({places[static_cast<std::size_t>(best)], row[best]});
    match.score += tokens[i].weight * static_cast<double>(row[best]);
    for (std::size_t s = 0; s < passage.sentences.size(); ++s) {
      match.sentences[s] += tokens[i].weight * static_cast<double>(in_sentence[s]);
    }
  }
  return match;
}

}  // namespace

LateInteraction::LateInteraction(const Embedder& embedder, std::string_view question, std::span<const WordWeight> words)
    : embedder_(embedder), question_(embedder.token_vectors(std::span(&question, 1), TextKind::kQuery)) {
  double sum = 0;
  for (std::size_t i = 0; i < question_.places.size(); ++i) {
    const TokenPlace& place = question_.places[i];
    if (place.begin == place.end) continue;
    tokens_.push_back({place, weight_of(place, words)});
    sum += tokens_.back().weight;
    const RowVectorMap row(question_.row(i).data(), static_cast<Eigen::Index>(question_.texts.dimensions));
    const float length = row.norm();
    const RowVector unit = length > 0 ? RowVector(row / length) : RowVector(row);
    vectors_.insert(vectors_.end(), unit.begin(), unit.end());
  }
  for (QuestionToken& token : tokens_) {
    token.weight = sum > 0 ? token.weight / sum : 1 / static_cast<double>(tokens_.size());
  }
}

std::vector<LateMatch> LateInteraction::match(std::span<const LatePassage> passages) const {
  std::vector<std::string_view> texts;
  texts.reserve(passages.size());
  for (const LatePassage& passage : passages) texts.push_back(passage.encoded);
  const TokenEmbeddings encoded = embedder_.token_vectors(texts);

  const auto dimensions = static_cast<Eigen::Index>(question_.texts.dimensions);
  const MatrixMap Q(vectors_.data(), static_cast<Eigen::Index>(tokens_.size()), dimensions);
  std::vector<LateMatch> matches;
  matches.reserve(passages.size());
  for (std::size_t p = 0; p < passages.size(); ++p) {
    const std::size_t first = encoded.starts[p];
    const std::size_t count = encoded.starts[p + 1] - first;
    Matrix P = MatrixMap(encoded.row(first).data(), static_cast<Eigen::Index>(count), dimensions);
    normalise_rows(P);
    const Matrix similarities = Q * P.transpose();  // (question's tokens, passage's tokens)
    matches.push_back(match_one(similarities, std::span(encoded.places).subspan(first, count), tokens_, passages[p]));
  }
  return matches;
}

}  // namespace riverbank
