#include "index/search/update_plan.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "index/documents/folder.h"
#include "index/search/graph_keeper.h"
#include "index/store/writer_lock.h"
#include "lib/base/file.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

/// The listing of a root that is a single file: that file, whatever its name.
FolderListing list_file(const std::filesystem::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) throw_errno("cannot read", file, errno);
  FolderEntry entry;
  entry.path = file.filename().string();
  entry.size = static_cast<std::uint64_t>(info.st_size);
  entry.modified_ns = static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec;
  return {.files = {std::move(entry)}, .problems = {}};
}

bool is_below(std::string_view path, std::string_view folder) {
  return folder.empty() || (path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/');
}

/// The parts of one root that belong to other roots inside it, relative to it.
std::vector<std::string> inner_roots(const RootPath& root, const std::vector<StoredRoot>& all) {
  std::vector<std::string> inner;
  for (const StoredRoot& other : all) {
    if (other.path == root.stored()) continue;
    if (auto relative = root.relative(RootPath(other.path).shown())) inner.push_back(std::move(*relative));
  }
  return inner;
}

/// Whether a file of a root is one of the index's own, which may lie among the documents.
class OwnFiles {
 public:
  OwnFiles(const RootPath& root, const std::filesystem::path& index) {
    std::error_code error;
    const std::filesystem::path real = std::filesystem::canonical(index, error);
    if (error || !root.is_folder()) return;
    if (real == root.shown()) {
      folder_ = "";
    } else if (const auto relative = root.relative(real.string())) {
      folder_ = *relative + '/';
    }
  }

  bool holds(std::string_view path) const {
    if (!folder_ || !path.starts_with(*folder_)) return false;
    const std::string_view name = path.substr(folder_->size());
    if (name.find('/') != std::string_view::npos) return false;
    const bool is_graph = name.starts_with("graph-") && name.find(".f32") != std::string_view::npos;
    return is_graph || name == WriterLock::kFileName || name.starts_with(Store::kFileName) ||
           name.starts_with(GraphKeeper::kFileName);  // with SQLite's endings and those of files being written
  }

 private:
  std::optional<std::string> folder_;
};

/// The folders of a listing that could not be read: what is known below them stays known.
std::vector<std::string> closed_folders(const RootPath& root, const FolderListing& listing) {
  std::vector<std::string> closed;
  for (const FolderListing::Problem& problem : listing.problems) {
    std::error_code ignored;
    const auto status = std::filesystem::symlink_status(root.folder() / problem.path, ignored);
    if (std::filesystem::is_directory(status)) closed.push_back(problem.path);
  }
  return closed;
}

/// Merges a root's listing and its documents, both in byte order of their paths.
void compare(const RootPath& root, std::int64_t id, const FolderListing& listing, std::vector<StoredDocument> documents,
             const std::vector<StoredRoot>& all_roots, const OwnFiles& own, UpdatePlan& plan) {
  const std::vector<std::string> inner = inner_roots(root, all_roots);
  const auto belongs_elsewhere = [&](const std::string& path) {
    return std::any_of(inner.begin(), inner.end(),
                       [&](const std::string& other) { return path == other || is_below(path, other); });
  };
  const std::vector<std::string> closed = closed_folders(root, listing);
  const auto hidden_for_now = [&](const std::string& path) {
    return std::any_of(closed.begin(), closed.end(), [&](const std::string& folder) { return is_below(path, folder); });
  };

  auto known = documents.begin();
  const auto drop_until = [&](const std::string* path) {
    for (; known != documents.end() && (path == nullptr || known->path < *path); ++known) {
      if (!hidden_for_now(known->path)) plan.gone.push_back(std::move(*known));
    }
  };
  for (const FolderEntry& entry : listing.files) {
    if (belongs_elsewhere(entry.path) || own.holds(entry.path)) continue;
    drop_until(&entry.path);
    ++plan.files_total;
    const bool is_known = known != documents.end() && known->path == entry.path;
    if (is_known && known->size == entry.size && known->modified_ns == entry.modified_ns) {
      ++plan.files_unchanged;
    } else {
      PlannedFile file{id, root.folder() / entry.path, entry.path, entry.size, std::nullopt};
      if (is_known) file.known = std::move(*known);
      plan.to_read.push_back(std::move(file));
    }
    if (is_known) ++known;
  }
  drop_until(nullptr);
}

}  // namespace

RootPath RootPath::of_existing(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  if (error) throw_errno("cannot index", path, error.value());
  const bool folder = std::filesystem::is_directory(real, error);
  std::string stored = real.string();
  if (folder && !stored.ends_with('/')) stored += '/';
  return RootPath(std::move(stored));
}

std::filesystem::path RootPath::folder() const {
  return is_folder() ? std::filesystem::path(shown()) : std::filesystem::path(stored_).parent_path();
}

std::string RootPath::shown() const {
  return is_folder() && stored_.size() > 1 ? stored_.substr(0, stored_.size() - 1) : stored_;
}

std::optional<std::string> RootPath::relative(std::string_view path) const {
  if (!is_folder() || path.size() <= stored_.size() || !path.starts_with(stored_)) return std::nullopt;
  return std::string(path.substr(stored_.size()));
}

UpdatePlan plan_update(const Store& store, std::span<const StoredRoot> roots, bool must_exist, std::stop_token stop) {
  UpdatePlan plan;
  StoreReader reader = store.read();
  const std::vector<StoredRoot> all_roots = reader.roots();
  for (const StoredRoot& stored : roots) {
    const RootPath root(stored.path);
    const OwnFiles own(root, store.folder());
    try {
      const FolderListing listing = root.is_folder() ? list_folder(root.folder(), stop) : list_file(root.stored());
      for (const FolderListing::Problem& problem : listing.problems) {
        plan.skipped.push_back({problem.path, problem.reason});
      }
      compare(root, stored.id, listing, reader.documents_of(stored.id), all_roots, own, plan);
    } catch (const Error& error) {
      // A disk that is not mounted today is no reason to forget what was on it.
      if (must_exist || error.kind() != ErrorKind::kNotFound) throw;
      std::error_code ignored;
      if (!root.is_folder() && std::filesystem::exists(root.folder(), ignored)) {
        compare(root, stored.id, {}, reader.documents_of(stored.id), all_roots, own, plan);
      } else {
        plan.skipped.push_back({root.shown(), "not there; what is known of it stays"});
      }
    }
  }
  return plan;
}

}  // namespace riverbank
