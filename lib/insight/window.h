#pragma once

#include <cstddef>
#include <string_view>

#include "lib/model/model.h"
#include "lib/text/span.h"

namespace riverbank {

/// A part of a text that a model can read in one piece.
struct WordWindow {
  Span span;               ///< bytes of the text
  std::size_t tokens = 0;  ///< of the whole text, [CLS] and [SEP] included

  bool is_part(std::string_view text) const { return span.size() < text.size(); }
};

/// The part of a text that `max_tokens` tokens hold, [CLS] and [SEP] included, with as much on both sides of `middle`
/// (bytes of the text); the whole text when it fits. Begins and ends between words. Any bytes are a text. Any thread.
/// Throws Error kInvalidArgument when max_tokens < 3.
WordWindow window_around(const Model& model, std::string_view text, Span middle, std::size_t max_tokens);

/// The bytes of the one place of a word in the whole of a text, however long. Throws as place_of_word() does.
Span span_of_word(const Model& model, std::string_view text, std::string_view name);

}  // namespace riverbank
