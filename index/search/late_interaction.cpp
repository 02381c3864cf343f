#include "index/search/late_interaction.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "lib/math/matrix.h"

namespace riverbank {
namespace {

// Of a sentence's score, chosen on XQuAD (see best_sentence.h): what a match in the sentence before or in the title
// loses, as a share of the way from the token's mean similarity to 1; and how much the sentence's own tokens count.
constexpr double kContextLoss = 0.12;
constexpr double kOwnTokens = 0.2;

/// After how many of a model's layers tokens are compared: all but two, chosen on XQuAD (searcher.cpp). A model of four
/// layers or fewer has none to spare.
std::size_t layers_to_compare(std::size_t layers) {
  constexpr std::size_t kLeftOut = 2;
  return layers > 2 * kLeftOut ? layers - kLeftOut : layers;
}

/// The place in `words` of the word that a token stands in.
std::optional<std::size_t> word_of(const TokenPlace& token, std::span<const WordWeight> words) {
  const auto after = std::upper_bound(words.begin(), words.end(), token.begin,
                                      [](std::size_t place, const WordWeight& word) { return place < word.begin; });
  if (after == words.begin() || token.begin >= std::prev(after)->end) return std::nullopt;
  return static_cast<std::size_t>(std::prev(after) - words.begin());
}

/// The tokens that have a place, their vectors scaled to unit length; zeros stay zeros.
PassageTokens placed_tokens(const std::vector<TokenPlace>& places, const std::vector<float>& values) {
  PassageTokens tokens;
  std::vector<std::size_t> rows;
  for (std::size_t token = 0; token < places.size(); ++token) {
    if (places[token].begin == places[token].end) continue;  // [CLS], [SEP] and the prompt's
    rows.push_back(token);
    tokens.places.push_back(places[token]);
  }
  const std::size_t dimensions = places.empty() ? 0 : values.size() / places.size();
  tokens.vectors.resize(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(dimensions));
  for (std::size_t j = 0; j < rows.size(); ++j) {
    const RowVectorMap row(values.data() + rows[j] * dimensions, static_cast<Eigen::Index>(dimensions));
    const float length = row.norm();
    tokens.vectors.row(static_cast<Eigen::Index>(j)) = row / (length > 0 ? length : 1);
  }
  return tokens;
}

/// A passage's tokens with the similarities of the question's.
struct Similarities {
  Matrix S;                               // (question's tokens, these)
  const std::vector<TokenPlace>& places;  // ascending

  /// The columns of the tokens in [begin, end) of the passage: first and count.
  std::pair<Eigen::Index, Eigen::Index> columns(std::size_t begin, std::size_t end) const {
    const auto starts_before = [](const TokenPlace& token, std::size_t place) { return token.begin < place; };
    const auto first = std::lower_bound(places.begin(), places.end(), begin, starts_before);
    const auto last = std::lower_bound(first, places.end(), end, starts_before);
    return {first - places.begin(), last - first};
  }
};

/// score(s) = sum_i w_i c_i(s)  +  0.2 mean_j max_i cos(q_i, p_j), j over the sentence's own tokens;
/// c_i(s) = max(max_j cos(q_i, p_j), c_i(s - 1) - loss_i, title_i - loss_i),  loss_i = 0.12 (1 - mean_j cos(q_i, p_j)).
/// What the sentence before or the title says need not be said again.
std::vector<double> sentence_scores(const Similarities& similar, std::span<const QuestionToken> tokens,
                                    std::span<const TextRange> sentences) {
  using Column = Eigen::VectorXf;
  std::vector<double> scores;
  if (sentences.empty()) return scores;
  const Column nothing = Column::Constant(similar.S.rows(), -1);
  const auto best_in = [&](std::size_t begin, std::size_t end) -> Column {
    const auto [first, count] = similar.columns(begin, end);
    return count > 0 ? Column(similar.S.middleCols(first, count).rowwise().maxCoeff()) : nothing;
  };
  const Column loss = static_cast<float>(kContextLoss) * (1 - similar.S.rowwise().mean().array());
  const Column title = best_in(0, sentences.front().begin) - loss;
  Column context = title;
  for (const TextRange& sentence : sentences) {
    context = best_in(sentence.begin, sentence.end).cwiseMax(context).cwiseMax(title);
    double score = 0;
    for (std::size_t i = 0; i < tokens.size(); ++i) score += tokens[i].weight * context[static_cast<Eigen::Index>(i)];
    const auto [first, count] = similar.columns(sentence.begin, sentence.end);
    if (count > 0) score += kOwnTokens * similar.S.middleCols(first, count).colwise().maxCoeff().mean();
    scores.push_back(score);
    context -= loss;
  }
  return scores;
}

LateMatch match_one(const Similarities& similar, std::span<const QuestionToken> tokens, const LatePassage& passage) {
  LateMatch match;
  match.sentences.assign(passage.sentences.size(), 0);
  if (similar.places.empty() || tokens.empty()) return match;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    Eigen::Index best = 0;
    const double similarity = similar.S.row(static_cast<Eigen::Index>(i)).maxCoeff(&best);
    match.tokens.push_back({similar.places[static_cast<std::size_t>(best)], similarity});
    match.score += tokens[i].weight * similarity;
  }
  match.sentences = sentence_scores(similar, tokens, passage.sentences);
  return match;
}

std::vector<std::string_view> texts_of(std::span<const LatePassage> passages) {
  std::vector<std::string_view> texts;
  texts.reserve(passages.size());
  for (const LatePassage& passage : passages) texts.push_back(passage.encoded);
  return texts;
}

}  // namespace

