#include "lib/insight/mean_attention.h"

#include <algorithm>
#include <cmath>

#include "lib/base/parallel.h"
#include "lib/insight/packed_matrix.h"
#include "lib/math/ops.h"
#include "lib/model/encode_text.h"

namespace riverbank {
namespace {

/// The mean of the heads of one text in one layer: Q, K (T, d_model) -> (T, T).
Matrix mean_of_heads(const MatrixView& Q, const MatrixView& K, Eigen::Index num_heads) {
  const Eigen::Index d_k = Q.cols() / num_heads;
  Matrix mean = Matrix::Zero(Q.rows(), K.rows());
  for (Eigen::Index first = 0; first < Q.cols(); first += d_k) {
    mean += softmax_rows(matmul_transposed(Q.middleCols(first, d_k), K.middleCols(first, d_k)) /
                         std::sqrt(static_cast<float>(d_k)));
  }
  return mean / static_cast<float>(num_heads);
}

Trace empty_trace(const Model& model, const Encoding& encoding) {
  Trace trace;
  trace.layers = model.weights.layers.size();
  trace.heads = 1;
  trace.dimensions = static_cast<std::size_t>(model.config.d_model);
  trace.truncated = encoding.truncated;
  for (std::size_t t = 0; t < encoding.size(); ++t) {
    TracedToken& token = trace.tokens.emplace_back();
    token.begin = encoding.offsets[t].begin;
    token.end = encoding.offsets[t].end;
    token.piece = model.tokenizer.piece(encoding.ids[t]);
    token.special = encoding.ids[t] == model.tokenizer.cls_id() || encoding.ids[t] == model.tokenizer.sep_id();
  }
  trace.attention.resize(trace.layers * encoding.size() * encoding.size());
  return trace;
}

/// What enters a layer, all texts' rows one after the other -> (N, d_model).
Matrix entering(std::span<const TextStates* const> states, std::size_t layer, Eigen::Index d_model) {
  std::size_t tokens = 0;
  for (const TextStates* const one : states) tokens += one->places.size();
  Matrix X(static_cast<Eigen::Index>(tokens), d_model);
  float* row = X.data();
  for (const TextStates* const one : states) row = std::ranges::copy(one->after.at(layer), row).out;
  return X;
}

}  // namespace

std::vector<Trace> mean_attention(const Model& model, std::span<const std::string_view> passages,
                                  std::span<const TextStates* const> states, int threads) {
  std::vector<Trace> traces;
  for (const std::string_view passage : passages) {
    traces.push_back(empty_trace(model, encode_text(model, passage, TextKind::kPassage)));
  }
  const std::size_t layers = model.weights.layers.size();
  ThreadPool pool(std::min(thread_count(threads), static_cast<int>(layers)));
  pool.run(passages.empty() ? 0 : layers, [&](std::size_t layer, int) {
    const AttentionWeights& weights = model.weights.layers[layer].attention;
    const Matrix X = entering(states, layer, model.config.d_model);
    const Matrix Q = PackedMatrix(weights.query.weight, false).multiply(X).rowwise() + weights.query.bias;
    const Matrix K = PackedMatrix(weights.key.weight, false).multiply(X).rowwise() + weights.key.bias;
    Eigen::Index first = 0;
    for (Trace& trace : traces) {
      const auto T = static_cast<Eigen::Index>(trace.tokens.size());
      const Matrix mean = mean_of_heads(Q.middleRows(first, T), K.middleRows(first, T), model.config.num_heads);
      std::copy_n(mean.data(), mean.size(), trace.attention.data() + layer * static_cast<std::size_t>(mean.size()));
      first += T;
    }
  });
  return traces;
}

}  // namespace riverbank
