#include "lib/transformer/scaled_embeddings.h"

#include <fmt/format.h>

#include <cmath>

#include "lib/transformer/embeddings.h"
#include "lib/transformer/positional.h"
#include "riverbank/error.h"

namespace riverbank {

Matrix ScaledEmbeddings::forward(std::span<const std::int32_t> ids, Eigen::Index first) const {
  const auto T = static_cast<Eigen::Index>(ids.size());
  if (T == 0) {
    throw Error(ErrorKind::kInvalidArgument, "ScaledEmbeddings: ids is (0); there must be at least one token.");
  }
  if (first + T > max_positions_) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("A text of {} tokens is too long: the model has {} positions; cut it before.", first + T,
                            max_positions_));
  }
  const float sqrt_d_model = std::sqrt(static_cast<float>(table_.cols()));
  return sqrt_d_model * look_up(table_, ids, "id") + sinusoidal_positions(T, table_.cols(), first);
}

}  // namespace riverbank
