#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>

#include "lib/math/matrix.h"
#include "lib/model/safetensors.h"

namespace riverbank::testing {

inline Matrix random_matrix(Eigen::Index rows, Eigen::Index columns, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  return Matrix::NullaryExpr(rows, columns, [&] { return normal(generator); });
}

/// The largest difference between two matrices; infinite when their shapes differ or one holds what is no number.
inline float worst_difference(const Matrix& got, const Matrix& expected) {
  if (got.rows() != expected.rows() || got.cols() != expected.cols() || !got.allFinite() || !expected.allFinite()) {
    return std::numeric_limits<float>::infinity();
  }
  return got.size() == 0 ? 0 : (got - expected).cwiseAbs().maxCoeff();
}

/// A matrix of tests/golden/attention_forms.safetensors, which make_attention_forms_golden.py wrote: torch's values.
inline Matrix golden(const std::string& name) {
  static const auto file = SafetensorsFile::open(RIVERBANK_SOURCE_DIR "/tests/golden/attention_forms.safetensors");
  const TensorView* tensor = file->find(name);
  if (tensor == nullptr || tensor->shape.size() != 2) throw std::runtime_error("no golden matrix " + name);
  Matrix matrix(tensor->shape[0], tensor->shape[1]);
  std::memcpy(matrix.data(), tensor->bytes.data(), tensor->bytes.size());
  return matrix;
}

/// Compares what `form` gave with the golden matrix to 1e-5 and prints the largest difference.
inline void expect_golden(const std::string& name, const Matrix& got, const std::string& form) {
  const float worst = worst_difference(got, golden(name));
  fmt::print("worst difference from torch: {} ({}) {:.2g}\n", form, name, worst);
  EXPECT_LT(worst, 1e-5F) << form << ", " << name;
}

}  // namespace riverbank::testing
