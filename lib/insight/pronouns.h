#pragma once

#include <cstddef>
#include <span>
#include <stop_token>
#include <vector>

#include "lib/insight/heads.h"
#include "lib/insight/layered_encoder.h"
#include "lib/insight/pronoun_cases.h"

namespace riverbank {

/// What passes between a pronoun and the two names in every head: the pieces of a word that looks are averaged, those
/// of a word that is looked at are summed. A name that the cut took off has 0.
struct PronounAttention {
  /// How much the pronoun attends to each name -> (layers, heads, 2).
  std::vector<float> to_names;
  /// How much each name attends to the pronoun -> (layers, heads, 2).
  std::vector<float> from_names;
};

/// Reads the texts, each cut at the model's position table (512 pieces; what sentence-transformers sets as a limit, 256
/// for MiniLM, is not the table's). One call at a time for one encoder. Throws Error kCancelled.
std::vector<PronounAttention> attend_from_pronouns(LayeredEncoder& encoder, std::span<const PronounCase> cases,
                                                   const WorkProgress& progress = {}, const std::stop_token& stop = {});

/// `layers` and `heads` are the model's.
HeadTable count_right(std::span<const PronounCase> cases, std::span<const PronounAttention> attention,
                      std::size_t layers, std::size_t heads);

/// How often the right name is the one that stands first in the text: what needs no model.
Share first_name_right(std::span<const PronounCase> cases);

}  // namespace riverbank
