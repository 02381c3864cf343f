#include "lib/transformer/shapes.h"

#include <fmt/format.h>

#include "lib/math/ops.h"
#include "riverbank/error.h"

namespace riverbank {

void require_queries_and_keys(std::string_view where, const MatrixView& Q, const MatrixView& K) {
  if (Q.cols() != K.cols() || K.cols() == 0 || K.rows() == 0) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("{}: Q is {} and K is {}; both must have d_k >= 1 columns, and there must be at least one "
                            "key.",
                            where, shape_of(Q), shape_of(K)));
  }
}

void require_queries_keys_and_values(std::string_view where, const MatrixView& Q, const MatrixView& K,
                                     const MatrixView& V) {
  require_queries_and_keys(where, Q, K);
  if (K.rows() != V.rows()) {
    throw Error(ErrorKind::kInvalidArgument, fmt::format("{}: K is {} and V is {}; every key must have one value.",
                                                         where, shape_of(K), shape_of(V)));
  }
}

void require_self_attention(std::string_view where, const MatrixView& Q, const MatrixView& K, const MatrixView& V) {
  require_queries_keys_and_values(where, Q, K, V);
  if (Q.rows() != K.rows()) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("{}: Q is {} and K is {}; both must be of the same tokens, one row each.", where,
                            shape_of(Q), shape_of(K)));
  }
}

void require_below(std::string_view whole, std::size_t index, std::size_t count, std::string_view part) {
  if (index >= count) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("{} has no {} {}: it has {}, counted from 0.", whole, part, index, count));
  }
}

}  // namespace riverbank
