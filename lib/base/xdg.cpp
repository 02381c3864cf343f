#include "lib/base/xdg.h"

#include <cstdlib>
#include <string>

#include "riverbank/error.h"

namespace riverbank {
namespace {

std::filesystem::path home_for(const char* variable, const char* below_home) {
  const char* value = std::getenv(variable);
  if (value != nullptr && std::filesystem::path(value).is_absolute()) {  // the specification ignores relative ones
    return std::filesystem::path(value) / "riverbank";
  }
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') {
    throw Error(ErrorKind::kNotFound,
                std::string("neither ") + variable + " nor HOME is set; set one of them to an absolute path");
  }
  return std::filesystem::path(home) / below_home / "riverbank";
}

}  // namespace

std::filesystem::path data_home() { return home_for("XDG_DATA_HOME", ".local/share"); }

std::filesystem::path cache_home() { return home_for("XDG_CACHE_HOME", ".cache"); }

}  // namespace riverbank
