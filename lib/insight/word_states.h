#pragma once

#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/insight/layered_encoder.h"
#include "lib/math/matrix.h"
#include "lib/text/span.h"

namespace riverbank {

/// A word where it stands in a text.
struct WordInText {
  std::string text;
  Span word;  ///< bytes of the text
};

/// The vectors of n words at every layer, counted as words.h does: [0] is the row of the embedding table, [1 + l] the
/// hidden state after l layers. A word's vector is the mean of its pieces.
struct WordStates {
  std::vector<Matrix> words;  ///< (layers + 2) times (n, d_model)
  /// The mean of the other tokens of the text, [CLS] and [SEP] left out; zero where there is none. Of the table as
  /// well.
  std::vector<Matrix> surroundings;  ///< as words; empty when not asked for
  std::vector<bool> found;           ///< (n) false where the cut took the word off; its vectors are zero
};

/// Reads the texts, each cut at the model's position table. 4 n (layers + 2) d_model bytes, twice that with
/// surroundings. Throws Error kCancelled.
WordStates read_words(LayeredEncoder& encoder, std::span<const WordInText> words, bool with_surroundings,
                      const WorkProgress& progress = {}, const std::stop_token& stop = {});

}  // namespace riverbank
