#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace riverbank {

/// One token of a traced text.
struct TracedToken {
  std::size_t begin = 0;  ///< bytes of the text; begin == end for [CLS] and [SEP] and for tokens of the prompt
  std::size_t end = 0;
  std::string piece;     ///< the word piece, "##" and all
  std::size_t text = 0;  ///< of a pair: 0 for the first text, 1 for the second; [SEP] counts to what it ends
  bool special = false;  ///< [CLS] or [SEP]
};

/// All that happened inside the encoder while it read a text or a pair: every layer's vector of every token, and how
/// much every token attended to every other, head by head. Layers of hidden states count from 0, the embeddings;
/// attention layers and heads count from 0.
/// Its size is 4 T ((layers + 2) dimensions + layers heads T) bytes: 150 MB for bge-small's longest text.
struct Trace {
  std::size_t layers = 0;
  std::size_t heads = 0;
  std::size_t dimensions = 0;
  bool truncated = false;            ///< whether the text was longer than the model reads, and cut
  std::vector<TracedToken> tokens;   ///< (T)
  std::vector<float> word_rows;      ///< (T, dimensions): the tokens' rows of the embedding table, without any context
  std::vector<float> hidden_states;  ///< (layers + 1, T, dimensions): first the embeddings, then every layer's output
  std::vector<float> attention;      ///< (layers, heads, T, T): softmax(Q K^T / sqrt(d_k)) of every head

  /// A token's row of the embedding table: what it is before position and context -> (dimensions).
  /// Throws Error kInvalidArgument for a token that there is not.
  std::span<const float> word_row(std::size_t token) const;

  /// The vector of a token after so many layers, 0 for the embeddings -> (dimensions).
  /// Throws Error kInvalidArgument for a layer or token that there is not.
  std::span<const float> hidden_state(std::size_t after_layers, std::size_t token) const;

  /// How much a token attended to each token, itself included -> (T), summing to 1.
  /// Throws Error kInvalidArgument for a layer, head or token that there is not.
  std::span<const float> attention_of(std::size_t layer, std::size_t head, std::size_t token) const;
};

}  // namespace riverbank
