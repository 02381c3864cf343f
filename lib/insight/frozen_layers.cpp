#include "lib/insight/frozen_layers.h"

#include <fmt/format.h>

#include <cmath>

#include "lib/math/ops.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

Matrix activated(const Matrix& U, Activation activation) {
  switch (activation) {
    case Activation::kGelu:
      return gelu(U);
    case Activation::kGeluTanh:
      return gelu_tanh(U);
    case Activation::kRelu:
      return relu(U);
  }
  throw Error(ErrorKind::kInvalidArgument, "FrozenLayers: the activation is none that riverbank knows.");
}

/// activation(u) / u; at 0, where u brings nothing anyway, that of gelu.
Matrix gates_of(const Matrix& U, const Matrix& activation) {
  constexpr float kAtNought = 0.5F;
  return (U.array() == 0).select(kAtNought, activation.array() / U.array());
}

/// 1 / sqrt(var(x) + epsilon) of each row.
Eigen::VectorXf deviations(const Matrix& X, float epsilon) {
  const Eigen::VectorXf means = X.rowwise().mean();
  const Eigen::VectorXf variances = (X.colwise() - means).rowwise().squaredNorm() / static_cast<float>(X.cols());
  return (variances.array() + epsilon).rsqrt();
}

Matrix normalised(const Matrix& X, const Eigen::VectorXf& deviation, const LayerNormWeights& norm) {
  const Eigen::VectorXf means = X.rowwise().mean();
  const Matrix centred = ((X.colwise() - means).array().colwise() * deviation.array()).matrix();
  return ((centred.array().rowwise() * norm.gamma.array()).rowwise() + norm.beta.array()).matrix();
}

/// The gradient of a layer norm's input out of that of its output, its deviation held.
Matrix through_norm(const Matrix& G, const Eigen::VectorXf& deviation, const LayerNormWeights& norm) {
  const Matrix scaled = (G.array().rowwise() * norm.gamma.array()).matrix();
  const Eigen::VectorXf means = scaled.rowwise().mean();
  return ((scaled.colwise() - means).array().colwise() * deviation.array()).matrix();
}

/// What a vector that was added to every row brings: sum over rows of gradient . vector.
double brought_by(const RowVectorMap& vector, const Matrix& G) {
  return (G.cast<double>() * vector.cast<double>().transpose()).sum();
}

PackedMatrix::Rows rows_of(bool is_last) { return is_last ? PackedMatrix::Rows::kFew : PackedMatrix::Rows::kMany; }

}  // namespace

/// In the last layer all but keys and values is computed of [CLS] alone.
FrozenLayers::Weights::Weights(const EncoderLayerWeights& weights, bool is_last)
    : layer(&weights),
      query(weights.attention.query.weight, false, rows_of(is_last)),
      key(weights.attention.key.weight, false),
      value(weights.attention.value.weight, false),
      output(weights.attention.output.weight, false, rows_of(is_last)),
      inner(weights.feed_forward.inner.weight, false, rows_of(is_last)),
      outer(weights.feed_forward.outer.weight, false, rows_of(is_last)),
      value_back(weights.attention.value.weight, true),
      output_back(weights.attention.output.weight, true, rows_of(is_last)),
      inner_back(weights.feed_forward.inner.weight, true, rows_of(is_last)),
      outer_back(weights.feed_forward.outer.weight, true, rows_of(is_last)) {}

FrozenLayers::FrozenLayers(const EncoderConfig& config, const EncoderWeights& weights, std::size_t first_layer)
    : config_(config) {
  if (first_layer >= weights.layers.size()) {
    throw Error(ErrorKind::kInvalidArgument, fmt::format("FrozenLayers: the encoder has {} layers, counted from 0; "
                                                         "there is none from {} on.",
                                                         weights.layers.size(), first_layer));
  }
  for (std::size_t i = first_layer; i < weights.layers.size(); ++i) {
    weights_.emplace_back(weights.layers[i], i + 1 == weights.layers.size());
  }
}

