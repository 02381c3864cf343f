#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "riverbank/error.h"
#include "riverbank/model.h"

namespace riverbank::testing {

/// Whether a model stands on this machine.
inline bool has_model(const std::string& name) {
  try {
    find_model(name);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace riverbank::testing

/// Skips the test, by the model's name, when its weights are not on this machine; with CI=true that is a failure.
#define RIVERBANK_NEEDS_MODEL(name)                                                                 \
  if (!::riverbank::testing::has_model(name)) {                                                     \
    const char* ci = std::getenv("CI");                                                             \
    ASSERT_TRUE(ci == nullptr || std::string(ci) != "true") << "CI must have the model " << (name); \
    GTEST_SKIP() << "needs the model " << (name);                                                   \
  }                                                                                                 \
  static_assert(true, "a semicolon follows")
