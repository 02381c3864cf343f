#include "lib/embed/pooling.h"

#include <cmath>

#include "riverbank/error.h"

namespace riverbank {

RowVector pool_cls(const MatrixView& H) { return H.row(0); }

RowVector pool_mean(const MatrixView& H) {
  RowVector sum = H.row(0);
  for (Eigen::Index t = 1; t < H.rows(); ++t) sum += H.row(t);
  return sum / static_cast<float>(H.rows());
}

RowVector pool(Pooling pooling, const MatrixView& H) {
  switch (pooling) {
    case Pooling::kCls:
      return pool_cls(H);
    case Pooling::kMean:
      return pool_mean(H);
  }
  throw Error(ErrorKind::kInvalidArgument, "The pooling is none that riverbank knows.");
}

RowVector normalise(const RowVectorView& x) {
  double squares = 0;
  for (const float value : x) squares += static_cast<double>(value) * static_cast<double>(value);
  if (!std::isfinite(squares)) {
    throw Error(ErrorKind::kCorrupt,
                "The model gave a vector that is not finite, so its weights are damaged; check them with \"riverbank "
                "model verify\".");
  }
  if (squares == 0) return x;
  return x * static_cast<float>(1.0 / std::sqrt(squares));
}

}  // namespace riverbank
