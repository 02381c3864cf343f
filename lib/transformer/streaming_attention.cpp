#include "lib/transformer/streaming_attention.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "lib/math/ops.h"
#include "lib/transformer/shapes.h"
#include "riverbank/error.h"

namespace riverbank {

namespace {

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

/// What is known of a block of queries (b) after some of the keys.
class RunningSoftmax {
 public:
  RunningSoftmax(Eigen::Index b, Eigen::Index d_v)
      : m_(Eigen::VectorXf::Constant(b, kMinusInfinity)), l_(Eigen::VectorXf::Zero(b)), O_(Matrix::Zero(b, d_v)) {}

  /// Takes in the scores S (b, keys) of the next keys and their values V (keys, d_v).
  void add(Matrix& S, const MatrixView& V) {
    for (Eigen::Index i = 0; i < S.rows(); ++i) {
      const float m = std::max(m_(i), S.row(i).maxCoeff());
      if (m == kMinusInfinity) {  // nothing but masked keys until now
        S.row(i).setZero();
        continue;
      }
      const float scale = std::exp(m_(i) - m);
      const auto s = S.row(i).array();
      S.row(i) = (s == kMinusInfinity).select(0.0F, (s - m).exp());
      l_(i) = scale * l_(i) + S.row(i).sum();
      O_.row(i) *= scale;
      m_(i) = m;
    }
    O_.noalias() += S * V;
  }

  /// O / l, or zeros where there was no key to look at -> (b, d_v).
  Matrix result() const {
    Matrix mean = O_;
    for (Eigen::Index i = 0; i < mean.rows(); ++i) {
      if (l_(i) > 0) mean.row(i) /= l_(i);
    }
    return mean;
  }

 private:
  Eigen::VectorXf m_;  // (b), and so the next
  Eigen::VectorXf l_;
  Matrix O_;  // (b, d_v)
};

}  // namespace

Matrix streaming_attention(const MatrixView& Q, const MatrixView& K, const MatrixView& V, Eigen::Index block_size,
                           const Mask& mask) {
  require_queries_keys_and_values("streaming_attention", Q, K, V);
  mask.require_fits("streaming_attention", Q.rows(), K.rows());
  if (block_size < 1) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("streaming_attention: the block size is {}; it must be at least 1.", block_size));
  }
  const float sqrt_d_k = std::sqrt(static_cast<float>(K.cols()));
  const Eigen::Index first_place = K.rows() - Q.rows();

  Matrix result(Q.rows(), V.cols());
  for (Eigen::Index i = 0; i < Q.rows(); i += block_size) {
    const Eigen::Index queries = std::min(block_size, Q.rows() - i);
    RunningSoftmax softmax(queries, V.cols());
    for (Eigen::Index j = 0; j < K.rows(); j += block_size) {
      const Eigen::Index keys = std::min(block_size, K.rows() - j);
      Matrix S = matmul_transposed(Q.middleRows(i, queries), K.middleRows(j, keys)) / sqrt_d_k;  // (queries, keys)
      mask.hide(S, first_place + i, j);
      softmax.add(S, V.middleRows(j, keys));
    }
    result.middleRows(i, queries) = softmax.result();
  }
  return result;
}

}  // namespace riverbank
