#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "index/search/question_vector.h"
#include "tests/index/search/sandbox.h"
#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using ::testing::Contains;
using testing::documents_of;
using testing::expect_error;
using ::testing::Not;
using testing::Sandbox;
using testing::tokens_of;

class Like : public ::testing::Test {
 protected:
  Like() {
    for (unsigned i = 0; i < 8; ++i) {
      std::string text = "# Boat\n\n";
      for (unsigned part = 0; part < 3; ++part) text += tokens_of(10 * i + part, 25) + ".\n\n";
      box_.write("d" + std::to_string(i) + ".md", text);
    }
    box_.write("sub/d0.md", "Another file of that name, in a folder.\n");
    box_.update(index_);
    index_.add({.id = "rec", .text = tokens_of(3, 25), .title = "", .metadata = {}});
  }
  SearchResult like(const std::string& document, std::size_t line, SearchMode mode = SearchMode::kHybrid) const {
    SearchOptions options;
    options.like = PassagePlace{document, line};
    options.mode = mode;
    options.top_k = 100;
    options.best_sentences = false;
    return index_.search("", options);
  }
  Sandbox box_;
  Index index_ = box_.open();
};

TEST_F(Like, APassageFindsAllOthersButNotItself) {
  const std::string file = (box_.docs() / "d1.md").string();
  const SearchResult all = like(file, 0);
  const SearchResult result = like(file, 3);
  EXPECT_EQ(result.hits.size(), result.searched);
  EXPECT_THAT(documents_of(all), Not(Contains("d1.md")));
  EXPECT_THAT(documents_of(result), Contains("d1.md"));  // its other passages are like it as any
  for (const Hit& hit : result.hits) {
    EXPECT_TRUE(hit.document != "d1.md" || hit.first_line > 3) << hit.first_line;
  }
  EXPECT_EQ(documents_of(like("d1.md", 3)), documents_of(result));
  EXPECT_GT(like(file, 3, SearchMode::kKeyword).searched, 0U);
}

TEST_F(Like, TheNearestIsTheOneWithTheHighestCosine) {
  const SearchResult by_vector = like("d2.md", 3, SearchMode::kVector);
  const auto best = std::max_element(by_vector.hits.begin(), by_vector.hits.end(),
                                     [](const Hit& a, const Hit& b) { return *a.cosine < *b.cosine; });
  EXPECT_EQ(best, by_vector.hits.begin());
}

TEST_F(Like, ABlankLineMeansThePassageBehindIt) {
  EXPECT_EQ(documents_of(like("d2.md", 2)), documents_of(like("d2.md", 3)));
}

TEST_F(Like, WhatIsNotThereIsSaid) {
  expect_error(ErrorKind::kNotFound, "\"nowhere.md\" is not in the index", [&] { like("nowhere.md", 1); });
  expect_error(ErrorKind::kNotFound, "its last one ends at line", [&] { like("d1.md", 900); });
  expect_error(ErrorKind::kNotFound, "it is a record, which has no lines", [&] { like("rec", 2); });
  EXPECT_FALSE(like("rec", 0).hits.empty());
  EXPECT_FALSE(like("sub/d0.md", 1).hits.empty());
}

TEST_F(Like, TheAlgebraIsThatOfUnitVectors) {
  const Embedder& embedder = index_.embedder();
  const auto vector = [&](const std::string& text, const SearchOptions& options) {
    return question_vector(text, options, {}, embedder);
  };
  SearchOptions options;
  EXPECT_EQ(vector("river bank", options).size(), 24U);
  options.plus = {"boat"};
  options.minus = {"money"};
  const std::vector<float> sum = vector("river", options);
  const auto river = embedder.embed("river", TextKind::kQuery), boat = embedder.embed("boat", TextKind::kQuery),
             money = embedder.embed("money", TextKind::kQuery);
  double length = 0;
  for (std::size_t i = 0; i < sum.size(); ++i) length += std::pow(river[i] + boat[i] - money[i], 2);
  for (std::size_t i = 0; i < sum.size(); ++i) {
    EXPECT_NEAR(sum[i], (river[i] + boat[i] - money[i]) / std::sqrt(length), 1e-5);
  }
  options.plus.clear();
  EXPECT_TRUE(vector("money", options).empty());  // nothing is left
  EXPECT_TRUE(index_.search("money", options).hits.empty());
}

TEST_F(Like, PlusAloneIsAQuestion) {
  SearchOptions options;
  options.plus = {"river"};
  EXPECT_FALSE(index_.search("", options).hits.empty());
  EXPECT_TRUE(index_.search("").hits.empty());
}

}  // namespace
}  // namespace riverbank
