#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace riverbank::cli {

/// An index on this machine, and the part of it that was asked about.
struct Collection {
  std::filesystem::path location;  ///< the folder of its store
  std::filesystem::path root;      ///< the indexed folder or file, canonical; empty for one named by --index
  std::string below;               ///< the folder inside root that was asked about, relative; empty for all of it
  bool exists = false;
};

/// The real path of a folder or file of documents. Throws Error: kNotFound, with a suggestion, when there is no such
/// path, kInvalidArgument, kIo.
std::filesystem::path place_of_documents(const std::filesystem::path& path);

/// The collection of a folder or file: the one of that very path, else of the nearest folder above that has one, else a
/// new one for it (exists is false). Throws as place_of_documents().
Collection collection_of(const std::filesystem::path& path);

/// What a verb works on. `index` is --index; `path` the FOLDER argument. Neither given: the collection that contains
/// the current folder, else the only one there is. Throws Error kInvalidArgument with the list of all when that does
/// not decide it, kNotFound when there is none.
Collection choose_collection(const std::optional<std::filesystem::path>& path, const std::string& index);

/// The locations of all collections of this user, in order of their names.
std::vector<std::filesystem::path> all_collections();

/// A path as a person would write it: the home folder as ~, safe for a terminal.
std::string shown(const std::filesystem::path& path);

}  // namespace riverbank::cli
