#pragma once

#include <string>

#include "lib/math/matrix.h"

namespace riverbank {

// The few operations that a transformer is made of, written to be read. Every one returns a new matrix, keeps nothing,
// and may be called from any thread. Shapes that do not fit throw Error kInvalidArgument naming both.

/// "(3, 4)", as messages write a shape.
std::string shape_of(const MatrixView& X);

/// A (n, k), B (k, m) -> A B (n, m).
Matrix matmul(const MatrixView& A, const MatrixView& B);

/// A (n, k), B (m, k) -> A B^T (n, m): every row of A times every row of B.
Matrix matmul_transposed(const MatrixView& A, const MatrixView& B);

/// X (n, d_in), W (d_out, d_in), b (d_out) -> X W^T + b (n, d_out).
Matrix linear(const MatrixView& X, const MatrixView& W, const RowVectorView& b);

/// softmax(x)_j = exp(x_j - max x) / sum_k exp(x_k - max x), row by row: the maximum cancels and keeps exp from
/// overflowing. A row of nothing but -infinity becomes 0. X (n, m) -> (n, m).
Matrix softmax_rows(const MatrixView& X);

/// y = (x - mean(x)) / sqrt(var(x) + epsilon) * gamma + beta, row by row, var over n and not n - 1
/// (Ba et al., arXiv:1607.06450). X (n, d), gamma (d), beta (d) -> (n, d).
Matrix layer_norm(const MatrixView& X, const RowVectorView& gamma, const RowVectorView& beta, float epsilon);

/// x Phi(x) = x / 2 (1 + erf(x / sqrt(2))) (Hendrycks and Gimpel, arXiv:1606.08415).
Matrix gelu(const MatrixView& X);

/// The same paper's approximation: x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
Matrix gelu_tanh(const MatrixView& X);

/// max(x, 0).
Matrix relu(const MatrixView& X);

}  // namespace riverbank
