#include "lib/base/environment.h"

#include <cstdlib>

namespace riverbank {

std::string environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr ? value : "";
}

}  // namespace riverbank
