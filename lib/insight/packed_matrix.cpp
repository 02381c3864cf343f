#include "lib/insight/packed_matrix.h"

#include "lib/math/cpu.h"
#include "lib/math/kernels.h"
#include "lib/math/precision.h"

namespace riverbank {
namespace {

const Kernels& kernels() {
  static const Kernels& best = kernels_of(choose_instruction_set(), Precision::kFloat32);
  return best;
}

}  // namespace

PackedMatrix::PackedMatrix(const MatrixMap& W, bool transposed, Rows rows_to_come)
    : W_(W), transposed_(transposed), rows_(rows_to_come), columns_(transposed ? W.cols() : W.rows()) {
  if (rows_ == Rows::kFew) return;
  const Matrix rows = transposed ? Matrix(W.transpose()) : Matrix(W);
  const RowVector no_bias = RowVector::Zero(columns_);
  LinearWeights weights;
  new (&weights.weight) MatrixMap(rows.data(), rows.rows(), rows.cols());
  new (&weights.bias) RowVectorMap(no_bias.data(), no_bias.size());
  linear_ = Linear(kernels(), {&weights});
  memory_.reserve(1, divide_up(linear_.bytes(), sizeof(float)));
  auto* const memory = reinterpret_cast<std::byte*>(memory_.data());
  for (std::size_t panel = 0; panel < linear_.panels(); ++panel) linear_.pack(panel, memory);
  linear_.place_at(memory);
}

Matrix PackedMatrix::multiply(const MatrixView& X) const {
  if (rows_ == Rows::kFew) return transposed_ ? Matrix(X * W_) : Matrix(X * W_.transpose());
  Matrix C(X.rows(), static_cast<Eigen::Index>(linear_.columns()));
  for (std::size_t panel = 0; panel < linear_.panels(); ++panel) {
    Product product{.A = X.data(), .A_stride = static_cast<std::size_t>(X.outerStride()) * sizeof(float)};
    product.rows = static_cast<std::size_t>(X.rows());
    product.d_in = linear_.d_in();
    product.panel = linear_.packed(panel);
    product.next_panel = panel + 1 < linear_.panels() ? linear_.packed(panel + 1) : nullptr;
    product.bias = linear_.bias(panel);
    product.C = C.data() + panel * kernels().panel_columns;
    product.C_stride = static_cast<std::size_t>(C.cols());
    kernels().product(product);
  }
  return C.leftCols(columns_);
}

}  // namespace riverbank
