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
  std::string piece;  ///< the word piece, "##" and all
};

/// All that happened inside the encoder while it read one text: every layer's vector of every token, and how much every
/// token attended to every other, head by head.
/// Its size is 4 T ((layers + 1) dimensions + layers heads T) bytes: 150 MB for bge-small's longest text.
struct Trace {
  std::size_t layers = 0;
  std::size_t heads = 0;
  std::size_t dimensions = 0;
  std::vector<TracedToken> tokens;   ///< (T)
  std::vector<float> hidden_states;  ///< (layers + 1, T, dimensions): first the embeddings, then every layer's output
  std::vector<float> attention;      ///< (layers, heads, T, T): softmax(Q K^T / sqrt(d_k)) of every head

  /// The vector of a token after so many layers, 0 for the embeddings -> (dimensions).
  /// Throws Error kInvalidArgument for a layer or token that there is not.
  std::span<const float> hidden_state(std::size_t after_layers, std::size_t token) const;

  /// How much a token attended to each token, itself included -> (T), summing to 1.
  /// Throws Error kInvalidArgument for a layer, head or token that there is not.
  std::span<const float> attention_of(std::size_t layer, std::size_t head, std::size_t token) const;
};

}  // namespace riverbank
