#include "lib/transformer/multi_head_attention.h"

#include <fmt/format.h>

#include "lib/math/ops.h"
#include "lib/transformer/attention.h"
#include "riverbank/error.h"

namespace riverbank {

namespace {

void require_square(const char* name, const LinearWeights& linear, Eigen::Index d_model) {
  if (linear.weight.rows() != d_model || linear.weight.cols() != d_model || linear.bias.size() != d_model) {
    throw Error(
        ErrorKind::kInvalidArgument,
        fmt::format("MultiHeadAttention: {} is {} with a bias of ({}), but W_Q has d_model = {} columns; it must "
                    "be ({}, {}) with a bias of ({}).",
                    name, shape_of(linear.weight), linear.bias.size(), d_model, d_model, d_model, d_model));
  }
}

void require_width(const char* text, const MatrixView& X, const char* name, const LinearWeights& linear) {
  if (X.cols() != linear.weight.cols()) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("MultiHeadAttention: {} is {} and {} is {}; {} must have d_model = {} columns.", text,
                            shape_of(X), name, shape_of(linear.weight), text, linear.weight.cols()));
  }
}

/// X with the rows of Y under it.
void append_rows(Matrix& X, const Matrix& Y) {
  const Eigen::Index rows = X.rows();
  X.conservativeResize(rows + Y.rows(), Y.cols());
  X.bottomRows(Y.rows()) = Y;
}

}  // namespace

void KeysAndValues::append(const KeysAndValues& more) {
  if (K.rows() > 0 && (K.cols() != more.K.cols() || V.cols() != more.V.cols())) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("KeysAndValues::append: K is {} and the further keys are {}; they must be as wide.",
                            shape_of(K), shape_of(more.K)));
  }
  append_rows(K, more.K);
  append_rows(V, more.V);
}

MultiHeadAttention::MultiHeadAttention(const AttentionWeights& weights, Eigen::Index num_heads)
    : W_Q_(weights.query),
      W_K_(weights.key),
      W_V_(weights.value),
      W_O_(weights.output),
      num_heads_(num_heads),
      d_k_(num_heads < 1 ? 0 : W_Q_.weight.cols() / num_heads) {
  const Eigen::Index d_model = W_Q_.weight.cols();
  if (d_k_ < 1 || d_k_ * num_heads != d_model) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("MultiHeadAttention: d_model = {} cannot be shared out among {} heads; it must be a "
                            "multiple of their number.",
                            d_model, num_heads));
  }
  require_square("W_Q", W_Q_, d_model);
  require_square("W_K", W_K_, d_model);
  require_square("W_V", W_V_, d_model);
  require_square("W_O", W_O_, d_model);
}

Matrix MultiHeadAttention::forward(const MatrixView& X, const MatrixView& Y, const Mask& mask,
                                   Observer& observer) const {
  require_width("X", X, "W_Q", W_Q_);
  return attend(X, keys_and_values(Y), mask, observer);
}

KeysAndValues MultiHeadAttention::keys_and_values(const MatrixView& Y) const {
  require_width("Y", Y, "W_K", W_K_);
  return {linear(Y, W_K_.weight, W_K_.bias), linear(Y, W_V_.weight, W_V_.bias)};
}

Matrix MultiHeadAttention::attend(const MatrixView& X, const KeysAndValues& kept, const Mask& mask,
                                  Observer& observer) const {
  require_width("X", X, "W_Q", W_Q_);
  if (kept.K.cols() != X.cols() || kept.V.cols() != X.cols() || kept.K.rows() != kept.V.rows()) {
    throw Error(
        ErrorKind::kInvalidArgument,
        fmt::format("MultiHeadAttention: X is {}, K is {} and V is {}; all must have d_model columns, and every "
                    "key one value.",
                    shape_of(X), shape_of(kept.K), shape_of(kept.V)));
  }
  const Matrix Q = linear(X, W_Q_.weight, W_Q_.bias);  // (n, d_model)

  Matrix heads(X.rows(), X.cols());  // Concat(head_1, ..., head_h)
  for (Eigen::Index head = 0; head < num_heads_; ++head) {
    const Eigen::Index first = head * d_k_;
    const MatrixView Q_i = Q.middleCols(first, d_k_);       // (n, d_k)
    const MatrixView K_i = kept.K.middleCols(first, d_k_);  // (m, d_k), and so the next
    const MatrixView V_i = kept.V.middleCols(first, d_k_);
    const Matrix weights = attention_weights(Q_i, K_i, mask);  // (n, m)
    observer.head(weights);
    heads.middleCols(first, d_k_) = matmul(weights, V_i);  // head_i = Attention(Q_i, K_i, V_i), eq. 1
  }
  return linear(heads, W_O_.weight, W_O_.bias);
}

}  // namespace riverbank
