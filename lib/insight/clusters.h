#pragma once

#include <cstddef>
#include <vector>

#include "lib/math/matrix.h"

namespace riverbank {

/// Which cluster each of n vectors is in: 0 ... count - 1.
struct Clustering {
  std::vector<std::size_t> labels;  ///< (n)
  std::size_t count = 1;
};

/// `count` clusters of the rows of X (n, d), n >= count >= 1: those of Ward's agglomeration (JASA 58, 1963; nearest
/// neighbour chains, Murtagh 1983), improved by Lloyd's k-means until nothing moves. Deterministic; O(n^2 d).
Clustering cluster(const MatrixView& X, std::size_t count);

/// Rousseeuw's silhouette (J. Comp. Appl. Math. 20, 1987): the mean over all rows of (b - a) / max(a, b), a the mean
/// distance to the others of its own cluster, b the smallest mean distance to those of another; 0 for a row that is
/// alone, and for one cluster. -1 ... 1, higher for clusters further apart. Euclidean distance.
double silhouette(const MatrixView& X, const Clustering& clustering);

/// The first two principal components of the rows of X (n, d) -> (n, 2), and the share of the variance that they have.
/// The sign of each is such that its coordinate of largest size is positive.
struct Plane {
  Matrix points;
  double explained = 0;
};
Plane principal_plane(const MatrixView& X);

}  // namespace riverbank
