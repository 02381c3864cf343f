#pragma once

#include <filesystem>

namespace riverbank {

/// Where a user's programs keep their files (XDG Base Directory Specification 0.8), each with "riverbank" appended.
/// Nothing is made. Throws Error kNotFound when neither the variable nor HOME is set.
std::filesystem::path data_home();   ///< XDG_DATA_HOME, else ~/.local/share: what cannot be made again
std::filesystem::path cache_home();  ///< XDG_CACHE_HOME, else ~/.cache: what can

}  // namespace riverbank
