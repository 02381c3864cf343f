#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "riverbank/search.h"

namespace riverbank {

// Which sentence of a passage answers. It is the one with the best score of late interaction (late_interaction.h). On
// XQuAD the marked sentence of the right paragraph holds the answer for 87.3 % of the questions with bge-small-en-v1.5
// and 86.0 % with all-MiniLM-L6-v2; the sentence whose own vector is nearest to the question's, for 76.9 and 74.6 %
// (riverbank_answers in tests/bench). The constants were chosen on the same set.

/// The sentences of a passage as a reader sees them: a line end alone does not end one (texts are wrapped), a blank
/// line, a list item, a heading and a table row do.
std::vector<TextRange> passage_sentences(std::string_view passage);

/// Those of them that can answer, as places in `sentences`: headings and markup do not, unless there is nothing else.
std::vector<std::size_t> answering_sentences(std::string_view passage, std::span<const TextRange> sentences);

/// The one that answers, as a place in `sentences`: the best of those by `scores`, one a sentence. Nothing for a
/// passage without sentences.
std::optional<std::size_t> best_sentence(std::string_view passage, std::span<const TextRange> sentences,
                                         std::span<const double> scores);

}  // namespace riverbank
