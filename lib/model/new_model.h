#pragma once

#include <filesystem>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>

#include "lib/model/sums.h"

namespace riverbank {

/// An imported model in the making: a hidden folder beside the others, which takes its name all at once by commit().
/// Destroyed without commit() it leaves nothing behind. One thread.
class NewModel {
 public:
  /// Throws Error kIo. Also removes what killed imports left there more than a day ago.
  NewModel();
  ~NewModel();
  NewModel(const NewModel&) = delete;
  NewModel& operator=(const NewModel&) = delete;

  const std::filesystem::path& folder() const { return folder_; }

  /// Copies a file to `file`, below the folder. Throws Error: kNotFound, kIo, kCancelled.
  void add_copy(const std::filesystem::path& from, const std::filesystem::path& file, const std::stop_token& stop);
  void add_text(const std::filesystem::path& file, std::string_view text);
  /// Takes in a file that was written below the folder by other means, out of `from`.
  void add_written(const std::filesystem::path& from, const std::filesystem::path& file, const std::stop_token& stop);

  /// Writes SHA256SUMS over all that was added.
  void write_sums() const;
  const Sums& sums() const { return sums_; }

  /// A message with the names of the files that the user gave in place of those here.
  std::string with_their_names(std::string message) const;

  /// Makes it the imported model of this name, in place of one of that name if there is one; returns its folder.
  /// Throws Error: kIo, kInvalidArgument (not a model's name; or the name is that of an imported model with other
  /// weights).
  std::filesystem::path commit(const std::string& name);

 private:
  std::filesystem::path folder_;  ///< removed with all that is in it by the destructor
  Sums sums_;
  std::map<std::string, std::filesystem::path> origins_;  ///< what was made of what, by the path below the folder
};

}  // namespace riverbank
