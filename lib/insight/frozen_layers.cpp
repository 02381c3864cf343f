#include "lib/insight/frozen_layers.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <unsupported/Eigen/SpecialFunctions>

#include "lib/engine/buffer.h"
#include "lib/insight/panel_product.h"
#include "lib/math/ops.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

/// activation(u) / u; at 0, where u brings nothing anyway, any number does.
Matrix gates_of(const Matrix& U, Activation activation) {
  switch (activation) {
    case Activation::kGelu:  // Phi(u)
      return 0.5F * (1 + (U.array() * std::numbers::sqrt2_v<float> / 2).erf());
    case Activation::kGeluTanh:
      return (U.array() == 0).select(0.5F, gelu_tanh(U).array() / U.array());
    case Activation::kRelu:
      return (U.array() > 0).cast<float>();
  }
  throw Error(ErrorKind::kInvalidArgument, "FrozenLayers: the activation is none that riverbank knows.");
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

/// X W^T + b.
Matrix linear_of(const LinearWeights& weights, const MatrixView& X) {
  return panel_product(X, weights.weight, weights.bias);
}

/// G W.
Matrix back_through(const LinearWeights& weights, const MatrixView& G) { return panel_product(G, weights.weight); }

/// What a vector that was added to every row brings: sum over rows of gradient . vector.
double brought_by(const RowVectorMap& vector, const Matrix& G) { return (G * vector.transpose()).cast<double>().sum(); }

}  // namespace

FrozenLayers::FrozenLayers(const EncoderConfig& config, const EncoderWeights& weights, std::size_t first_layer)
    : config_(config) {
  if (first_layer >= weights.layers.size()) {
    throw Error(ErrorKind::kInvalidArgument, fmt::format("FrozenLayers: the encoder has {} layers, counted from 0; "
                                                         "there is none from {} on.",
                                                         weights.layers.size(), first_layer));
  }
  for (std::size_t i = first_layer; i < weights.layers.size(); ++i) {
    layers_.push_back({&weights.layers[i], i + 1 == weights.layers.size()});
  }
}

/// What all rows of X (T, d_model) gather: the heads side by side (T, d_model); P (num_heads T, T).
Matrix FrozenLayers::attend(const Weights& weights, const MatrixView& X, Matrix& P) const {
  const AttentionWeights& attention = weights.layer->attention;
  const Matrix Q = linear_of(attention.query, X), K = linear_of(attention.key, X), V = linear_of(attention.value, X);
  const Eigen::Index T = X.rows(), d_k = X.cols() / config_.num_heads;
  const Kernels& kernels = panel_kernels();
  const auto keys = static_cast<std::size_t>(T), width = static_cast<std::size_t>(d_k);
  Buffer scratch;
  scratch.reserve(1, kernels.attention_weights_scratch(keys, width));
  P = Matrix::Zero(config_.num_heads * T, T);
  Matrix heads(T, X.cols());
  for (Eigen::Index head = 0; head < config_.num_heads; ++head) {
    kernels.attention_weights({.Q = Q.data() + head * d_k,
                               .Q_stride = static_cast<std::size_t>(Q.cols()),
                               .queries = keys,
                               .K = K.data() + head * d_k,
                               .K_stride = static_cast<std::size_t>(K.cols()),
                               .T = keys,
                               .d_k = width,
                               .weights = P.data() + head * T * T,
                               .weights_stride = keys,
                               .scratch = scratch.data()});
    heads.middleCols(head * d_k, d_k) = panel_product(P.middleRows(head * T, T), V.middleCols(head * d_k, d_k));
  }
  return heads;
}

/// What [CLS] alone gathers: the heads side by side (1, d_model); P (num_heads, T). Neither keys nor values are made:
///
///     q (x W_K^T)^T = (q W_K) x^T,  q b_K^T is the same for all and falls out;   P (X W_V^T + b_V) = (P X) W_V^T + b_V
Matrix FrozenLayers::attend_from_first(const Weights& weights, const MatrixView& X, Matrix& P) const {
  const AttentionWeights& attention = weights.layer->attention;
  const Eigen::Index d_k = X.cols() / config_.num_heads;
  const Matrix q = linear_of(attention.query, X.topRows(1));
  Matrix sought(config_.num_heads, X.cols());  // q W_K of each head
  for (Eigen::Index head = 0; head < config_.num_heads; ++head) {
    sought.row(head) = q.middleCols(head * d_k, d_k) * attention.key.weight.middleRows(head * d_k, d_k);
  }
  P = softmax_rows(sought * X.transpose() / std::sqrt(static_cast<float>(d_k)));
  const Matrix gathered = P * X;  // (num_heads, d_model)
  Matrix heads = attention.value.bias;
  for (Eigen::Index head = 0; head < config_.num_heads; ++head) {
    heads.middleCols(head * d_k, d_k) +=
        gathered.row(head) * attention.value.weight.middleRows(head * d_k, d_k).transpose();
  }
  return heads;
}

