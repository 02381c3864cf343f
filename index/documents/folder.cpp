#include "index/documents/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "index/documents/ignore_rules.h"
#include "lib/base/descriptor.h"
#include "lib/base/file.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

/// An ignore file larger than this is no list of patterns that anybody wrote.
constexpr std::size_t kMaxIgnoreFileBytes = std::size_t{1} << 20U;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

std::string reason_of(int error_number) {
  if (error_number == EACCES || error_number == EPERM) return "permission denied";
  return std::strerror(error_number);
}

std::string join(std::string_view folder, std::string_view name) {
  std::string path(folder);
  if (!path.empty()) path += '/';
  return path += name;
}

/// The same for a folder that begins with a slash and may be nothing but one.
std::string in_absolute(const std::string& folder, std::string_view name) {
  std::string path = folder.ends_with('/') ? folder : folder + '/';
  return path += name;
}

/// Where a path really stands, all links resolved; nothing when it cannot be told.
std::optional<std::string> resolved(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  if (real == nullptr) return std::nullopt;
  return std::string(real.get());
}

bool exists(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

class Walk {
 public:
  Walk(const std::filesystem::path& root, std::stop_token stop);
  FolderListing run();

 private:
  using Rules = std::shared_ptr<const IgnoreRules>;
  struct Folder {
    std::string path;  ///< from the root
    Rules above;
  };
  struct Link {
    std::string path;
    Rules rules;
  };
  using Identity = std::pair<dev_t, ino_t>;

  Rules rules_above_root();
  Rules with_ignore_files(Rules above, int folder, std::string_view path, const std::vector<std::string>& names);
  void add_ignore_file(IgnoreRules& rules, int folder, const char* name, const std::string& shown_as);
  void list(const Folder& folder);
  void look_at(int folder, const std::string& path, const char* name, unsigned char type, const Rules& rules);
  void add_file(std::string path, const struct stat& info);
  void follow(const Link& link);
  void walk_pending();
  void problem(std::string path, std::string reason) {
    listing_.problems.push_back({std::move(path), std::move(reason)});
  }

  std::string root_;        ///< as the caller named it
  std::string real_root_;   ///< all links resolved
  std::string above_root_;  ///< from the work tree's top to the root, with a slash at its end; or empty
  Descriptor root_folder_;
  std::stop_token stop_;
  FolderListing listing_;
  std::vector<Folder> pending_;
  std::vector<Link> links_;
  std::set<Identity> folders_seen_;
  std::set<Identity> files_seen_;     ///< filled when the first link is followed
  std::size_t files_entered_ = 0;     ///< how many of the listing's are in it
  std::vector<Identity> identities_;  ///< of listing_.files, in their order
};

Walk::Walk(const std::filesystem::path& root, std::stop_token stop)
    : root_(root.empty() ? "." : root.string()),
      root_folder_(::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
      stop_(std::move(stop)) {
  if (root_folder_.get() < 0) {
    if (errno == ENOTDIR) {
      throw Error(ErrorKind::kNotFound, printable(root_) + " is not a folder; name a folder of documents");
    }
    throw_errno("cannot read the folder", root_, errno);
  }
  const auto real = resolved(root_);
  if (!real) throw_errno("cannot read the folder", root_, errno);
  real_root_ = *real;
}

/// What the folders between the git work tree's top and the root say, when the root stands inside one.
Walk::Rules Walk::rules_above_root() {
  std::string top = real_root_;
  while (!exists(in_absolute(top, ".git"))) {
    if (top == "/") return nullptr;
    top.resize(std::max<std::size_t>(top.rfind('/'), 1));
  }
  if (top == real_root_) return nullptr;
  above_root_ = real_root_.substr(in_absolute(top, "").size()) + '/';
  Rules rules;
  for (std::size_t depth = 0; depth < above_root_.size(); depth = above_root_.find('/', depth) + 1) {
    const std::string folder = in_absolute(top, above_root_.substr(0, depth));
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    auto own = std::make_shared<IgnoreRules>(rules, depth);
    if (opened.get() >= 0) {
      if (depth == 0)
        add_ignore_file(*own, opened.get(), ".git/info/exclude", in_absolute(folder, ".git/info/exclude"));
      add_ignore_file(*own, opened.get(), ".gitignore", in_absolute(folder, ".gitignore"));
      add_ignore_file(*own, opened.get(), ".riverbankignore", in_absolute(folder, ".riverbankignore"));
    }
    if (!own->empty()) rules = std::move(own);
  }
  return rules;
}

Walk::Rules Walk::with_ignore_files(Rules above, int folder, std::string_view path,
                                    const std::vector<std::string>& names) {
  if (names.empty()) return above;
  const std::size_t depth = above_root_.size() + (path.empty() ? 0 : path.size() + 1);
  auto own = std::make_shared<IgnoreRules>(std::move(above), depth);
  // In this order: what stands later wins.
  for (const char* name : {".git", ".gitignore", ".riverbankignore"}) {
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;
    const std::string file = name == std::string_view(".git") ? ".git/info/exclude" : name;
    add_ignore_file(*own, folder, file.c_str(), join(path, file));
  }
  return own;
}

/// Like git, follows no link here; a file that is none (a FIFO, say) has no rules.
void Walk::add_ignore_file(IgnoreRules& rules, int folder, const char* name, const std::string& shown_as) {
  const Descriptor file(::openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP && errno != ENXIO) {
      problem(shown_as, "its rules were not obeyed: " + reason_of(errno));
    }
    return;
  }
  struct stat info {};
  if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return;
  std::string text(std::min(static_cast<std::size_t>(info.st_size), kMaxIgnoreFileBytes) + 1, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return problem(shown_as, "its rules were not obeyed: " + reason_of(errno));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  if (filled > kMaxIgnoreFileBytes) return problem(shown_as, "its rules were not obeyed: larger than 1 MiB");
  text.resize(filled);
  rules.add(text);
}

void Walk::add_file(std::string path, const struct stat& info) {
  const std::int64_t modified = std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
  listing_.files.push_back({std::move(path), static_cast<std::uint64_t>(info.st_size), modified});
  identities_.emplace_back(info.st_dev, info.st_ino);
}

void Walk::list(const Folder& folder) {
  if (stop_.stop_requested())
    throw Error(ErrorKind::kCancelled, "The walk through " + printable(root_) + " was stopped.");
  // From the root's descriptor: what happens to the folders above the root meanwhile does not matter.
  const char* name = folder.path.empty() ? "." : folder.path.c_str();
  const int flags = O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC;
  Descriptor opened(::openat(root_folder_.get(), name, flags));
  struct stat info {};
  if (opened.get() < 0 || ::fstat(opened.get(), &info) != 0) {
    if (folder.path.empty()) throw_errno("cannot read the folder", root_, errno);
    return problem(folder.path, reason_of(errno));
  }
  if (!folders_seen_.emplace(info.st_dev, info.st_ino).second) return;
  const std::unique_ptr<DIR, CloseFolder> entries(::fdopendir(opened.get()));
  if (entries == nullptr) return problem(folder.path, reason_of(errno));
  const int descriptor = opened.release();  // the DIR owns it now

  std::vector<std::pair<std::string, unsigned char>> found;
  std::vector<std::string> ignore_files;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(entries.get());
    if (entry == nullptr) break;
    const std::string_view entry_name = entry->d_name;
    if (!entry_name.starts_with('.')) {
      found.emplace_back(entry_name, entry->d_type);
    } else if (entry_name == ".git" || entry_name == ".gitignore" || entry_name == ".riverbankignore") {
      ignore_files.emplace_back(entry_name);
    }
  }
  if (errno != 0) problem(folder.path, "only partly read: " + reason_of(errno));
  const Rules rules = with_ignore_files(folder.above, descriptor, folder.path, ignore_files);
  for (const auto& [entry_name, type] : found) {
    look_at(descriptor, join(folder.path, entry_name), entry_name.c_str(), type, rules);
  }
}

void Walk::look_at(int folder, const std::string& path, const char* name, unsigned char type, const Rules& rules) {
  struct stat info {};
  const bool needs_stat = type == DT_REG || type == DT_UNKNOWN;
  const auto ignored = [&](bool is_folder) {
    return rules != nullptr && rules->ignored(above_root_ + path, is_folder);
  };
  if (type != DT_UNKNOWN && ignored(type == DT_DIR)) return;
  if (needs_stat && ::fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno != ENOENT) problem(path, reason_of(errno));  // gone since: nobody misses it
    return;
  }
  if (needs_stat) {
    const auto known = static_cast<unsigned char>(IFTODT(info.st_mode));
    if (type == DT_UNKNOWN && ignored(known == DT_DIR)) return;
    type = known;
  }
  if (type == DT_REG) {
    add_file(path, info);
  } else if (type == DT_DIR) {
    pending_.push_back({path, rules});
  } else if (type == DT_LNK) {
    links_.push_back({path, rules});
  }
}

