#pragma once

#include "lib/math/matrix.h"
#include "lib/model/config.h"

namespace riverbank {

// How the vectors of a text's tokens, H (T, d_model), become one of the text. Sums go row by row and element by element
// in one order, so that where the rows lie in memory changes no bit. Any thread.

/// The vector of [CLS], the first token -> (d_model). H has at least one row.
RowVector pool_cls(const MatrixView& H);

/// The mean of all tokens' vectors, [CLS] and [SEP] included (Reimers and Gurevych, arXiv:1908.10084) -> (d_model).
/// H has at least one row.
RowVector pool_mean(const MatrixView& H);

/// The one of them that the model was trained with.
RowVector pool(Pooling pooling, const MatrixView& H);

/// x / |x|, so that the inner product of two is their cosine. Zeros stay zeros.
/// Throws Error kCorrupt when x is not finite, which only broken weights do.
RowVector normalise(const RowVectorView& x);

}  // namespace riverbank
