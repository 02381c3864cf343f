#include "lib/insight/panel_product.h"

#include <gtest/gtest.h>

namespace riverbank {
namespace {

/// Eigen is the oracle; sizes around whole panels and tiles, and too few rows for them.
TEST(PanelProduct, IsThePlainProductForAnySize) {
  float worst = 0;
  for (const Eigen::Index rows : {1, 7, 8, 31}) {
    for (const Eigen::Index k : {1, 24, 33}) {
      for (const Eigen::Index n : {1, 31, 32, 50}) {
        const Matrix X = Matrix::Random(rows, k), W = Matrix::Random(n, k);
        const RowVector b = RowVector::Random(n);
        const Matrix turned = W.transpose();
        const Matrix product = X * turned;
        ASSERT_EQ(panel_product(X, W, b).cols(), n);
        worst = std::max(worst, (panel_product(X, W, b) - (product.rowwise() + b)).cwiseAbs().maxCoeff());
        worst = std::max(worst, (panel_product(X, turned) - product).cwiseAbs().maxCoeff());
      }
    }
  }
  EXPECT_LT(worst, 1e-5F);
}

TEST(PanelProduct, ReadsPartsOfMatrices) {
  const Matrix X = Matrix::Random(20, 40), W = Matrix::Random(40, 40);
  const Matrix expected = X.middleCols(8, 16) * W.block(3, 5, 16, 30);
  const Matrix found = panel_product(X.middleCols(8, 16), W.block(3, 5, 16, 30));
  EXPECT_LT((found - expected).cwiseAbs().maxCoeff(), 1e-5F);
}

}  // namespace
}  // namespace riverbank