LateInteraction::LateInteraction(const Embedder& embedder, std::string_view question, std::span<const WordWeight> words,
                                 TokenCache* cache)
    : embedder_(embedder),
      layers_(layers_to_compare(embedder.info().layers)),
      cache_(cache),
      question_(embedder.token_vectors(std::span(&question, 1), TextKind::kQuery, {}, layers_)) {
  std::vector<std::optional<std::size_t>> word;  // of each token
  std::vector<std::size_t> pieces(words.size());
  for (std::size_t i = 0; i < question_.places.size(); ++i) {
    const TokenPlace& place = question_.places[i];
    if (place.begin == place.end) continue;
    tokens_.push_back({place, 0});
    word.push_back(word_of(place, words));
    if (word.back()) ++pieces[*word.back()];
    const RowVectorMap row(question_.row(i).data(), static_cast<Eigen::Index>(question_.texts.dimensions));
    const float length = row.norm();
    const RowVector unit = length > 0 ? RowVector(row / length) : RowVector(row);
    vectors_.insert(vectors_.end(), unit.begin(), unit.end());
  }
  double sum = 0;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (word[i]) tokens_[i].weight = words[*word[i]].weight / static_cast<double>(pieces[*word[i]]);
    sum += tokens_[i].weight;
  }
  for (QuestionToken& token : tokens_) {
    token.weight = sum > 0 ? token.weight / sum : 1 / static_cast<double>(tokens_.size());
  }
}

std::vector<LateMatch> LateInteraction::match(std::span<const LatePassage> passages, const StatesAsked& keep) const {
  std::vector<std::shared_ptr<const PassageTokens>> read;
  std::vector<TextStates> states(passages.size());
  if (keep.after_layers.empty()) {
    read = this->read(passages);
  } else {
    StatesAsked asked = keep;
    asked.after_layers.push_back(layers_);
    states = embedder_.hidden_states(texts_of(passages), asked);
    for (TextStates& state : states) {
      read.push_back(std::make_shared<PassageTokens>(placed_tokens(state.places, state.after.at(layers_))));
      if (std::ranges::find(keep.after_layers, layers_) == keep.after_layers.end()) state.after.erase(layers_);
    }
  }

  const MatrixMap Q(vectors_.data(), static_cast<Eigen::Index>(tokens_.size()),
                    static_cast<Eigen::Index>(question_.texts.dimensions));
  std::vector<LateMatch> matches;
  matches.reserve(passages.size());
  for (std::size_t p = 0; p < passages.size(); ++p) {
    const Similarities similar{Q * read[p]->vectors.transpose(), read[p]->places};
    matches.push_back(match_one(similar, tokens_, passages[p]));
    matches.back().states = std::move(states[p]);
  }
  return matches;
}

std::vector<std::shared_ptr<const PassageTokens>> LateInteraction::read(std::span<const LatePassage> passages) const {
  const std::string& fingerprint = embedder_.info().fingerprint;
  std::vector<std::shared_ptr<const PassageTokens>> read(passages.size());
  std::vector<std::size_t> missing;
  std::vector<LatePassage> unread;
  for (std::size_t p = 0; p < passages.size(); ++p) {
    if (cache_ != nullptr) read[p] = cache_->find(fingerprint, passages[p].encoded);
    if (read[p]) continue;
    missing.push_back(p);
    unread.push_back({passages[p].encoded, {}});
  }
  const std::vector<TextStates> states = embedder_.hidden_states(texts_of(unread), {{layers_}});
  for (std::size_t i = 0; i < missing.size(); ++i) {
    read[missing[i]] = std::make_shared<PassageTokens>(placed_tokens(states[i].places, states[i].after.at(layers_)));
    if (cache_ != nullptr) cache_->add(fingerprint, unread[i].encoded, read[missing[i]]);
  }
  return read;
}

}  // namespace riverbank
