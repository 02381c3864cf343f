#include "lib/insight/place_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/support/expect_error.h"
#include "tests/support/tiny_model.h"

namespace riverbank {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::FloatNear;

constexpr std::size_t kTokens = 9;
constexpr std::size_t kPlace = 4;

std::vector<PlaceWeights> kinds() { return place_weights(testing::tiny_model(), kTokens, kPlace); }

TEST(PlaceWeights, AreOneDistributionAKind) {
  std::vector<std::string> names;
  for (const PlaceWeights& kind : kinds()) {
    names.push_back(kind.name);
    ASSERT_EQ(kind.weights.size(), kTokens);
    EXPECT_NEAR(std::accumulate(kind.weights.begin(), kind.weights.end(), 0.0), 1, 1e-5) << kind.name;
  }
  EXPECT_THAT(names, ElementsAre("none", "learned", "sinusoidal", "rotary", "ALiBi 1/2", "ALiBi 1/256"));
  EXPECT_THAT(kinds()[0].weights, Each(FloatNear(1.0F / kTokens, 1e-6F)));
}

/// Every kind looks most at its own place; those made by a formula look as far ahead as back.
TEST(PlaceWeights, TheOwnPlaceIsTheNearest) {
  const std::vector<PlaceWeights> all = kinds();
  for (std::size_t k = 1; k < all.size(); ++k) {
    const std::vector<float>& weights = all[k].weights;
    EXPECT_EQ(std::max_element(weights.begin(), weights.end()) - weights.begin(), kPlace) << all[k].name;
    if (all[k].name == "learned") continue;
    for (std::size_t d = 1; d <= kPlace; ++d) {
      EXPECT_NEAR(weights[kPlace - d], weights[kPlace + d], 1e-5) << all[k].name;
    }
  }
  EXPECT_NEAR(all[4].weights[3] / all[4].weights[4], std::exp(-0.5), 1e-5);
}

/// A row of the sinusoidal table and a vector turned by its place give the same: each is the clock's hands.
TEST(PlaceWeights, SinusoidalAndRotaryAreTheSameClock) {
  const std::vector<PlaceWeights> all = kinds();
  for (std::size_t j = 0; j < kTokens; ++j) EXPECT_NEAR(all[2].weights[j], all[3].weights[j], 1e-5);
}

TEST(PlaceWeights, RefusesAPlaceThatThereIsNot) {
  expect_error(ErrorKind::kInvalidArgument, "has 3 tokens and no place 3",
               [] { place_weights(testing::tiny_model(), 3, 3); });
  expect_error(ErrorKind::kInvalidArgument, "the model has learned",
               [] { place_weights(testing::tiny_model(), 9999, 3); });
}

}  // namespace
}  // namespace riverbank
