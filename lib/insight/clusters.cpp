#include "lib/insight/clusters.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace riverbank {
namespace {

using Eigen::Index;

/// Squared Euclidean distances of all pairs of rows -> (n, n).
Eigen::MatrixXd squared_distances(const MatrixView& X) {
  const Eigen::MatrixXd Y = X.cast<double>();
  const Eigen::VectorXd lengths = Y.rowwise().squaredNorm();
  Eigen::MatrixXd D = -2 * Y * Y.transpose();
  D.colwise() += lengths;
  D.rowwise() += lengths.transpose();
  D = D.cwiseMax(0);
  D.diagonal().setZero();
  return D;
}

/// Two clusters, each named by one of its rows, that become one.
struct Merge {
  Index kept, gone;
  double height;
};

/// All merges of Ward's method. A chain of nearest neighbours ends in two that are each other's nearest; those are
/// merged, and their distances to the others follow from Lance and Williams' formula.
std::vector<Merge> ward_merges(Eigen::MatrixXd D) {
  const Index n = D.rows();
  std::vector<double> size(static_cast<std::size_t>(n), 1);
  std::vector<Index> alive(static_cast<std::size_t>(n));
  std::iota(alive.begin(), alive.end(), 0);
  std::vector<Index> chain;
  std::vector<Merge> merges;
  while (alive.size() > 1) {
    if (chain.empty()) chain.push_back(alive.front());
    const Index end = chain.back();
    Index nearest = -1;
    for (const Index other : alive) {
      if (other == end) continue;
      // Of equals the one before it in the chain, so that a chain always ends.
      const bool before = chain.size() > 1 && other == chain[chain.size() - 2];
      if (nearest < 0 || D(end, other) < D(end, nearest) || (before && D(end, other) <= D(end, nearest))) {
        nearest = other;
      }
    }
    if (chain.size() < 2 || nearest != chain[chain.size() - 2]) {
      chain.push_back(nearest);
      continue;
    }
    chain.resize(chain.size() - 2);
    const Index kept = std::min(end, nearest);
    const Index gone = std::max(end, nearest);
    merges.push_back({kept, gone, D(kept, gone)});
    const double a = size[static_cast<std::size_t>(kept)];
    const double b = size[static_cast<std::size_t>(gone)];
    for (const Index other : alive) {
      if (other == kept || other == gone) continue;
      const double c = size[static_cast<std::size_t>(other)];
      D(kept, other) = D(other, kept) =
          ((a + c) * D(kept, other) + (b + c) * D(gone, other) - c * D(kept, gone)) / (a + b + c);
    }
    size[static_cast<std::size_t>(kept)] = a + b;
    alive.erase(std::find(alive.begin(), alive.end(), gone));
  }
  std::stable_sort(merges.begin(), merges.end(), [](const Merge& x, const Merge& y) { return x.height < y.height; });
  return merges;
}

/// The clusters that are left when all but the last count - 1 merges are done.
std::vector<std::size_t> cut(const std::vector<Merge>& merges, std::size_t n, std::size_t count) {
  std::vector<std::size_t> parent(n);
  std::iota(parent.begin(), parent.end(), 0U);
  const auto root = [&](std::size_t i) {
    while (parent[i] != i) i = parent[i];
    return i;
  };
  for (std::size_t i = 0; i + count < n; ++i) {
    parent[root(static_cast<std::size_t>(merges[i].gone))] = root(static_cast<std::size_t>(merges[i].kept));
  }
  std::vector<std::size_t> roots;
  std::vector<std::size_t> labels(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto found = std::find(roots.begin(), roots.end(), root(i));
    labels[i] = static_cast<std::size_t>(found - roots.begin());
    if (found == roots.end()) roots.push_back(root(i));
  }
  return labels;
}

Matrix centroids_of(const MatrixView& X, const Clustering& clustering) {
  Matrix sums = Matrix::Zero(static_cast<Index>(clustering.count), X.cols());
  Eigen::VectorXf sizes = Eigen::VectorXf::Zero(sums.rows());
  for (Index i = 0; i < X.rows(); ++i) {
    const auto label = static_cast<Index>(clustering.labels[static_cast<std::size_t>(i)]);
    sums.row(label) += X.row(i);
    sizes[label] += 1;
  }
  return sums.array().colwise() / sizes.array().max(1);
}

/// Lloyd's steps, as long as no cluster runs empty.
void improve(const MatrixView& X, Clustering& clustering) {
  constexpr int kMostSteps = 100;
  for (int step = 0; step < kMostSteps; ++step) {
    const Matrix centroids = centroids_of(X, clustering);
    Clustering moved = clustering;
    std::vector<std::size_t> sizes(clustering.count);
    for (Index i = 0; i < X.rows(); ++i) {
      Index nearest = 0;
      (centroids.rowwise() - X.row(i)).rowwise().squaredNorm().minCoeff(&nearest);
      moved.labels[static_cast<std::size_t>(i)] = static_cast<std::size_t>(nearest);
      ++sizes[static_cast<std::size_t>(nearest)];
    }
    if (moved.labels == clustering.labels || std::count(sizes.begin(), sizes.end(), 0U) > 0) return;
    clustering = std::move(moved);
  }
}

}  // namespace

Clustering cluster(const MatrixView& X, std::size_t count) {
  const auto n = static_cast<std::size_t>(X.rows());
  Clustering clustering{std::vector<std::size_t>(n), count};
  if (count < 2) return clustering;
  clustering.labels = cut(ward_merges(squared_distances(X)), n, count);
  improve(X, clustering);
  return clustering;
}

double silhouette(const MatrixView& X, const Clustering& clustering) {
  if (clustering.count < 2) return 0;
  const Eigen::MatrixXd D = squared_distances(X).cwiseSqrt();
  const auto n = static_cast<std::size_t>(X.rows());
  std::vector<double> sizes(clustering.count);
  for (const std::size_t label : clustering.labels) ++sizes[label];
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> distances(clustering.count);
    for (std::size_t j = 0; j < n; ++j) {
      distances[clustering.labels[j]] += D(static_cast<Index>(i), static_cast<Index>(j));
    }
    const std::size_t own = clustering.labels[i];
    if (sizes[own] < 2) continue;
    const double a = distances[own] / (sizes[own] - 1);
    double b = std::numeric_limits<double>::infinity();
    for (std::size_t label = 0; label < clustering.count; ++label) {
      if (label != own && sizes[label] > 0) b = std::min(b, distances[label] / sizes[label]);
    }
    if (std::max(a, b) > 0) sum += (b - a) / std::max(a, b);
  }
  return sum / static_cast<double>(n);
}

Plane principal_plane(const MatrixView& X) {
  Plane plane{Matrix::Zero(X.rows(), 2), 0};
  if (X.rows() < 2) return plane;
  const RowVector mean = X.colwise().mean();
  const Eigen::MatrixXf centred = X.rowwise() - mean;
  const Eigen::MatrixXf covariance = centred.transpose() * centred / static_cast<float>(X.rows());
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXf> solver(covariance);
  const float total = covariance.trace();
  const Index d = covariance.rows();
  for (Index axis = 0; axis < std::min<Index>(2, d); ++axis) {
    Eigen::VectorXf points = centred * solver.eigenvectors().col(d - 1 - axis);
    Index largest = 0;
    points.cwiseAbs().maxCoeff(&largest);
    if (points[largest] < 0) points = -points;
    plane.points.col(axis) = points;
    if (total > 0) plane.explained += solver.eigenvalues()[d - 1 - axis] / total;
  }
  return plane;
}

}  // namespace riverbank
