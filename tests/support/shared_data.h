#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace riverbank::testing {

/// A file or folder of the data to measure with, which stands beside the checkout (../shared/data) or where
/// RIVERBANK_SHARED_DATA says. Empty when it is not there; use RIVERBANK_NEEDS_SHARED_DATA to skip by name.
inline std::filesystem::path shared_data(const std::filesystem::path& relative) {
  const char* variable = std::getenv("RIVERBANK_SHARED_DATA");
  const std::filesystem::path base =
      variable != nullptr ? variable : std::filesystem::path(RIVERBANK_SOURCE_DIR) / "../shared/data";
  std::error_code ignored;
  return std::filesystem::exists(base / relative, ignored) ? base / relative : std::filesystem::path();
}

}  // namespace riverbank::testing

/// Skips the test, by the data's name, when that data is not on this machine.
#define RIVERBANK_NEEDS_SHARED_DATA(relative)                \
  if (::riverbank::testing::shared_data(relative).empty()) { \
    GTEST_SKIP() << "needs shared data: " << (relative);     \
  }                                                          \
  static_assert(true, "a semicolon follows")
