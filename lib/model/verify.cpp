#include <map>
#include <string>
#include <system_error>

#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/base/printable.h"
#include "lib/model/catalogue.h"
#include "lib/model/hub_cache.h"
#include "lib/model/sums.h"
#include "riverbank/error.h"
#include "riverbank/model.h"

namespace riverbank {
namespace {

namespace fs = std::filesystem;

/// The paths of all files below a folder, links to files among them.
std::vector<std::string> files_below(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code gone;
    if (entry->is_directory(gone)) continue;
    files.push_back(entry->path().lexically_relative(folder).string());
  }
  if (error) throw_errno("cannot read", folder, error.value());
  return files;
}

/// What the hub and the catalogue say of a snapshot's files: 64 hex digits are SHA-256, 40 are git's.
Sums sums_of_snapshot(const fs::path& folder) {
  Sums sums;
  for (const std::string& file : files_below(folder)) {
    const std::string sum = hub_sum(folder / file);
    if (!sum.empty()) sums.emplace(file, sum);
  }
  for (const KnownModel& known : catalogue()) {
    if (folder.filename() != known.revision) continue;
    for (const KnownFile& file : known.files) {
      const auto found = sums.find(file.path);
      if (found != sums.end()) found->second = file.sha256;
    }
  }
  return sums;
}

/// Empty when the file is what it should be.
std::string problem_of(const fs::path& file, const std::string& expected, const std::stop_token& stop) {
  constexpr std::size_t kGitDigits = 40;
  constexpr std::uint64_t kMostGitBytes = std::uint64_t{1} << 28U;  // git's sums are those of the small files
  try {
    const bool is_git = expected.size() == kGitDigits;
    const std::string found =
        is_git ? git_blob_sha1(read_file(file, kMostGitBytes)) : to_hex(sha256_of_file(file, stop));
    if (found == expected) return {};
    return "has " + std::string(is_git ? "the git sum " : "SHA-256 ") + found + ", expected " + expected;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kCancelled) throw;
    return error.kind() == ErrorKind::kNotFound ? "is missing" : error.what();
  }
}

}  // namespace

std::vector<VerifiedFile> verify_model(const std::string& name, std::stop_token stop) {
  const fs::path folder = find_model(name);
  Sums sums = read_sums(folder);
  const bool has_own_sums = !sums.empty();
  if (!has_own_sums) sums = sums_of_snapshot(folder);
  if (sums.empty()) {
    throw Error(ErrorKind::kNotFound, "no sums are known of the files in " + printable(folder.string()) +
                                          "; riverbank model import writes them down");
  }
  std::vector<VerifiedFile> files;
  for (const auto& [file, sum] : sums) files.push_back({file, problem_of(folder / file, sum, stop)});
  if (!has_own_sums) return files;
  for (const std::string& file : files_below(folder)) {
    if (file != kSumsFile && !sums.contains(file)) files.push_back({file, "was not there when the sums were written"});
  }
  return files;
}

}  // namespace riverbank
