#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "lib/model/model.h"
#include "riverbank/attention.h"
#include "riverbank/embedder.h"

namespace riverbank {

/// Where an encoder looked while it read some passages, all heads of a layer in one: traces of one head, whose
/// attention is TextStates::attention, that of `states`, one a passage; without hidden states. Throws Error
/// kInvalidArgument for states that hold none.
std::vector<Trace> mean_attention(const Model& model, std::span<const std::string_view> passages,
                                  std::span<const TextStates* const> states);

}  // namespace riverbank
