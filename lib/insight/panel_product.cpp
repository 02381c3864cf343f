#include "lib/insight/panel_product.h"

#include <algorithm>
#include <vector>

#include "lib/engine/buffer.h"
#include "lib/math/cpu.h"
#include "lib/math/precision.h"

namespace riverbank {
namespace {

constexpr Eigen::Index kFewRows = 8;  // packing a panel takes as long as some of them

/// X (rows, k) times n columns -> (rows, n); pack(first column, columns that there are, panel) packs one panel, bias
/// (n rounded up to whole panels).
template <typename Pack>
Matrix product(const MatrixView& X, Eigen::Index n, const float* bias, Pack pack) {
  const Kernels& kernels = panel_kernels();
  const auto d_in = static_cast<std::size_t>(X.cols()), columns = static_cast<std::size_t>(n);
  const std::size_t unit = kernels.panel_columns;
  Buffer panel;
  panel.reserve(1, divide_up(kernels.panel_bytes(d_in), sizeof(float)));
  Matrix C(X.rows(), static_cast<Eigen::Index>(divide_up(columns, unit) * unit));
  for (std::size_t first = 0; first < columns; first += unit) {
    pack(first, std::min(unit, columns - first), panel.data());
    kernels.product({.A = X.data(),
                     .A_stride = static_cast<std::size_t>(X.outerStride()) * sizeof(float),
                     .rows = static_cast<std::size_t>(X.rows()),
                     .d_in = d_in,
                     .panel = panel.data(),
                     .bias = bias + first,
                     .C = C.data() + first,
                     .C_stride = static_cast<std::size_t>(C.cols())});
  }
  if (C.cols() != n) C.conservativeResize(Eigen::NoChange, n);
  return C;
}

/// b with zeros up to a whole panel.
std::vector<float> padded(const float* b, Eigen::Index n) {
  const std::size_t unit = panel_kernels().panel_columns;
  std::vector<float> bias(divide_up(static_cast<std::size_t>(n), unit) * unit);
  if (b != nullptr) std::copy_n(b, n, bias.data());
  return bias;
}

}  // namespace

const Kernels& panel_kernels() {
  static const Kernels& best = kernels_of(choose_instruction_set(), Precision::kFloat32);
  return best;
}

Matrix panel_product(const MatrixView& X, const MatrixView& W, const RowVectorView& b) {
  if (X.rows() < kFewRows) return (X * W.transpose()).rowwise() + b;
  std::vector<const float*> rows(panel_kernels().panel_columns);
  return product(
      X, W.rows(), padded(b.data(), b.size()).data(), [&](std::size_t first, std::size_t columns, float* panel) {
        for (std::size_t j = 0; j < rows.size(); ++j) {
          rows[j] = j < columns ? W.data() + static_cast<Eigen::Index>(first + j) * W.outerStride() : nullptr;
        }
        panel_kernels().pack(rows.data(), static_cast<std::size_t>(W.cols()), panel);
      });
}

Matrix panel_product(const MatrixView& X, const MatrixView& W) {
  if (X.rows() < kFewRows) return X * W;
  return product(X, W.cols(), padded(nullptr, W.cols()).data(),
                 [&](std::size_t first, std::size_t columns, float* panel) {
                   panel_kernels().pack_columns(W.data() + first, static_cast<std::size_t>(W.outerStride()), columns,
                                                static_cast<std::size_t>(W.rows()), panel);
                 });
}

}  // namespace riverbank
