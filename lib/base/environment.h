#pragma once

#include <string>

namespace riverbank {

/// A variable of the environment; empty when it is not set. Not while another thread sets one.
std::string environment(const char* variable);

}  // namespace riverbank
