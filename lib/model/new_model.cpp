#include "lib/model/new_model.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>

#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/base/printable.h"
#include "lib/model/locate.h"
#include "lib/model/model.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUnfinished = ".import-";

void remove_abandoned(const fs::path& models) {
  constexpr auto kAbandonedAfter = std::chrono::hours(24);
  std::error_code error;
  for (fs::directory_iterator entry(models, error), end; !error && entry != end; entry.increment(error)) {
    if (!entry->path().filename().string().starts_with(kUnfinished)) continue;
    std::error_code ignored;
    const auto written = fs::last_write_time(entry->path(), ignored);
    if (!ignored && fs::file_time_type::clock::now() - written > kAbandonedAfter) fs::remove_all(*entry, ignored);
  }
}

/// The sum of the weights that an imported model was imported with; empty when its SHA256SUMS is gone or broken.
std::string weights_sum(const fs::path& folder) {
  try {
    const Sums sums = read_sums(folder);
    const auto found = sums.find(kWeightsFile);
    return found == sums.end() ? "" : found->second;
  } catch (const Error&) {
    return {};
  }
}

/// The two folders change places, in one step where the file system can, so that there is a whole model of that name
/// at every moment.
void exchange(const fs::path& unfinished, const fs::path& target) {
  if (::renameat2(AT_FDCWD, unfinished.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) == 0) return;
  const std::string action = "cannot move the model into place as";
  if (errno != EINVAL && errno != ENOSYS) throw_errno(action, target, errno);
  const fs::path aside = unfinished.string() + "-old";
  if (::rename(target.c_str(), aside.c_str()) != 0 || ::rename(unfinished.c_str(), target.c_str()) != 0 ||
      ::rename(aside.c_str(), unfinished.c_str()) != 0) {
    throw_errno(action, target, errno);
  }
}

}  // namespace

NewModel::NewModel() {
  make_private_folder(models_folder());
  remove_abandoned(models_folder());
  std::string name = (models_folder() / (std::string(kUnfinished) + "XXXXXX")).string();
  if (::mkdtemp(name.data()) == nullptr) throw_errno("cannot make a folder in", models_folder(), errno);
  folder_ = name;
}

NewModel::~NewModel() {
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

void NewModel::add_copy(const fs::path& from, const fs::path& file, const std::stop_token& stop) {
  constexpr std::size_t kPiece = std::size_t{1} << 22U;
  const MappedFile source(from);
  make_private_folder((folder_ / file).parent_path());
  AtomicFile copy(folder_ / file);
  Sha256 hash;
  for (std::span<const std::byte> rest = source.bytes(); !rest.empty();) {
    if (stop.stop_requested()) throw Error(ErrorKind::kCancelled, "the import was stopped; nothing of it was kept");
    const auto piece = rest.first(std::min(kPiece, rest.size()));
    hash.update(piece);
    copy.write(piece);
    rest = rest.subspan(piece.size());
  }
  copy.commit();
  sums_.insert_or_assign(file.string(), to_hex(hash.finish()));
  origins_.insert_or_assign(file.string(), from);
}

void NewModel::add_text(const fs::path& file, std::string_view text) {
  make_private_folder((folder_ / file).parent_path());
  write_file_atomically(folder_ / file, text);
  sums_.insert_or_assign(file.string(), to_hex(sha256(text)));
}

void NewModel::add_written(const fs::path& from, const fs::path& file, const std::stop_token& stop) {
  sums_.insert_or_assign(file.string(), to_hex(sha256_of_file(folder_ / file, stop)));
  origins_.insert_or_assign(file.string(), from);
}

std::string NewModel::with_their_names(std::string message) const {
  for (const auto& [file, from] : origins_) {
    const std::string here = printable((folder_ / file).string());
    for (std::size_t at = message.find(here); at != std::string::npos; at = message.find(here)) {
      message.replace(at, here.size(), printable(from.string()));
    }
  }
  return message;
}

void NewModel::write_sums() const { write_file_atomically(folder_ / kSumsFile, format_sums(sums_)); }

fs::path NewModel::commit(const std::string& name) {
  if (!is_model_name(name)) {
    throw Error(ErrorKind::kInvalidArgument, "\"" + printable(name) +
                                                 "\" cannot be the name of a model: no '/', no control characters, no "
                                                 "'.' or '-' in front, at most 200 bytes; choose one with --name");
  }
  fs::path target = models_folder() / name;
  if (::rename(folder_.c_str(), target.c_str()) == 0) {
    folder_.clear();
    return target;
  }
  if (errno != EEXIST && errno != ENOTEMPTY) throw_errno("cannot move the model into place as", target, errno);
  const std::string there = weights_sum(target);
  if (!there.empty() && there != sums_.find(kWeightsFile)->second) {
    throw Error(ErrorKind::kInvalidArgument,
                "a model named \"" + printable(name) + "\" is imported already, with other weights; give this one " +
                    "another name with --name, or remove " + printable(target.string()) + " first");
  }
  exchange(folder_, target);  // the old one goes with this object
  return target;
}

}  // namespace riverbank
