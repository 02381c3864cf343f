#pragma once

#include "lib/math/matrix.h"

namespace riverbank {

// Linear attention (Katharopoulos et al., arXiv:2006.16236). Softmax's exp(q . k) is replaced by a product of features,
// phi(q) . phi(k), and a product can be taken in another order: first all keys with their values, once, and then each
// query with that. N x N never appears, but it is another attention than softmax's, and a model must be trained with
// it.

/// phi(x) = elu(x) + 1: x + 1 above 0, exp(x) below (eq. 7). X (n, d) -> (n, d), no number below 0.
Matrix elu_features(const MatrixView& X);

/// Every query looks at every key (eq. 5):
///
///                phi(q_i)^T  sum_j phi(k_j) v_j^T
///     A_i  =  --------------------------------------
///                phi(q_i)^T  sum_j phi(k_j)
///
/// Time is (n + m) d_k d_v and memory beside the result that of the features: Q (n, d_k), K (m, d_k), V (m, d_v) ->
/// (n, d_v). A query whose features are all 0, each of its numbers below -100 or so, gets zeros. Any thread.
/// Throws Error kInvalidArgument as attention() does.
Matrix linear_attention(const MatrixView& Q, const MatrixView& K, const MatrixView& V);

/// Query i looks at the keys 0 to i: the sums grow by one key a step (eq. 9 to 12), and with them alone the next token
/// of a text of any length costs the same.
///
///     S_i = S_i-1 + phi(k_i) v_i^T,   z_i = z_i-1 + phi(k_i),   A_i = phi(q_i)^T S_i / phi(q_i)^T z_i
///
/// Q (T, d_k), K (T, d_k), V (T, d_v) -> (T, d_v). Throws as linear_attention() does, and when there are not as many
/// queries as keys.
Matrix causal_linear_attention(const MatrixView& Q, const MatrixView& K, const MatrixView& V);

}  // namespace riverbank
