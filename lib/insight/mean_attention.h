#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "lib/model/model.h"
#include "riverbank/attention.h"
#include "riverbank/embedder.h"

namespace riverbank {

/// Where an encoder looked while it read some passages, all heads of a layer in one: traces of one head, whose
/// attention is the mean of the layer's heads' softmax(Q K^T / sqrt(d_k)), without hidden states. Q and K are made of
/// the hidden states that are given, one of `states` a passage: those that enter each layer, so after 0, 1, …
/// layers - 1. `threads` share the layers out; 0: one for each core. Any thread.
std::vector<Trace> mean_attention(const Model& model, std::span<const std::string_view> passages,
                                  std::span<const TextStates* const> states, int threads = 0);

}  // namespace riverbank
