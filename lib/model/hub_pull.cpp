#include "lib/model/hub_pull.h"

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <system_error>
#include <utility>

#include "lib/base/file.h"
#include "lib/base/printable.h"
#include "lib/model/catalogue.h"
#include "lib/model/hub_api.h"
#include "lib/model/hub_cache.h"
#include "lib/model/hub_http.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

namespace fs = std::filesystem;

/// Room that is left on the disk besides the files: the folders, links and locks.
constexpr std::uint64_t kSpareBytes = std::uint64_t{1} << 20U;

/// Whether the snapshot has all the files, in their sizes.
bool is_complete(const fs::path& snapshot, const std::vector<HubFile>& files) {
  return std::all_of(files.begin(), files.end(), [&](const HubFile& file) {
    std::error_code error;
    return fs::file_size(snapshot / file.path, error) == file.bytes && !error;
  });
}

/// Whether a snapshot that nobody can be asked about looks like a model.
bool looks_complete(const fs::path& snapshot) {
  std::error_code ignored;
  return fs::exists(snapshot / "config.json", ignored) && fs::exists(snapshot / "model.safetensors", ignored) &&
         (fs::exists(snapshot / "tokenizer.json", ignored) || fs::exists(snapshot / "vocab.txt", ignored));
}

fs::path nearest_existing(fs::path folder) {
  std::error_code ignored;
  while (!fs::exists(folder, ignored) && folder.has_parent_path() && folder != folder.parent_path()) {
    folder = folder.parent_path();
  }
  return folder.empty() ? fs::path(".") : folder;
}

void require_space(const HubCommit& from, const std::vector<HubFile>& files) {
  std::uint64_t missing = 0;
  for (const HubFile& file : files) missing += bytes_missing(from, file);
  if (missing == 0) return;
  const fs::path folder = hub_cache();
  struct statvfs disk {};
  if (::statvfs(nearest_existing(folder).c_str(), &disk) != 0) return;  // the writes themselves will tell
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  if (free >= missing + kSpareBytes) return;
  throw Error(ErrorKind::kIo,
              fmt::format("the disk is full: {} needs {:.1f} MB more in {}, where {:.1f} MB are free; free some space, "
                          "or set HF_HOME to a folder on another disk",
                          printable(from.repository), static_cast<double>(missing + kSpareBytes) / 1e6,
                          printable(folder.string()), static_cast<double>(free) / 1e6));
}

/// Makes `link` a relative link to `blob`, in one step for whoever reads meanwhile.
void link_to_blob(const fs::path& link, const fs::path& blob) {
  make_shared_folder(link.parent_path());
  const fs::path target = blob.lexically_relative(link.parent_path());
  static std::atomic<unsigned> made = 0;
  const fs::path temporary = fmt::format("{}.{}-{}.tmp", link.string(), ::getpid(), ++made);
  ::unlink(temporary.c_str());  // another process's of long ago, with the same id
  if (::symlink(target.c_str(), temporary.c_str()) != 0) throw_errno("cannot write", link, errno);
  if (::rename(temporary.c_str(), link.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    throw_errno("cannot write", link, error);
  }
}

/// Downloads what is missing, then shows all of it, the weights last.
fs::path bring(HttpClient& client, const HubTree& tree, const TransferCallback& progress, const std::stop_token& stop) {
  const fs::path repository = hub_repository_folder(tree.commit.repository);
  fs::path snapshot = repository / "snapshots" / tree.commit.commit;
  if (is_complete(snapshot, tree.files)) return snapshot;
  require_space(tree.commit, tree.files);
  std::vector<fs::path> blobs;
  for (const HubFile& file : tree.files) blobs.push_back(download_blob(client, tree.commit, file, progress, stop));
  for (std::size_t i = 0; i < blobs.size(); ++i) link_to_blob(snapshot / tree.files[i].path, blobs[i]);
  return snapshot;
}

/// Notes which commit a branch or tag stands for; a cache that cannot be written keeps its old note.
void note_reference(const HubCommit& commit, const std::string& revision) {
  const fs::path reference = hub_repository_folder(commit.repository) / "refs" / revision;
  try {
    make_shared_folder(reference.parent_path());
    write_file_atomically(reference, commit.commit, 0644);
  } catch (const Error&) {
    if (find_snapshot(commit.repository, revision) == std::nullopt) throw;
  }
}

fs::path pull_offline(const HubRequest& request) {
  const auto snapshot = find_snapshot(request.repository, request.revision);
  if (snapshot && (request.files.empty() ? looks_complete(*snapshot) : is_complete(*snapshot, request.files))) {
    return *snapshot;
  }
  throw Error(ErrorKind::kIo, printable(request.repository) +
                                  " is not in the hub's cache, and HF_HUB_OFFLINE is set, so it was not downloaded; "
                                  "unset HF_HUB_OFFLINE to download it");
}

HubFile hub_file(const KnownFile& file) {
  return {.path = std::string(file.path), .bytes = file.bytes, .sha256 = std::string(file.sha256), .git_sha1 = {}};
}

}  // namespace

fs::path pull_snapshot(const HubSettings& settings, const HubRequest& request, const TransferCallback& progress,
                       std::stop_token stop) {
  if (settings.offline) return pull_offline(request);
  const bool named_exactly = is_hub_commit(request.revision) && !request.files.empty();
  if (named_exactly) {
    const auto snapshot = find_snapshot(request.repository, request.revision);
    if (snapshot && is_complete(*snapshot, request.files)) return *snapshot;
  }
  HttpClient client(settings, stop);
  HubTree tree{.commit = {.repository = request.repository, .commit = request.revision}, .files = request.files};
  if (!named_exactly) tree = ask_hub(client, request.repository, request.revision, stop);
  fs::path snapshot = bring(client, tree, progress, stop);
  if (!is_hub_commit(request.revision)) note_reference(tree.commit, request.revision);
  return snapshot;
}

HubRequest request_for(const std::string& name) {
  const std::size_t at = name.find('@');
  const std::string plain = name.substr(0, at);
  const KnownModel* known = find_known_model(plain);
  HubRequest request;
  request.repository = known != nullptr ? std::string(known->repository) : plain;
  if (at != std::string::npos) {
    request.revision = name.substr(at + 1);
  } else if (known != nullptr) {
    request.revision = known->revision;
  }
  if (known != nullptr && request.revision == known->revision) {
    for (const KnownFile& file : known->files) request.files.push_back(hub_file(file));
  }
  if (known == nullptr && plain.find('/') == std::string::npos) {
    const std::string nearest(nearest_known_name(plain));
    throw Error(ErrorKind::kNotFound,
                "no model is called \"" + printable(plain) + "\"" +
                    (nearest.empty() ? "; riverbank model list shows those that are known, and any other on the hub is "
                                       "named owner/name"
                                     : " (did you mean " + nearest + "?)"));
  }
  if (!is_hub_repository(request.repository) || !is_hub_revision(request.revision)) {
    throw Error(ErrorKind::kInvalidArgument, "\"" + printable(name) +
                                                 "\" cannot be a model on the hub; write owner/name or "
                                                 "owner/name@revision, of letters, digits, '-', '_' and '.'");
  }
  return request;
}

fs::path pull_model(const std::string& name, const TransferCallback& progress, std::stop_token stop) {
  return pull_snapshot(hub_settings(), request_for(name), progress, std::move(stop));
}

}  // namespace riverbank
