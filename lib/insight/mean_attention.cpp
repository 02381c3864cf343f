#include "lib/insight/mean_attention.h"

#include <cmath>

#include "lib/engine/engine.h"
#include "lib/insight/packed_matrix.h"
#include "lib/math/ops.h"
#include "lib/model/encode_text.h"
#include "riverbank/embedder.h"

namespace riverbank {
namespace {

/// The mean of the heads of one text in one layer: X (T, d_model) what enters it -> (T, T).
Matrix mean_of_heads(const Matrix& X, const AttentionWeights& weights, const PackedMatrix& query,
                     const PackedMatrix& key, Eigen::Index num_heads) {
  const Matrix Q = query.multiply(X).rowwise() + weights.query.bias;
  const Matrix K = key.multiply(X).rowwise() + weights.key.bias;
  const Eigen::Index d_k = X.cols() / num_heads;
  Matrix mean = Matrix::Zero(X.rows(), X.rows());
  for (Eigen::Index first = 0; first < X.cols(); first += d_k) {
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
  for (std::size_t t = 0; t < encoding.size(); ++t) {
    TracedToken& token = trace.tokens.emplace_back();
    token.begin = encoding.offsets[t].begin;
    token.end = encoding.offsets[t].end;
    token.piece = model.tokenizer.piece(encoding.ids[t]);
    token.special = encoding.ids[t] == model.tokenizer.cls_id() || encoding.ids[t] == model.tokenizer.sep_id();
  }
  trace.attention.reserve(trace.layers * encoding.size() * encoding.size());
  return trace;
}

}  // namespace

std::vector<Trace> mean_attention(const Model& model, std::span<const std::string_view> passages) {
  std::vector<Trace> traces;
  Engine engine(model.config, model.weights, {});
  for (const std::string_view passage : passages) {
    const Encoding encoding = encode_text(model, passage, TextKind::kPassage);
    Trace& trace = traces.emplace_back(empty_trace(model, encoding));
    const std::vector<std::size_t> starts{0, encoding.size()};
    engine.forward_layers({encoding.ids, {}, starts}, [&](std::size_t layer, const MatrixView& hidden) {
      if (layer == trace.layers) return;  // the last one's output enters nothing
      const AttentionWeights& weights = model.weights.layers[layer].attention;
      const Matrix mean = mean_of_heads(hidden, weights, PackedMatrix(weights.query.weight, false),
                                        PackedMatrix(weights.key.weight, false), model.config.num_heads);
      trace.attention.insert(trace.attention.end(), mean.data(), mean.data() + mean.size());
    });
  }
  return traces;
}

}  // namespace riverbank
