#include "lib/insight/head_steps.h"

#include <algorithm>
#include <cmath>

#include "lib/insight/rollout.h"
#include "lib/math/ops.h"

namespace riverbank {
namespace {

/// All rows of one head at once: scores (T, T) and values (T, d_k).
struct HeadInputs {
  Matrix scores;
  Matrix V;
  Eigen::Index d_k = 0;
};

HeadInputs inputs_of(const Model& model, const Trace& trace, std::size_t layer, std::size_t head) {
  head_map(trace, layer, head);  // says the range when there is no such head
  const AttentionWeights& weights = model.weights.layers.at(layer).attention;
  const auto T = static_cast<Eigen::Index>(trace.tokens.size());
  const auto d_model = static_cast<Eigen::Index>(trace.dimensions);
  const Eigen::Index d_k = d_model / static_cast<Eigen::Index>(trace.heads);
  const MatrixMap X(trace.hidden_states.data() + static_cast<Eigen::Index>(layer) * T * d_model, T, d_model);
  const Eigen::Index first = static_cast<Eigen::Index>(head) * d_k;
  const auto project = [&](const LinearWeights& W) -> Matrix {
    return linear(X, W.weight.middleRows(first, d_k), W.bias.segment(first, d_k));
  };
  return {matmul_transposed(project(weights.query), project(weights.key)), project(weights.value), d_k};
}

std::vector<float> row_of(const Matrix& matrix, std::size_t row) {
  const auto values = matrix.row(static_cast<Eigen::Index>(row));
  return {values.begin(), values.end()};
}

void add(Sharpness& sum, const Sharpness& one, double share) {
  sum.entropy += share * one.entropy;
  sum.largest += share * one.largest;
  sum.slope += share * one.slope;
}

double deviation_of(const std::vector<float>& values) {
  double mean = 0;
  for (const float value : values) mean += value / static_cast<double>(values.size());
  double squares = 0;
  for (const float value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

}  // namespace

HeadSteps head_steps(const Model& model, const Trace& trace, std::size_t layer, std::size_t head, std::size_t token) {
  const HeadInputs inputs = inputs_of(model, trace, layer, head);
  trace.attention_of(layer, head, token);  // says so when there is no such token
  const Matrix scores = inputs.scores.row(static_cast<Eigen::Index>(token));
  const float sqrt_d_k = std::sqrt(static_cast<float>(inputs.d_k));
  HeadSteps steps;
  steps.d_k = static_cast<std::size_t>(inputs.d_k);
  steps.scores = row_of(scores, 0);
  steps.weights = row_of(softmax_rows(scores / sqrt_d_k), 0);
  steps.unscaled = row_of(softmax_rows(scores), 0);
  for (Eigen::Index j = 0; j < inputs.V.rows(); ++j) steps.lengths.push_back(inputs.V.row(j).norm());
  return steps;
}

Sharpness sharpness_of(const std::vector<float>& weights) {
  Sharpness out;
  for (const float weight : weights) {
    if (weight > 0) out.entropy -= weight * std::log2(static_cast<double>(weight));
    out.largest = std::max(out.largest, static_cast<double>(weight));
  }
  out.slope = out.largest * (1 - out.largest);
  return out;
}

ScalingEffect scaling_effect(const Model& model, const Trace& trace) {
  ScalingEffect effect;
  effect.rows = trace.layers * trace.heads * trace.tokens.size();
  const double share = 1.0 / static_cast<double>(effect.rows);
  for (std::size_t layer = 0; layer < trace.layers; ++layer) {
    for (std::size_t head = 0; head < trace.heads; ++head) {
      const HeadInputs inputs = inputs_of(model, trace, layer, head);
      const Matrix scaled = softmax_rows(inputs.scores / std::sqrt(static_cast<float>(inputs.d_k)));
      const Matrix unscaled = softmax_rows(inputs.scores);
      for (std::size_t t = 0; t < trace.tokens.size(); ++t) {
        add(effect.scaled, sharpness_of(row_of(scaled, t)), share);
        add(effect.unscaled, sharpness_of(row_of(unscaled, t)), share);
        effect.score_deviation += share * deviation_of(row_of(inputs.scores, t));
      }
    }
  }
  return effect;
}

}  // namespace riverbank
