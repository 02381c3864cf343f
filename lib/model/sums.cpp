#include "lib/model/sums.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <system_error>

#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/base/printable.h"
#include "lib/base/xdg.h"
#include "lib/model/config.h"
#include "lib/model/hub_cache.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSumDigits = 64;

bool is_lower_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_sum(std::string_view text) { return text.size() == kSumDigits && is_lower_hex(text); }

bool stays_below(const fs::path& path) {
  return !path.empty() && !path.is_absolute() &&
         std::ranges::none_of(path, [](const fs::path& part) { return part == ".."; });
}

/// What tells one state of a file from another, as a file's name in the cache.
std::string cache_key(const fs::path& file, const struct stat& info) {
  std::error_code ignored;
  const fs::path absolute = fs::weakly_canonical(file, ignored);
  const std::string state = absolute.string() + '\n' + std::to_string(info.st_dev) + ' ' + std::to_string(info.st_ino) +
                            ' ' + std::to_string(info.st_size) + ' ' + std::to_string(info.st_mtim.tv_sec) + '.' +
                            std::to_string(info.st_mtim.tv_nsec) + ' ' + std::to_string(info.st_ctim.tv_sec) + '.' +
                            std::to_string(info.st_ctim.tv_nsec);
  return to_hex(sha256(state)).substr(0, kSumDigits / 2);
}

/// A file written this moment could change again within one tick of its clock, unseen; such a sum is not kept.
bool is_settled(const struct stat& info) {
  constexpr std::int64_t kSettledSeconds = 2;
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return std::max(info.st_mtim.tv_sec, info.st_ctim.tv_sec) + kSettledSeconds <= now;
}

/// SHA256SUMS is written last: a file that is younger was changed after the import.
bool is_older(const fs::path& file, const fs::path& sums) {
  std::error_code error;
  const auto written = fs::last_write_time(file, error);
  return !error && written <= fs::last_write_time(sums, error) && !error;
}

std::string cached_sum(const fs::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) throw_errno("cannot read", file, errno);
  const fs::path kept = cache_home() / "sums" / cache_key(file, info);
  try {
    std::string sum = read_file(kept, kSumDigits);
    if (is_sum(sum)) return sum;
  } catch (const Error&) {  // not kept yet, or not readable: a cache may always be missing
  }
  std::string sum = to_hex(sha256_of_file(file));
  if (!is_settled(info)) return sum;
  try {
    make_private_folder(kept.parent_path());
    write_file_atomically(kept, sum);
  } catch (const Error&) {  // a cache that cannot be written costs time, nothing else
  }
  return sum;
}

}  // namespace

Sums read_sums(const fs::path& folder) {
  const fs::path path = folder / kSumsFile;
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return {};
  const std::string text = read_file(path, kMostConfigBytes);
  Sums sums;
  std::string_view rest = text;
  for (std::size_t line_number = 1; !rest.empty(); ++line_number) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::string_view sum = line.substr(0, kSumDigits);
    const bool well_formed = is_sum(sum) && line.substr(kSumDigits).starts_with("  ");
    const std::string file(well_formed ? line.substr(kSumDigits + 2) : "");
    if (!stays_below(file) || !sums.try_emplace(file, sum).second) {
      throw Error(ErrorKind::kCorrupt, printable(path.string()) + ": line " + std::to_string(line_number) +
                                           " must be 64 hex digits, two spaces and a file of the folder, each once");
    }
  }
  return sums;
}

std::string format_sums(const Sums& sums) {
  std::string text;
  for (const auto& [file, sum] : sums) text.append(sum).append("  ").append(file).append("\n");
  return text;
}

bool is_imported(const fs::path& folder) {
  std::error_code error;
  const fs::path models = fs::weakly_canonical(data_home() / "models", error);
  return !error && fs::weakly_canonical(folder, error).parent_path() == models && !error;
}

std::string sum_of_file(const fs::path& folder, const std::string& file) {
  if (is_imported(folder) && is_older(folder / file, folder / kSumsFile)) {
    const Sums sums = read_sums(folder);
    const auto found = sums.find(file);
    if (found != sums.end()) return found->second;
  }
  std::string blob = hub_sum(folder / file);
  if (is_sum(blob)) return blob;
  return cached_sum(folder / file);
}

}  // namespace riverbank
