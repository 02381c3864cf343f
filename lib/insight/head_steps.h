#pragma once

#include <cstddef>
#include <vector>

#include "lib/model/model.h"
#include "riverbank/attention.h"

namespace riverbank {

// One head's arithmetic made visible, and what its scaling is for (arXiv:1706.03762, section 3.2.1).

/// How one token's row of attention came to be in one head:
///
///     q = x_t W_Q,   k_j = x_j W_K,   weights = softmax(q k_j / sqrt(d_k))
struct HeadSteps {
  std::size_t d_k = 0;          ///< width of q and k
  std::vector<float> scores;    ///< (T) q k_j
  std::vector<float> weights;   ///< (T) softmax of scores / sqrt(d_k): what the model uses
  std::vector<float> unscaled;  ///< (T) softmax of the scores as they are: what it would use without the scaling
  std::vector<float> lengths;   ///< (T) |v_j|, the length of what each token has to give
};

/// The trace must be the model's own. Throws Error kInvalidArgument for a layer, head or token that there is not.
HeadSteps head_steps(const Model& model, const Trace& trace, std::size_t layer, std::size_t head, std::size_t token);

/// A softmax in three numbers, as means over rows.
struct Sharpness {
  double entropy = 0;  ///< bits; log2(T) when all weights are the same, 0 when one is 1
  double largest = 0;  ///< the largest weight
  double slope = 0;    ///< p (1 - p) of the largest: how much it still moves with its score, what training needs
};

/// The same of all tokens in all heads of all layers, with the scaling and without.
struct ScalingEffect {
  Sharpness scaled;
  Sharpness unscaled;
  double score_deviation = 0;  ///< standard deviation of q k_j within a row, mean over rows
  std::size_t rows = 0;        ///< over how many rows the means are
};
ScalingEffect scaling_effect(const Model& model, const Trace& trace);

/// The three numbers of one row of weights.
Sharpness sharpness_of(const std::vector<float>& weights);

}  // namespace riverbank
