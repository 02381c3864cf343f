#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "lib/model/model.h"
#include "riverbank/attention.h"

namespace riverbank {

/// Where an encoder looked while it read some passages, all heads of a layer in one: traces of one head, whose
/// attention is the mean of the layer's heads' softmax(Q K^T / sqrt(d_k)), without hidden states. The hidden states
/// that Q and K are made of are the engine's, so that it takes little more than to encode the passages. Any thread.
std::vector<Trace> mean_attention(const Model& model, std::span<const std::string_view> passages);

}  // namespace riverbank
