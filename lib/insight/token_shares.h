#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/insight/frozen_layers.h"
#include "riverbank/embedder.h"

namespace riverbank {

/// What each token of a text brings to a cosine.
struct TextShares {
  std::vector<TokenPlace> places;  ///< (T); empty ones for [CLS], [SEP] and the prompt
  std::vector<double> shares;      ///< (T)
  double constant = 0;             ///< what belongs to no token; 0 for mean pooling
};

/// The cosine of a question and a passage in parts: those of the question and those of the passage each add up to it.
struct CosineShares {
  double cosine = 0;  ///< recomputed from the token vectors that the shares are made of
  TextShares question, passage;
};

/// How the cosine of a question with passages comes about, token by token. The token vectors are the engine's, in the
/// precision that runs.
///
/// Mean pooling: a text's vector is the mean of its tokens' vectors h_t, scaled to length 1, so with the other text's
/// unit vector u
///
///     cosine = sum_t u . h_t / |sum_t h_t|,
///
/// exactly. [CLS] pooling: the last quarter of the layers, through which [CLS] still gathers from all tokens, is made
/// linear (FrozenLayers); the shares are those of the hidden states that enter it. Earlier layers' mixing stays inside
/// those: a token's share is that of the word in its context. What is made linear is computed in float32: where int8
/// runs, the cosine may differ from that of the vectors in the third decimal.
/// Any thread; the embedder must outlive it.
class TokenShares {
 public:
  TokenShares(const Embedder& embedder, std::string_view question);

  /// The number of layers after which the hidden states stand that shares are made of.
  static std::size_t read_after(const ModelInfo& model);

  /// Of passages whose hidden states after read_after() layers are among these.
  std::vector<CosineShares> of(std::span<const TextStates* const> passages) const;
  /// Encodes the passages in one call.
  std::vector<CosineShares> of(std::span<const std::string_view> passages) const;

  /// One sentence on the method: what is exact and what is held still.
  std::string method() const;

 private:
  using Rows = Eigen::Map<const Matrix>;
  Rows rows_of(const TextStates& text) const;
  std::vector<CosineShares> of_means(std::span<const TextStates* const> passages) const;
  std::vector<CosineShares> of_first(std::span<const TextStates* const> passages) const;

  const Embedder& embedder_;
  std::size_t read_after_;              ///< layers
  std::optional<FrozenLayers> frozen_;  ///< for [CLS] pooling
  TextStates question_;
};

}  // namespace riverbank
