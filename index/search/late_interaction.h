#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "index/search/token_cache.h"
#include "riverbank/embedder.h"
#include "riverbank/search.h"

namespace riverbank {

/// A word of the question and how much it tells: its idf in the collection.
struct WordWeight {
  std::size_t begin = 0;  ///< bytes of the question
  std::size_t end = 0;
  double weight = 0;
};

/// A token of the question that counts: not [CLS], [SEP] or the prompt's.
struct QuestionToken {
  TokenPlace place;   ///< in the question
  double weight = 0;  ///< a share of its word's; all sum to 1
};

/// What late interaction made of one passage.
struct LateMatch {
  /// What a token of the question found.
  struct Found {
    TokenPlace place;       ///< of its nearest token, in the passage as it was encoded
    double similarity = 0;  ///< cosine of the two
  };
  double score = 0;               ///< sum of weight and similarity over the question's tokens, -1..1
  std::vector<Found> tokens;      ///< one for each of LateInteraction::tokens(); empty for a passage without tokens
  std::vector<double> sentences;  ///< one score for each sentence that was given
  TextStates states;              ///< of the passage, those that match() was told to keep
};

/// A passage as late interaction reads it.
struct LatePassage {
  std::string_view encoded;          ///< title, headings and text, as its vector was made
  std::vector<TextRange> sentences;  ///< in `encoded`; what is to be scored one by one
};

/// Late interaction (ColBERT, Khattab and Zaharia, arXiv:2004.12832, section 3.3) with an encoder's own token vectors:
/// every token of the question looks for the token of the passage that is nearest to it in meaning and context,
///
///     score = sum_i w_i max_j cos(q_i, p_j),        w_i = idf of i's word / its pieces, scaled: sum_i w_i = 1
///
/// Tokens are read two layers before the encoder's last: the last two make the text's own vector more than the tokens'
/// (BERTScore, arXiv:1904.09675, found an inner layer best for each of its encoders, too). What comes of it orders
/// passages (--rerank), finds the sentence that answers, and tells why; all three are had from one match(). The
/// question is encoded once, in one pass with its own vector. Any thread; the embedder and the cache must outlive it.
class LateInteraction {
 public:
  /// `words` in order of their places; a token outside all of them weighs nothing unless none weighs anything: then all
  /// weigh the same.
  /// `cache` keeps the passages for the next question; without it each is encoded.
  LateInteraction(const Embedder& embedder, std::string_view question, std::span<const WordWeight> words,
                  TokenCache* cache = nullptr);

  /// The question's own unit vector, the same bits as Embedder::embed() gives.
  std::span<const float> question_vector() const { return question_.texts.row(0); }
  std::span<const QuestionToken> tokens() const { return tokens_; }

  /// Encodes the passages that the cache does not hold, all in one call, and matches each; keeps what is asked of
  /// their states, for which all are encoded. Throws what Embedder::hidden_states() throws.
  std::vector<LateMatch> match(std::span<const LatePassage> passages, const StatesAsked& keep = {}) const;

 private:
  std::vector<std::shared_ptr<const PassageTokens>> read(std::span<const LatePassage> passages) const;

  const Embedder& embedder_;
  const std::size_t layers_;  // after which tokens are compared
  TokenCache* cache_;
  TokenEmbeddings question_;
  std::vector<QuestionToken> tokens_;
  std::vector<float> vectors_;  // (tokens_, dimensions), unit rows
};

}  // namespace riverbank
