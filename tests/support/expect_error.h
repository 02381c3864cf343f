#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "riverbank/error.h"

namespace riverbank::testing {

/// Runs `action` and expects a riverbank::Error of that kind whose message holds `part`.
template <typename Action>
void expect_error(ErrorKind kind, const std::string& part, Action&& action) {
  try {
    action();
    ADD_FAILURE() << "no error was thrown; expected one that says \"" << part << '"';
  } catch (const Error& error) {
    EXPECT_EQ(static_cast<int>(error.kind()), static_cast<int>(kind)) << error.what();
    EXPECT_THAT(error.what(), ::testing::HasSubstr(part));
  }
}

}  // namespace riverbank::testing
