#include "lib/insight/clusters.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

namespace riverbank {
namespace {

Matrix ten_points() {
  Matrix X(10, 2);
  X << 0.0F, 0.1F, 0.2F, 0.0F, 0.1F, 0.3F, 0.3F, 0.2F, 2.0F, 2.1F, 2.2F, 1.9F, 1.8F, 2.0F, 4.0F, 0.1F, 4.2F, 0.2F, 3.9F,
      0.0F;
  return X;
}

TEST(Clusters, AreThoseThatAnEyeSees) {
  const Clustering three = cluster(ten_points(), 3);
  EXPECT_EQ(three.labels, (std::vector<std::size_t>{0, 0, 0, 0, 1, 1, 1, 2, 2, 2}));
  EXPECT_EQ(cluster(ten_points(), 1).labels, std::vector<std::size_t>(10, 0));
  const Clustering ten = cluster(ten_points(), 10);
  EXPECT_EQ(std::set<std::size_t>(ten.labels.begin(), ten.labels.end()).size(), 10U);
}

// sklearn.metrics.silhouette_score(X, labels) of the same points.
TEST(Clusters, HaveRousseeuwsSilhouette) {
  EXPECT_NEAR(silhouette(ten_points(), {{0, 0, 0, 0, 1, 1, 1, 2, 2, 2}, 3}), 0.8994162, 1e-5);
  EXPECT_NEAR(silhouette(ten_points(), {{0, 0, 0, 0, 1, 1, 1, 1, 1, 1}, 2}), 0.6260668, 1e-5);
  EXPECT_NEAR(silhouette(ten_points(), {{0, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 2}), -0.0853282, 1e-5);  // one is alone
  EXPECT_EQ(silhouette(ten_points(), cluster(ten_points(), 1)), 0);
}

TEST(Clusters, DoNotDependOnTheOrderOfFarGroups) {
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  Matrix X(60, 8);
  for (Eigen::Index i = 0; i < X.rows(); ++i) {
    for (Eigen::Index d = 0; d < X.cols(); ++d) X(i, d) = normal(random) + (d == i % 4 ? 12.0F : 0.0F);
  }
  const Clustering found = cluster(X, 4);
  for (std::size_t i = 0; i < 60; ++i) EXPECT_EQ(found.labels[i], found.labels[i % 4]);
  EXPECT_GT(silhouette(X, found), silhouette(X, cluster(X, 3)));
  EXPECT_GT(silhouette(X, found), silhouette(X, cluster(X, 5)));
}

TEST(Clusters, OfEqualPointsAreStillClusters) {
  const Matrix X = Matrix::Ones(7, 3);
  const Clustering two = cluster(X, 2);
  EXPECT_EQ(two.labels.size(), 7U);
  EXPECT_LE(silhouette(X, two), 0);
}

TEST(Plane, HoldsTheLargestVariance) {
  Matrix X = Matrix::Zero(4, 3);
  X << 3, 0, 0.1F, -3, 0, 0.1F, 0, 1, 0.1F, 0, -1, 0.1F;
  const Plane plane = principal_plane(X);
  EXPECT_NEAR(plane.explained, 1, 1e-6);
  EXPECT_NEAR(std::abs(plane.points(0, 0)), 3, 1e-5);
  EXPECT_NEAR(std::abs(plane.points(2, 1)), 1, 1e-5);
  EXPECT_NEAR(plane.points(2, 0), 0, 1e-5);
  EXPECT_TRUE(principal_plane(X.topRows(1)).points.isZero());
}

}  // namespace
}  // namespace riverbank
