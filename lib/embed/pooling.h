#pragma once

#include <cstddef>
#include <span>

#include "lib/math/matrix.h"

namespace riverbank {

// How the vectors of a text's tokens become one of the text. For "cls" that is the first token's, which the engine
// gives alone; the rest stands here. Sums go row by row and element by element in one order, so that where the rows lie
// in memory changes no bit. Any thread.

/// The mean of all tokens' vectors, [CLS] and [SEP] included (Reimers and Gurevych, arXiv:1908.10084), text by text:
/// H (N, d_model), text i being its rows [starts[i], starts[i + 1]), at least one -> (texts, d_model).
Matrix pool_mean(const MatrixView& H, std::span<const std::size_t> starts);

/// x / |x|, so that the inner product of two is their cosine. Zeros stay zeros.
/// Throws Error kCorrupt when x is not finite, which only broken weights do.
RowVector normalise(const RowVectorView& x);

}  // namespace riverbank
