#pragma once

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include "lib/base/file.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {

/// The lines of a text file, one at a time, with what a message needs to name the place. A byte order mark and carriage
/// returns at line ends are no part of them. One thread.
class NumberedLines {
 public:
  /// Throws Error: kNotFound, kIo.
  explicit NumberedLines(std::filesystem::path path) : path_(std::move(path)), in_(path_, std::ios::binary) {
    if (!in_) throw_errno("cannot open", path_, errno);
    if (std::filesystem::is_directory(path_)) throw_errno("cannot read", path_, EISDIR);
  }

  /// Throws Error kIo.
  bool next(std::string& line) {
    if (!std::getline(in_, line)) {
      if (in_.bad()) throw Error(ErrorKind::kIo, "cannot read " + printable(path_.string()) + " to its end");
      return false;
    }
    constexpr std::string_view kMark = "\xEF\xBB\xBF";
    if (++number_ == 1 && line.starts_with(kMark)) line.erase(0, kMark.size());
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return true;
  }

  /// Throws Error kCorrupt: the file, the line, and what is wrong with it.
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::kCorrupt, printable(path_.string()) + ":" + std::to_string(number_) + ": " + what);
  }

  std::size_t number() const { return number_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::ifstream in_;
  std::size_t number_ = 0;
};

}  // namespace riverbank
