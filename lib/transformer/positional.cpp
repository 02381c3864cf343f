#include "lib/transformer/positional.h"

#include <fmt/format.h>

#include "riverbank/error.h"

namespace riverbank {

MatrixView LearnedPositions::forward(Eigen::Index T) const {
  if (T > table_.rows()) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("A text of {} tokens is too long: the model has learned {} positions; cut it before.", T,
                            table_.rows()));
  }
  return table_.topRows(T);
}

}  // namespace riverbank
