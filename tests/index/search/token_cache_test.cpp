#include "index/search/token_cache.h"

#include <gtest/gtest.h>

#include <thread>

namespace riverbank {
namespace {

/// `bytes` of vectors, all of them `value`.
std::shared_ptr<const PassageTokens> tokens(float value, Eigen::Index bytes = 400) {
  PassageTokens made;
  made.vectors = Matrix::Constant(1, bytes / 4, value);
  return std::make_shared<const PassageTokens>(std::move(made));
}

TEST(TokenCache, GivesBackWhatWasAdded) {
  TokenCache cache(1000);
  EXPECT_EQ(cache.find("model", "the bank"), nullptr);
  cache.add("model", "the bank", tokens(1));
  ASSERT_NE(cache.find("model", "the bank"), nullptr);
  EXPECT_EQ(cache.find("model", "the bank")->vectors(0, 0), 1);
  EXPECT_EQ(cache.find("another model", "the bank"), nullptr);
  EXPECT_EQ(cache.find("model", "the bank "), nullptr);
}

TEST(TokenCache, WhatWasAskedForLongestAgoGoesFirst) {
  TokenCache cache(1000);  // two
  cache.add("model", "a", tokens(1));
  cache.add("model", "b", tokens(2));
  EXPECT_NE(cache.find("model", "a"), nullptr);
  cache.add("model", "c", tokens(3));
  EXPECT_EQ(cache.find("model", "b"), nullptr);
  EXPECT_NE(cache.find("model", "a"), nullptr);
  EXPECT_NE(cache.find("model", "c"), nullptr);
}

TEST(TokenCache, WhatIsLargerThanAllIsNotKept) {
  TokenCache cache(1000);
  cache.add("model", "small", tokens(1));
  cache.add("model", "large", tokens(2, 1004));
  EXPECT_EQ(cache.find("model", "large"), nullptr);
  EXPECT_NE(cache.find("model", "small"), nullptr);
  cache.add("model", "all", tokens(3, 1000));
  EXPECT_NE(cache.find("model", "all"), nullptr);
  EXPECT_EQ(cache.find("model", "small"), nullptr);
}

TEST(TokenCache, OutlivesItsPlaceWhileSomebodyHoldsIt) {
  TokenCache cache(400);
  cache.add("model", "a", tokens(1));
  const auto held = cache.find("model", "a");
  cache.add("model", "b", tokens(2));
  EXPECT_EQ(cache.find("model", "a"), nullptr);
  EXPECT_EQ(held->vectors(0, 99), 1);
}

TEST(TokenCache, AnyThreadMayAsk) {
  TokenCache cache(4000);
  const auto work = [&](int first) {
    for (int i = 0; i < 2000; ++i) {
      const std::string text = std::to_string((first + i) % 20);
      if (const auto found = cache.find("model", text)) {
        EXPECT_EQ(found->vectors(0, 0), static_cast<float>((first + i) % 20));
      } else {
        cache.add("model", text, tokens(static_cast<float>((first + i) % 20)));
      }
    }
  };
  std::thread one(work, 0), other(work, 7);
  one.join();
  other.join();
}

}  // namespace
}  // namespace riverbank
