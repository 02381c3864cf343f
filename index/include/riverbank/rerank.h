#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "riverbank/cross_encoder.h"
#include "riverbank/embedder.h"
#include "riverbank/search.h"

namespace riverbank {

/// A text among those that were to be ranked.
struct RankedText {
  std::size_t place = 0;                   ///< in the list that was given, from 0
  double score = 0;                        ///< 0..1, higher is better
  std::optional<TextRange> best_sentence;  ///< of late interaction: the sentence that answers
};

/// Texts by how well they answer a question, best first, token by token (late interaction); what a word of the question
/// weighs is counted in these very texts. Ties keep their order. Any thread. Throws what the encoder throws.
std::vector<RankedText> rank_texts(const Embedder& embedder, std::string_view question,
                                   std::span<const std::string_view> texts, std::stop_token stop = {});

/// The same by a cross-encoder; a score is the logistic function of its logit.
std::vector<RankedText> rank_texts(const CrossEncoder& cross_encoder, std::string_view question,
                                   std::span<const std::string_view> texts, std::stop_token stop = {});

}  // namespace riverbank
