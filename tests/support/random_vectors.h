#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

namespace riverbank::testing {

/// Drawn from the standard normal distribution. The same for the same arguments.
inline std::vector<float> random_floats(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

/// `count` unit vectors, one after the other, that lie in a few heaps as texts do. The same for the same arguments.
inline std::vector<float> random_unit_vectors(std::size_t count, std::size_t dimensions, unsigned seed = 1) {
  constexpr std::size_t kHeaps = 20;
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> centres(kHeaps * dimensions), vectors(count * dimensions);
  for (float& x : centres) x = normal(random);
  for (std::size_t i = 0; i < count; ++i) {
    float* vector = vectors.data() + i * dimensions;
    const float* centre = centres.data() + random() % kHeaps * dimensions;
    double square = 0;
    for (std::size_t j = 0; j < dimensions; ++j) {
      vector[j] = centre[j] + normal(random);
      square += static_cast<double>(vector[j]) * vector[j];
    }
    for (std::size_t j = 0; j < dimensions; ++j) vector[j] = static_cast<float>(vector[j] / std::sqrt(square));
  }
  return vectors;
}

/// first, first + 1, …
inline std::vector<std::int64_t> ids_from(std::int64_t first, std::size_t count) {
  std::vector<std::int64_t> ids(count);
  std::iota(ids.begin(), ids.end(), first);
  return ids;
}

}  // namespace riverbank::testing
