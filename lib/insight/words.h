#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/text/span.h"
#include "riverbank/attention.h"
#include "riverbank/embedder.h"

namespace riverbank {

// Which tokens is this word, and what is its vector?

/// How layers are counted, in every picture and every output:
///   "word"  the row of the embedding table, the same in every text
///   0       the embedding output: word + position + type, layer-normalised
///   n       the output of encoder layer n
inline constexpr int kWordTable = -1;  ///< the layer "word"
/// The same as a sentence for people, attention's own counting included.
inline constexpr std::string_view kHowLayersCount =
    "Layer word is the row of the embedding table, layer 0 the embedding output (positions, types, layer norm), layer "
    "n the output of encoder layer n. Attention layers and heads count from 0.";
/// "word", "0", "1" …
std::string layer_name(int layer);

/// Where a word stands in a text: its bytes, and the tokens [first_token, end_token) that it was read as.
struct WordPlace {
  Span span;
  std::size_t first_token = 0;
  std::size_t end_token = 0;

  std::size_t pieces() const { return end_token - first_token; }
};

/// A word as a person names it: "bank", or "bank#2" where it stands for the second time.
struct WordName {
  std::string word;
  std::size_t occurrence = 1;  ///< from 1
};
/// Throws Error kInvalidArgument for an empty word and for "bank#0".
WordName parse_word_name(std::string_view name);

/// All places where a word stands among the tokens of a text, in their order; none is no error. It may be of several
/// pieces and of several words ("New York", "didn't"); it matches whole words only, whatever their case and accents.
/// Any bytes are a text. Any thread.
std::vector<WordPlace> find_word(std::string_view text, std::span<const TracedToken> tokens, std::string_view word);
/// The same among what Embedder::token_vectors() gives.
std::vector<WordPlace> find_word(std::string_view text, std::span<const TokenVector> tokens, std::string_view word);

/// The one place that a name means. Throws Error kInvalidArgument, naming the text and what it holds instead, when the
/// word is not there, not often enough, or behind the model's limit.
WordPlace place_of_word(std::string_view text, std::span<const TracedToken> tokens, const WordName& name);

/// A word's vector at a layer (kWordTable, 0 … trace.layers): the mean of its pieces -> (dimensions).
/// Throws Error kInvalidArgument for a layer that there is not, saying the range.
std::vector<float> word_vector(const Trace& trace, const WordPlace& place, int layer);

/// Cosine of two vectors of one size; 0 when one of them is zero.
double cosine(std::span<const float> a, std::span<const float> b);

/// Which tokens are one word to a reader (UAX #29: "didn't" is one, of three tokens): for each token the number of its
/// word, counted from 0 in the order of the tokens. [CLS], [SEP] and the tokens of a prompt are words of their own.
std::vector<std::size_t> words_of_tokens(std::string_view text, std::span<const TracedToken> tokens);

/// What a person reads for those tokens: their bytes of the text, made printable; for those that have none, the piece.
std::string shown(std::string_view text, const TracedToken& token);

}  // namespace riverbank
