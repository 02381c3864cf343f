#pragma once

#include <cstdint>
#include <functional>

namespace riverbank::cli {

/// The most memory that `work` had in matrices at once, in bytes, beyond what was there before it. Exact and the same
/// every time: the linker leads the calls of malloc() and its kin that are compiled into this program, which are
/// Eigen's, through a count of this file's (--wrap in tests/CMakeLists.txt). `work` must allocate on the calling
/// thread.
std::uint64_t peak_memory(const std::function<void()>& work);

}  // namespace riverbank::cli
