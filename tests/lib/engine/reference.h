#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "lib/engine/engine.h"
#include "lib/model/weights.h"

namespace riverbank::testing {

/// A random model of any size whose numbers are large enough that every term shows in the result.
class RandomModel {
 public:
  RandomModel(const EncoderConfig& config, unsigned seed) : config_(config), generator_(seed) {
    EmbeddingWeights& tables = weights_.embeddings;
    new (&tables.word) MatrixMap(matrix(config.vocabulary_size, config.d_model, 1));
    new (&tables.position) MatrixMap(matrix(config.max_positions, config.d_model, 0.5F));
    new (&tables.token_type) MatrixMap(matrix(config.num_token_types, config.d_model, 0.5F));
    fill(tables.norm);
    for (std::int64_t i = 0; i < config.num_layers; ++i) {
      EncoderLayerWeights layer;
      for (LinearWeights* linear :
           {&layer.attention.query, &layer.attention.key, &layer.attention.value, &layer.attention.output}) {
        fill(*linear, config.d_model, config.d_model);
      }
      fill(layer.attention_norm);
      fill(layer.feed_forward.inner, config.d_ff, config.d_model);
      fill(layer.feed_forward.outer, config.d_model, config.d_ff);
      fill(layer.output_norm);
      weights_.layers.push_back(layer);
    }
  }

  const EncoderConfig& config() const { return config_; }
  const EncoderWeights& weights() const { return weights_; }

 private:
  const float* numbers(std::int64_t count, float mean, float sigma) {
    std::normal_distribution<float> normal(mean, sigma);
    storage_.push_back(std::make_unique<std::vector<float>>(static_cast<std::size_t>(count)));
    for (float& value : *storage_.back()) value = normal(generator_);
    return storage_.back()->data();
  }
  MatrixMap matrix(std::int64_t rows, std::int64_t cols, float sigma) {
    return {numbers(rows * cols, 0, sigma), rows, cols};
  }
  void fill(LayerNormWeights& norm) {
    new (&norm.gamma) RowVectorMap(numbers(config_.d_model, 1, 0.2F), config_.d_model);
    new (&norm.beta) RowVectorMap(numbers(config_.d_model, 0, 0.2F), config_.d_model);
  }
  void fill(LinearWeights& linear, std::int64_t d_out, std::int64_t d_in) {
    new (&linear.weight) MatrixMap(matrix(d_out, d_in, 1 / std::sqrt(static_cast<float>(d_in))));
    new (&linear.bias) RowVectorMap(numbers(d_out, 0, 0.3F), d_out);
  }

  EncoderConfig config_;
  std::mt19937 generator_;
  std::vector<std::unique_ptr<std::vector<float>>> storage_;
  EncoderWeights weights_;
};

using Doubles = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

inline double reference_activation(Activation activation, double x) {
  switch (activation) {
    case Activation::kGelu:
      return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
    case Activation::kGeluTanh:
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case Activation::kRelu:
      return x > 0 ? x : 0;
  }
  return NAN;
}

inline Doubles reference_linear(const Doubles& X, const LinearWeights& linear) {
  Doubles Y = X * linear.weight.cast<double>().transpose();
  Y.rowwise() += linear.bias.cast<double>();
  return Y;
}

inline Doubles reference_norm(const Doubles& X, const LayerNormWeights& norm, double epsilon) {
  Doubles Y = X;
  for (Eigen::Index row = 0; row < X.rows(); ++row) {
    const double mean = X.row(row).mean();
    const double variance = (X.row(row).array() - mean).square().mean();
    Y.row(row) = ((X.row(row).array() - mean) / std::sqrt(variance + epsilon)) * norm.gamma.cast<double>().array() +
                 norm.beta.cast<double>().array();
  }
  return Y;
}

/// The encoder on one text in double precision, as plainly as it can be written.
inline Doubles reference_forward(const RandomModel& model, const std::vector<std::int32_t>& ids,
                                 const std::vector<std::int32_t>& types) {
  const EncoderConfig& config = model.config();
  const EncoderWeights& weights = model.weights();
  const auto T = static_cast<Eigen::Index>(ids.size());
  Doubles X(T, config.d_model);
  for (Eigen::Index t = 0; t < T; ++t) {
    X.row(t) = (weights.embeddings.word.row(ids[t]) + weights.embeddings.position.row(t) +
                weights.embeddings.token_type.row(types.empty() ? 0 : types[t]))
                   .cast<double>();
  }
  X = reference_norm(X, weights.embeddings.norm, config.layer_norm_epsilon);
  for (const EncoderLayerWeights& layer : weights.layers) {
    const Doubles Q = reference_linear(X, layer.attention.query), K = reference_linear(X, layer.attention.key),
                  V = reference_linear(X, layer.attention.value);
    Doubles attended(T, config.d_model);
    for (std::int64_t head = 0; head < config.num_heads; ++head) {
      const auto columns = Eigen::seqN(head * config.d_k(), config.d_k());
      Doubles scores =
          Q(Eigen::all, columns) * K(Eigen::all, columns).transpose() / std::sqrt(static_cast<double>(config.d_k()));
      for (Eigen::Index row = 0; row < T; ++row) {
        scores.row(row) = (scores.row(row).array() - scores.row(row).maxCoeff()).exp();
        scores.row(row) /= scores.row(row).sum();
      }
      attended(Eigen::all, columns) = scores * V(Eigen::all, columns);
    }
    X = reference_norm(X + reference_linear(attended, layer.attention.output), layer.attention_norm,
                       config.layer_norm_epsilon);
    const Doubles inner = reference_linear(X, layer.feed_forward.inner).unaryExpr([&](double x) {
      return reference_activation(config.activation, x);
    });
    X = reference_norm(X + reference_linear(inner, layer.feed_forward.outer), layer.output_norm,
                       config.layer_norm_epsilon);
  }
  return X;
}

/// Texts of these lengths with random ids and types.
struct RandomBatch {
  RandomBatch(const EncoderConfig& config, const std::vector<std::size_t>& lengths, unsigned seed) {
    std::mt19937 generator(seed);
    std::uniform_int_distribution<std::int32_t> id(0, static_cast<std::int32_t>(config.vocabulary_size - 1));
    std::uniform_int_distribution<std::int32_t> type(0, static_cast<std::int32_t>(config.num_token_types - 1));
    for (const std::size_t length : lengths) {
      for (std::size_t i = 0; i < length; ++i) {
        ids.push_back(id(generator));
        types.push_back(type(generator));
      }
      starts.push_back(ids.size());
    }
  }

  RaggedBatch view() const { return {ids, types, starts}; }
  std::size_t texts() const { return starts.size() - 1; }
  /// Text i as a batch of its own.
  RandomBatch alone(std::size_t i) const {
    RandomBatch one;
    const auto first = static_cast<std::ptrdiff_t>(starts[i]), last = static_cast<std::ptrdiff_t>(starts[i + 1]);
    one.ids.assign(ids.begin() + first, ids.begin() + last);
    one.types.assign(types.begin() + first, types.begin() + last);
    one.starts.push_back(one.ids.size());
    return one;
  }

  std::vector<std::int32_t> ids, types;
  std::vector<std::size_t> starts{0};

 private:
  RandomBatch() = default;
};

}  // namespace riverbank::testing
