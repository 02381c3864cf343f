#include "cli/collections.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <span>

#include "cli/suggest.h"
#include "lib/base/hash.h"
#include "lib/base/printable.h"
#include "lib/base/xdg.h"
#include "riverbank/error.h"
#include "riverbank/index.h"

namespace riverbank::cli {
namespace fs = std::filesystem;
namespace {

/// The folder of a root's store: a name that a person recognises, and a hash that no other root shares.
fs::path location_of(const fs::path& root) {
  std::string name;
  for (const char c : root.filename().string()) {
    const auto byte = static_cast<unsigned char>(c);
    if (name.size() < 40) name += byte < 0x80 && (std::isalnum(byte) != 0 || c == '.' || c == '-') ? c : '_';
  }
  const Sha256Digest digest = sha256(root.string());
  return data_home() / "collections" / (name + "-" + to_hex(std::span(digest).first(6)));
}

std::string list_of_roots() {
  std::string list;
  for (const fs::path& location : all_collections()) {
    for (const std::string& root : Index::open(location, {.access = Access::kReadOnly}).status().roots) {
      list += "\n  " + shown(root);
    }
  }
  return list;
}

}  // namespace

fs::path place_of_documents(const fs::path& path) {
  std::error_code error;
  fs::path full = fs::canonical(path, error);
  if (error) {
    if (error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory) {
      throw Error(ErrorKind::kIo, "cannot open " + shown(path) + ": " + error.message());
    }
    const auto meant = nearest_path(path);
    throw Error(ErrorKind::kNotFound, "no folder \"" + printable(path.string()) + "\"" +
                                          (meant ? " (did you mean " + printable(*meant) + "?)" : ""));
  }
  if (!fs::is_directory(full, error) && !fs::is_regular_file(full, error)) {
    throw Error(ErrorKind::kInvalidArgument, shown(path) + " is neither a folder nor a file of documents");
  }
  return full;
}

Collection collection_of(const fs::path& path) {
  const fs::path full = place_of_documents(path);
  for (fs::path root = full;; root = root.parent_path()) {
    const fs::path location = location_of(root);
    if (Index::exists(location)) {
      return {location, root, root == full ? std::string() : full.lexically_relative(root).string(), true};
    }
    if (!root.has_relative_path()) return {location_of(full), full, "", false};
  }
}

Collection choose_collection(const std::optional<fs::path>& path, const std::string& index) {
  if (!index.empty()) {
    const bool exists = Index::exists(index);
    if (path || exists) return {index, "", "", exists};
    throw Error(ErrorKind::kNotFound, "no index stands in \"" + printable(index) +
                                          "\"; make one with: riverbank index FOLDER --index " + printable(index));
  }
  if (path) return collection_of(*path);
  std::error_code gone;
  const fs::path here = fs::current_path(gone);
  if (!gone) {
    if (Collection found = collection_of(here); found.exists) return found;
  }
  const auto all = all_collections();
  if (all.size() == 1) return {all.front(), "", "", true};
  if (all.empty()) {
    throw Error(ErrorKind::kNotFound, "nothing is indexed yet; name a folder, or start with: riverbank index FOLDER");
  }
  throw Error(ErrorKind::kInvalidArgument, "which folder? This one is in no collection; there are:" + list_of_roots());
}

std::vector<fs::path> all_collections() {
  std::vector<fs::path> found;
  std::error_code error;
  for (auto entry = fs::directory_iterator(data_home() / "collections", error);
       !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (Index::exists(entry->path())) found.push_back(entry->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string shown(const fs::path& path) {
  const std::string text = path.string();
  const char* home = std::getenv("HOME");
  const std::string prefix = home == nullptr ? "" : home;
  if (prefix.size() > 1 && text.starts_with(prefix) && (text.size() == prefix.size() || text[prefix.size()] == '/')) {
    return "~" + printable(text.substr(prefix.size()));
  }
  return printable(text);
}

}  // namespace riverbank::cli
