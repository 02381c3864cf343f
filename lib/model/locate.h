#pragma once

#include <filesystem>
#include <string_view>

namespace riverbank {

/// The folder of imported models, each below it under its name.
std::filesystem::path models_folder();

/// Whether an imported model may have this name: not empty, at most 200 bytes, no '/', no control characters, no '.' or
/// '-' in front (a name must not read as a path or as a flag).
bool is_model_name(std::string_view name);

}  // namespace riverbank
