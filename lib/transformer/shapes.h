#pragma once

#include <cstddef>
#include <string_view>

#include "lib/math/matrix.h"

namespace riverbank {

// What every form of attention asks of its arguments. `where` is the name of the function that was called, which the
// message begins with.

/// Throws Error kInvalidArgument unless Q (n, d_k) and K (m, d_k) have the same d_k >= 1 and there is a key, m >= 1.
void require_queries_and_keys(std::string_view where, const MatrixView& Q, const MatrixView& K);

/// The same, and that K (m, d_k) and V (m, d_v) have as many rows.
void require_queries_keys_and_values(std::string_view where, const MatrixView& Q, const MatrixView& K,
                                     const MatrixView& V);

/// The same, and that Q (T, d_k) and K (T, d_k) are of one text: as many queries as keys.
void require_self_attention(std::string_view where, const MatrixView& Q, const MatrixView& K, const MatrixView& V);

/// Throws Error kInvalidArgument "The trace has no layer 7: it has 6, counted from 0." unless index < count.
void require_below(std::string_view whole, std::size_t index, std::size_t count, std::string_view part);

}  // namespace riverbank