/// A link counts under its own name, when what it leads to stands inside the root and was not found otherwise.
void Walk::follow(const Link& link) {
  struct stat info {};
  if (::fstatat(root_folder_.get(), link.path.c_str(), &info, 0) != 0) {
    return problem(link.path, errno == ENOENT  ? "link that leads nowhere"
                              : errno == ELOOP ? "link that leads to itself"
                                               : reason_of(errno));
  }
  const auto target = resolved(in_absolute(real_root_, link.path));
  if (!target || (*target != real_root_ && !target->starts_with(in_absolute(real_root_, "")))) {
    return problem(link.path, "link that leaves the folder");
  }
  for (; files_entered_ < identities_.size(); ++files_entered_) files_seen_.insert(identities_[files_entered_]);
  if (S_ISDIR(info.st_mode)) {
    pending_.push_back({link.path, link.rules});
    walk_pending();
  } else if (S_ISREG(info.st_mode) && files_seen_.emplace(info.st_dev, info.st_ino).second) {
    add_file(link.path, info);
  }
}

void Walk::walk_pending() {
  while (!pending_.empty()) {
    const Folder next = std::move(pending_.back());
    pending_.pop_back();
    list(next);
  }
}

FolderListing Walk::run() {
  pending_.push_back({"", rules_above_root()});
  walk_pending();
  // Links last, so that what has a place of its own is found there; those inside linked folders join the queue.
  while (!links_.empty()) {
    std::vector<Link> found = std::exchange(links_, {});
    std::sort(found.begin(), found.end(), [](const Link& a, const Link& b) { return a.path < b.path; });
    for (const Link& link : found) follow(link);
  }
  const auto by_path = [](const auto& a, const auto& b) { return a.path < b.path; };
  std::sort(listing_.files.begin(), listing_.files.end(), by_path);
  std::sort(listing_.problems.begin(), listing_.problems.end(), by_path);
  return std::move(listing_);
}

}  // namespace

FolderListing list_folder(const std::filesystem::path& root, std::stop_token stop) {
  return Walk(root, std::move(stop)).run();
}

}  // namespace riverbank
