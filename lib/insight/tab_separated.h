#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/text/span.h"

namespace riverbank {

/// What a table or a list of lines may hold: it is read whole.
inline constexpr std::uint64_t kMostTableBytes = std::uint64_t{1} << 30U;

/// A file of lines with tabs between their cells, whose first line names the columns; a byte order mark and carriage
/// returns are left out. Messages say file and line. One thread.
class TabSeparatedFile {
 public:
  /// `columns` are the ones to be read. Throws Error: kNotFound, kIo, kUnsupported (more than 1 GiB), kCorrupt when
  /// one of them is missing.
  TabSeparatedFile(std::filesystem::path path, const std::vector<std::string_view>& columns);

  TabSeparatedFile(const TabSeparatedFile&) = delete;
  TabSeparatedFile& operator=(const TabSeparatedFile&) = delete;

  /// Goes to the next line that is not empty; false behind the last. Throws Error kCorrupt for a line that is too
  /// short.
  bool next();
  /// The cell of columns[i]; lives as long as the object.
  std::string_view cell(std::size_t i) const { return cells_[positions_[i]]; }

  /// The whole number that a cell holds. `what` is what the message calls it. Throws Error kCorrupt.
  std::size_t number(std::string_view cell, std::string_view what) const;
  /// Throws Error kCorrupt: "file:line: what".
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  std::string_view take_line();

  std::filesystem::path path_;
  std::string bytes_;
  std::string_view left_;
  std::size_t line_ = 0;
  std::vector<std::size_t> positions_;
  std::vector<std::string_view> cells_;
};

/// The n-th token, from 0, of a text whose tokens have spaces between them; nothing when there are not as many.
std::optional<Span> nth_token(std::string_view text, std::size_t n);

}  // namespace riverbank
