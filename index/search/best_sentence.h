#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "riverbank/embedder.h"
#include "riverbank/search.h"

namespace riverbank {

/// Of each passage the sentence whose own vector is nearest to the question's: the one that answers, by meaning and not
/// by word. Headings and markup are no answer. All sentences go to the encoder in one call; passages after the first
/// kMaxMarkedSentences sentences stay unmarked, so that the cost of a question is bounded. `question` is a unit vector
/// of the embedder's. Any thread.
std::vector<std::optional<TextRange>> best_sentences(std::span<const std::string_view> passages,
                                                     std::span<const float> question, const Embedder& embedder);

/// How many sentences one question may encode (about 25 tokens each).
inline constexpr std::size_t kMaxMarkedSentences = 256;

/// The sentences of a passage as a reader sees them: a line end alone does not end one (texts are wrapped), a blank
/// line, a list item, a heading and a table row do.
std::vector<TextRange> passage_sentences(std::string_view passage);

}  // namespace riverbank
