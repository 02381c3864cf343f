#pragma once

namespace riverbank {

/// The version of the library, "MAJOR.MINOR.PATCH". The one place where it is written; CMake reads it from here.
inline constexpr const char* kVersion = "0.1.0";

}  // namespace riverbank
