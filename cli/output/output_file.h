#pragma once

#include <filesystem>

namespace riverbank::cli {

/// Throws Error kIo now when a file that is to be written at the end of some work could not be; nothing is left behind.
/// An empty path is none.
void require_writable(const std::filesystem::path& file);

}  // namespace riverbank::cli
