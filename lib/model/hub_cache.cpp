#include "lib/model/hub_cache.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <tuple>

#include "lib/base/environment.h"
#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFolderPrefix = "models--";

bool is_lower_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Whether it is made of letters, digits, '-', '_', '.' and '/', and no step of it could leave a folder.
bool is_safe_path(std::string_view text) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";
  return !text.empty() && text.size() <= 200 && text.find_first_not_of(kAllowed) == std::string_view::npos &&
         text.find("..") == std::string_view::npos && text.find("//") == std::string_view::npos &&
         text.front() != '/' && text.back() != '/' && text.front() != '.' &&
         text.find("/.") == std::string_view::npos && text.front() != '-';
}

/// "models--owner--name" -> "owner/name"; empty when it is nothing of the kind.
std::string repository_of_folder(std::string_view folder) {
  if (!folder.starts_with(kFolderPrefix)) return {};
  folder.remove_prefix(kFolderPrefix.size());
  std::string repository(folder.substr(0, folder.find("--")));
  if (repository.size() < folder.size()) {
    repository += '/';
    repository += folder.substr(folder.find("--") + 2);
  }
  return is_hub_repository(repository) ? repository : std::string();
}

}  // namespace

fs::path hub_home() {
  if (const std::string home = environment("HF_HOME"); !home.empty()) return home;
  if (const std::string cache = environment("XDG_CACHE_HOME"); !cache.empty()) return fs::path(cache) / "huggingface";
  const std::string home = environment("HOME");
  if (home.empty()) {
    throw Error(ErrorKind::kNotFound,
                "none of HF_HOME, XDG_CACHE_HOME and HOME is set, so there is no place for models; set HF_HOME to a "
                "folder for them");
  }
  return fs::path(home) / ".cache/huggingface";
}

fs::path hub_cache() {
  if (const std::string cache = environment("HF_HUB_CACHE"); !cache.empty()) return cache;
  return hub_home() / "hub";
}

bool is_hub_repository(std::string_view repository) {
  return is_safe_path(repository) && std::count(repository.begin(), repository.end(), '/') <= 1 &&
         repository.find("--") == std::string_view::npos;
}

bool is_hub_revision(std::string_view revision) { return is_safe_path(revision); }

bool is_hub_commit(std::string_view revision) { return is_lower_hex(revision, 40); }

fs::path hub_repository_folder(const std::string& repository) {
  std::string folder(kFolderPrefix);
  for (const char c : repository) folder += c == '/' ? std::string_view("--") : std::string_view(&c, 1);
  return hub_cache() / folder;
}

std::optional<fs::path> find_snapshot(const std::string& repository, const std::string& revision) {
  if (!is_hub_repository(repository) || !is_hub_revision(revision)) return std::nullopt;
  const fs::path folder = hub_repository_folder(repository);
  std::string commit = revision;
  if (!is_hub_commit(revision)) {
    try {
      commit = read_file(folder / "refs" / revision, 4096);
    } catch (const Error&) {
      return std::nullopt;
    }
    while (!commit.empty() && (commit.back() == '\n' || commit.back() == ' ')) commit.pop_back();
    if (!is_hub_commit(commit)) return std::nullopt;
  }
  fs::path snapshot = folder / "snapshots" / commit;
  std::error_code ignored;
  if (!fs::is_directory(snapshot, ignored)) return std::nullopt;
  return snapshot;
}

std::vector<HubSnapshot> list_snapshots() {
  std::vector<HubSnapshot> found;
  std::error_code ignored;
  for (fs::directory_iterator folder(hub_cache(), ignored), end; folder != end; folder.increment(ignored)) {
    const std::string repository = repository_of_folder(folder->path().filename().string());
    if (repository.empty()) continue;
    std::error_code unreadable;
    for (fs::directory_iterator snapshot(folder->path() / "snapshots", unreadable); snapshot != end;
         snapshot.increment(unreadable)) {
      const std::string commit = snapshot->path().filename().string();
      if (is_hub_commit(commit)) found.push_back({repository, commit, snapshot->path()});
    }
  }
  std::sort(found.begin(), found.end(), [](const HubSnapshot& a, const HubSnapshot& b) {
    return std::tie(a.repository, a.commit) < std::tie(b.repository, b.commit);
  });
  return found;
}

std::string hub_sum(const fs::path& snapshot_file) {
  std::error_code error;
  const fs::path target = fs::read_symlink(snapshot_file, error);
  if (error || target.parent_path().filename() != "blobs") return {};
  std::string sum = target.filename().string();
  return is_lower_hex(sum, 64) || is_lower_hex(sum, 40) ? sum : std::string();
}

std::string git_blob_sha1(std::string_view bytes) {
  std::string object = "blob " + std::to_string(bytes.size());
  object.push_back('\0');
  object += bytes;
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(object.data(), object.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) {
    throw Error(ErrorKind::kIo, "OpenSSL could not compute a SHA-1; check its installation");
  }
  return to_hex(std::span(digest).first(size));
}

}  // namespace riverbank
