#pragma once

#include <Eigen/Core>

namespace riverbank {

// The shape vocabulary, used in every comment that names a shape:
//   N          tokens in a batch: its texts' rows one after the other, no padding
//   T          tokens in one text, [CLS] and [SEP] included; n, m: queries and keys of one attention, often n = m = T
//   d_model    width of a token's vector
//   num_heads  attention heads, h; d_k = d_model / num_heads is the width of one; d_v, of its values, is the same
//   d_ff       width inside the feed-forward network
//   L          layers of the encoder

/// Row-major float32: row i is token i's vector.
using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using RowVector = Eigen::Matrix<float, 1, Eigen::Dynamic, Eigen::RowMajor>;

/// A matrix that somebody else owns, or a block of rows and columns of one: read it, do not keep it.
using MatrixView = Eigen::Ref<const Matrix, 0, Eigen::OuterStride<>>;
using RowVectorView = Eigen::Ref<const RowVector>;

/// A weight where it lies, in a mapped file or in a buffer that the weights own.
using MatrixMap = Eigen::Map<const Matrix>;
using RowVectorMap = Eigen::Map<const RowVector>;

}  // namespace riverbank
