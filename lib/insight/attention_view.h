#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/insight/words.h"
#include "lib/math/matrix.h"
#include "lib/model/model.h"
#include "riverbank/attention.h"

namespace riverbank {

/// What somebody wants to see of the attention over a text.
struct AttentionRequest {
  std::string text;
  std::string pair;  ///< a second text, read together with the first; empty for none
  std::string word;  ///< whose row is ranked ("it", "bank#2": counted on through the pair); empty for none
  std::optional<std::size_t> layer;  ///< counted from 0; without one the mean of all, or rollout over all
  std::optional<std::size_t> head;   ///< of the layer, counted from 0; without one the mean of its heads
  bool rollout = false;              ///< attention rollout up to the layer, instead of a head or a mean
  bool pieces = false;               ///< word pieces as they are, not joined to words
  bool no_special = false;           ///< leave out [CLS] and [SEP]
  std::size_t max_tokens = 0;        ///< of a longer text a part is read; 0: what the model can
  bool keep_start = false;           ///< that part is its start, even when a word is asked for
};

/// A text as it was read, and what the encoder did with it.
struct AttentionReading {
  std::string text;  ///< the part of it that was read
  std::string pair;
  std::size_t whole_tokens = 0;  ///< of the whole text, [CLS] and [SEP] included
  bool is_around_word = false;   ///< whether a part was read, with the word in its middle
  Trace trace;
  std::optional<WordPlace> word;  ///< tokens of the trace, both texts counted through

  std::string word_shown() const;  ///< the word as it stands in its text, printable
};

/// One label and what the word gives it.
struct RankedEntry {
  std::size_t entry = 0;
  double weight = 0;
};

/// One map, its sides joined and cut as asked.
struct AttentionView {
  std::vector<std::string> labels;                         ///< printable
  std::vector<bool> special;                               ///< (labels)
  std::vector<std::optional<std::size_t>> entry_of_token;  ///< (T) its label; nothing when it is left out
  Matrix weights;                                          ///< (labels, labels)
  std::vector<RankedEntry> ranked;  ///< what the word attends to, the largest first; empty without a word
  double left_out = 0;              ///< of the word's row, what [CLS] and [SEP] hold when they are left out
};

/// Throws Error kInvalidArgument: an empty text, a word that is not there, a layer or head that there is not (the range
/// is said), a head without its layer or with rollout, a max_tokens that is not possible.
AttentionReading read_attention(const std::shared_ptr<const Model>& model, const AttentionRequest& request);

/// Throws Error kInvalidArgument for a layer or head that there is not.
AttentionView attention_view(const AttentionReading& reading, const AttentionRequest& request);

/// "layer 3, head 1", "mean of all 12 heads of all 12 layers" …
std::string view_name(const AttentionRequest& request, const Trace& trace);

}  // namespace riverbank