/// The first `rows` rows of the layer's output, X (T, d_model).
Matrix FrozenLayers::forward(const Weights& weights, const MatrixView& X, Eigen::Index rows, Layer& kept) const {
  const auto& [query, key, value, output] = weights.layer->attention;
  const FeedForwardWeights& feed_forward = weights.layer->feed_forward;
  const Matrix Q = weights.query.multiply(X.topRows(rows)).rowwise() + query.bias;  // (rows, d_model)
  const Matrix K = weights.key.multiply(X).rowwise() + key.bias;                    // (T, d_model), as is V
  const Matrix V = weights.value.multiply(X).rowwise() + value.bias;
  const Eigen::Index d_k = X.cols() / config_.num_heads;
  Matrix heads(rows, X.cols());
  for (Eigen::Index first = 0; first < X.cols(); first += d_k) {
    const float sqrt_d_k = std::sqrt(static_cast<float>(d_k));
    kept.attention.push_back(
        softmax_rows(matmul_transposed(Q.middleCols(first, d_k), K.middleCols(first, d_k)) / sqrt_d_k));
    heads.middleCols(first, d_k) = kept.attention.back() * V.middleCols(first, d_k);
  }
  const Matrix Z = X.topRows(rows) + (weights.output.multiply(heads).rowwise() + output.bias).matrix();
  kept.attention_deviation = deviations(Z, config_.layer_norm_epsilon);
  const Matrix A = normalised(Z, kept.attention_deviation, weights.layer->attention_norm);
  const Matrix U = weights.inner.multiply(A).rowwise() + feed_forward.inner.bias;  // (rows, d_ff)
  const Matrix active = activated(U, config_.activation);
  kept.gates = gates_of(U, active);
  const Matrix Y = A + (weights.outer.multiply(active).rowwise() + feed_forward.outer.bias).matrix();
  kept.output_deviation = deviations(Y, config_.layer_norm_epsilon);
  return normalised(Y, kept.output_deviation, weights.layer->output_norm);
}

FrozenLayers::Pass FrozenLayers::run(const MatrixView& X) const {
  Pass pass;
  pass.entered = X;
  pass.layers.resize(weights_.size());
  Matrix hidden = X;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    const Eigen::Index rows = i + 1 == weights_.size() ? 1 : hidden.rows();
    hidden = forward(weights_[i], hidden, rows, pass.layers[i]);
  }
  pass.length = hidden.row(0).norm();
  pass.vector = hidden.row(0) / pass.length;
  return pass;
}

/// The gradient of a layer's input (T, d_model) out of that of its output's first rows, G; what its constants bring is
/// added to `constant`.
Matrix FrozenLayers::backward(const Weights& weights, const Layer& kept, Matrix G, Eigen::Index T,
                              double& constant) const {
  const EncoderLayerWeights& layer = *weights.layer;
  constant += brought_by(layer.output_norm.beta, G);
  G = through_norm(G, kept.output_deviation, layer.output_norm);
  constant += brought_by(layer.feed_forward.outer.bias, G);
  const Matrix dU = weights.outer_back.multiply(G).cwiseProduct(kept.gates);  // (rows, d_ff)
  constant += brought_by(layer.feed_forward.inner.bias, dU);
  const Matrix dA = G + weights.inner_back.multiply(dU);
  constant += brought_by(layer.attention_norm.beta, dA);
  const Matrix dZ = through_norm(dA, kept.attention_deviation, layer.attention_norm);
  constant += brought_by(layer.attention.output.bias, dZ);
  const Matrix d_heads = weights.output_back.multiply(dZ);
  Matrix dV(T, d_heads.cols());
  const Eigen::Index d_k = d_heads.cols() / config_.num_heads;
  for (Eigen::Index head = 0; head < config_.num_heads; ++head) {
    dV.middleCols(head * d_k, d_k) =
        kept.attention[static_cast<std::size_t>(head)].transpose() * d_heads.middleCols(head * d_k, d_k);
  }
  constant += brought_by(layer.attention.value.bias, dV);
  Matrix dX = weights.value_back.multiply(dV);
  dX.topRows(dZ.rows()) += dZ;
  return dX;
}

FrozenLayers::Shares FrozenLayers::shares(const Pass& pass, const RowVectorView& direction) const {
  Shares shares;
  const Eigen::Index T = pass.entered.rows();
  Matrix G = direction / pass.length;  // of [CLS]'s row alone
  for (std::size_t i = weights_.size(); i-- > 0;) {
    G = backward(weights_[i], pass.layers[i], std::move(G), T, shares.constant);
  }
  for (Eigen::Index t = 0; t < T; ++t) {
    shares.tokens.push_back(G.row(t).cast<double>().dot(pass.entered.row(t).cast<double>()));
  }
  return shares;
}

}  // namespace riverbank
