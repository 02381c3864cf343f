#include "index/vectors/codes.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "tests/support/random_vectors.h"

namespace riverbank {
namespace {

using testing::random_unit_vectors;

TEST(Codes, StandForTheirVectorsToHalfAStep) {
  for (const std::size_t dimensions : {1U, 16U, 64U, 100U, 384U}) {
    const std::vector<float> vector = random_unit_vectors(1, dimensions, 7);
    std::vector<std::int8_t> code(code_bytes(dimensions), 99);
    const float scale = encode_vector(vector, code.data());
    for (std::size_t i = 0; i < dimensions; ++i) {
      EXPECT_LE(std::abs(vector[i] - scale * static_cast<float>(code[i])), scale * 0.5001F);
      EXPECT_GE(code[i], -127);
    }
    for (std::size_t i = dimensions; i < code.size(); ++i) EXPECT_EQ(code[i], 0);
  }
}

TEST(Codes, OfWhatHasNoDirectionAreZeros) {
  std::array<std::int8_t, 64> code{};
  for (const float x : {0.0F, 1e-40F, -1e-45F}) {
    code.fill(5);
    EXPECT_EQ(encode_vector(std::vector<float>{x, x}, code.data()), 0.0F);
    EXPECT_EQ(code[0], 0);
  }
  EXPECT_GT(encode_vector(std::vector<float>{std::numeric_limits<float>::max(), 1}, code.data()), 0.0F);
  EXPECT_EQ(code[0], 127);
}

TEST(Codes, ComparedAreNearlyTheInnerProducts) {
  constexpr std::size_t kCount = 30, kDimensions = 384;
  const std::vector<float> vectors = random_unit_vectors(kCount, kDimensions);
  CodeTable table(kDimensions);
  table.make_room(10);
  std::vector<Node> nodes(kCount);
  std::iota(nodes.begin(), nodes.end(), 0U);
  for (const Node node : nodes) {
    if (node == 10) table.make_room(kCount);  // what is there stays
    table.set(node, std::span(vectors).subspan(node * kDimensions, kDimensions));
  }
  const CodedQuestion question{std::span(vectors).first(kDimensions)};
  std::vector<float> similarities(kCount);
  table.codes().compare(question.coded(), nodes, similarities.data());
  for (const Node node : nodes) {
    const float exact = dot(vectors.data(), &vectors[node * kDimensions], kDimensions);
    EXPECT_NEAR(similarities[node], exact, 0.004F) << node;
  }
}

}  // namespace
}  // namespace riverbank
