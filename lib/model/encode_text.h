#pragma once

#include <cstddef>
#include <string_view>

#include "lib/model/model.h"
#include "lib/text/tokenizer.h"
#include "riverbank/embedder.h"

namespace riverbank {

/// The prompt that the model wants before a text of this kind; empty for most.
std::string_view prompt_for(const Model& model, TextKind kind);

/// A text as the model reads it: [CLS] prompt text [SEP], cut at the model's limit. Offsets are into `text`; the
/// prompt's tokens have empty ones. Any bytes are a text. Any thread.
Encoding encode_text(const Model& model, std::string_view text, TextKind kind);

/// How many tokens that would be without the cut, all of them counted. Any thread.
std::size_t count_tokens(const Model& model, std::string_view text, TextKind kind);

}  // namespace riverbank
