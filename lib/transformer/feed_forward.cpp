#include "lib/transformer/feed_forward.h"

#include <fmt/format.h>

#include "lib/math/ops.h"
#include "riverbank/error.h"

namespace riverbank {

namespace {

Matrix (*function_of(Activation activation))(const MatrixView&) {
  switch (activation) {
    case Activation::kGelu:
      return gelu;
    case Activation::kGeluTanh:
      return gelu_tanh;
    case Activation::kRelu:
      return relu;
  }
  throw Error(ErrorKind::kInvalidArgument, "FeedForward: the activation is none that riverbank knows.");
}

}  // namespace

FeedForward::FeedForward(const FeedForwardWeights& weights, Activation activation)
    : W_1_(weights.inner), W_2_(weights.outer), activation_(function_of(activation)) {
  if (W_1_.weight.rows() != W_2_.weight.cols() || W_1_.weight.cols() != W_2_.weight.rows()) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("FeedForward: W_1 is {} and W_2 is {}; they must be (d_ff, d_model) and (d_model, d_ff).",
                            shape_of(W_1_.weight), shape_of(W_2_.weight)));
  }
}

Matrix FeedForward::forward(const MatrixView& X) const {
  if (X.cols() != W_1_.weight.cols()) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("FeedForward: X is {} and W_1 is {}; X must have d_model = {} columns.", shape_of(X),
                            shape_of(W_1_.weight), W_1_.weight.cols()));
  }
  const Matrix inner = activation_(linear(X, W_1_.weight, W_1_.bias));  // (T, d_ff)
  return linear(inner, W_2_.weight, W_2_.bias);                         // (T, d_model)
}

}  // namespace riverbank
