#include "cli/output/output_file.h"

#include "lib/base/file.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank::cli {

void require_writable(const std::filesystem::path& file) {
  if (file.empty()) return;
  if (is_folder(file)) {
    throw Error(ErrorKind::kIo, "cannot write " + printable(file.string()) + ": it is a folder; name a file");
  }
  std::error_code error;
  const bool is_stream = std::filesystem::exists(file, error) && !std::filesystem::is_regular_file(file, error);
  if (is_stream) return;         // a pipe's reader would take a trial for the end
  const AtomicFile trial(file);  // what write_file_atomically() will make first
}

}  // namespace riverbank::cli