/// The layer's output, X (T, d_model) -> (rows, d_model): all rows, in the last layer [CLS] alone.
Matrix FrozenLayers::forward(const Weights& weights, const MatrixView& X, Layer& kept) const {
  const EncoderLayerWeights& layer = *weights.layer;
  const Matrix heads =
      weights.is_last ? attend_from_first(weights, X, kept.attention) : attend(weights, X, kept.attention);
  const Matrix Z = X.topRows(heads.rows()) + linear_of(layer.attention.output, heads);
  kept.attention_deviation = deviations(Z, config_.layer_norm_epsilon);
  const Matrix A = normalised(Z, kept.attention_deviation, layer.attention_norm);
  const Matrix U = linear_of(layer.feed_forward.inner, A);  // (rows, d_ff)
  kept.gates = gates_of(U, config_.activation);
  const Matrix Y = A + linear_of(layer.feed_forward.outer, U.cwiseProduct(kept.gates));
  kept.output_deviation = deviations(Y, config_.layer_norm_epsilon);
  return normalised(Y, kept.output_deviation, layer.output_norm);
}

FrozenLayers::Pass FrozenLayers::run(const MatrixView& X) const {
  Pass pass;
  pass.entered = X;
  pass.layers.resize(layers_.size());
  Matrix hidden = X;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    hidden = forward(layers_[i], hidden, pass.layers[i]);
  }
  pass.length = hidden.row(0).norm();
  pass.vector = hidden.row(0) / pass.length;
  return pass;
}

/// The gradient of X (T, d_model) out of that of attend()'s heads, G (T, d_model).
Matrix FrozenLayers::attend_back(const Weights& weights, const Matrix& P, const Matrix& G, double& constant) const {
  const Eigen::Index T = P.cols(), d_k = G.cols() / config_.num_heads;
  Matrix dV(T, G.cols());
  for (Eigen::Index head = 0; head < config_.num_heads; ++head) {
    const Matrix turned = G.middleCols(head * d_k, d_k).transpose();  // P^T G = (G^T P)^T
    dV.middleCols(head * d_k, d_k) = panel_product(turned, P.middleRows(head * T, T)).transpose();
  }
  constant += brought_by(weights.layer->attention.value.bias, dV);
  return back_through(weights.layer->attention.value, dV);
}

/// The gradient of X (T, d_model) out of that of attend_from_first()'s heads, G (1, d_model).
Matrix FrozenLayers::attend_from_first_back(const Weights& weights, const Matrix& P, const Matrix& G,
                                            double& constant) const {
  const LinearWeights& value = weights.layer->attention.value;
  const Eigen::Index d_k = G.cols() / config_.num_heads;
  Matrix d_gathered(config_.num_heads, G.cols());
  for (Eigen::Index head = 0; head < config_.num_heads; ++head) {
    d_gathered.row(head) = G.middleCols(head * d_k, d_k) * value.weight.middleRows(head * d_k, d_k);
  }
  constant += brought_by(value.bias, G);
  return P.transpose() * d_gathered;
}

/// The gradient of a layer's input (T, d_model) out of that of its output, G; what its constants bring is added to
/// `constant`.
Matrix FrozenLayers::backward(const Weights& weights, const Layer& kept, Matrix G, double& constant) const {
  const EncoderLayerWeights& layer = *weights.layer;
  constant += brought_by(layer.output_norm.beta, G);
  G = through_norm(G, kept.output_deviation, layer.output_norm);
  constant += brought_by(layer.feed_forward.outer.bias, G);
  const Matrix dU = back_through(layer.feed_forward.outer, G).cwiseProduct(kept.gates);  // (rows, d_ff)
  constant += brought_by(layer.feed_forward.inner.bias, dU);
  const Matrix dA = G + back_through(layer.feed_forward.inner, dU);
  constant += brought_by(layer.attention_norm.beta, dA);
  const Matrix dZ = through_norm(dA, kept.attention_deviation, layer.attention_norm);
  constant += brought_by(layer.attention.output.bias, dZ);
  const Matrix d_heads = back_through(layer.attention.output, dZ);
  Matrix dX = weights.is_last ? attend_from_first_back(weights, kept.attention, d_heads, constant)
                              : attend_back(weights, kept.attention, d_heads, constant);
  dX.topRows(dZ.rows()) += dZ;
  return dX;
}

FrozenLayers::Shares FrozenLayers::shares(const Pass& pass, const RowVectorView& direction) const {
  Shares shares;
  const Eigen::Index T = pass.entered.rows();
  Matrix G = direction / pass.length;  // of [CLS]'s row alone
  for (std::size_t i = layers_.size(); i-- > 0;) {
    G = backward(layers_[i], pass.layers[i], std::move(G), shares.constant);
  }
  for (Eigen::Index t = 0; t < T; ++t) {
    shares.tokens.push_back(G.row(t).cast<double>().dot(pass.entered.row(t).cast<double>()));
  }
  return shares;
}

}  // namespace riverbank
