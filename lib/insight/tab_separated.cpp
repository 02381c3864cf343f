#include "lib/insight/tab_separated.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "lib/base/file.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> cells;
  for (std::size_t tab = line.find('\t'); tab != std::string_view::npos; tab = line.find('\t')) {
    cells.push_back(line.substr(0, tab));
    line.remove_prefix(tab + 1);
  }
  cells.push_back(line);
  return cells;
}

}  // namespace

TabSeparatedFile::TabSeparatedFile(std::filesystem::path path, const std::vector<std::string_view>& columns)
    : path_(std::move(path)), bytes_(read_file(path_, kMostTableBytes)), left_(bytes_) {
  if (left_.starts_with("\xEF\xBB\xBF")) left_.remove_prefix(3);
  cells_ = split(take_line());
  std::string missing;
  for (const std::string_view column : columns) {
    const auto found = std::find(cells_.begin(), cells_.end(), column);
    positions_.push_back(static_cast<std::size_t>(found - cells_.begin()));
    if (found == cells_.end()) missing += (missing.empty() ? "" : ", ") + std::string(column);
  }
  if (!missing.empty()) refuse("the first line must name the columns, and these are missing: " + missing);
}

std::string_view TabSeparatedFile::take_line() {
  std::string_view line = left_.substr(0, left_.find('\n'));
  left_.remove_prefix(std::min(left_.size(), line.size() + 1));
  if (line.ends_with('\r')) line.remove_suffix(1);
  ++line_;
  return line;
}

bool TabSeparatedFile::next() {
  while (!left_.empty()) {
    const std::string_view line = take_line();
    if (line.empty()) continue;
    cells_ = split(line);
    const std::size_t needed = *std::max_element(positions_.begin(), positions_.end()) + 1;
    if (cells_.size() < needed) {
      refuse(fmt::format("the line has {} columns; the first line's go on to the {}th", cells_.size(), needed));
    }
    return true;
  }
  return false;
}

std::size_t TabSeparatedFile::number(std::string_view cell, std::string_view what) const {
  std::size_t value = 0;
  const auto [end, failed] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (failed != std::errc() || end != cell.data() + cell.size()) {
    refuse(fmt::format("{} must be a whole number, but is \"{}\"", what, printable(cell)));
  }
  return value;
}

void TabSeparatedFile::refuse(const std::string& what) const {
  throw Error(ErrorKind::kCorrupt, fmt::format("{}:{}: {}", printable(path_.string()), line_, what));
}

std::optional<Span> nth_token(std::string_view text, std::size_t n) {
  std::size_t begin = text.find_first_not_of(' ');
  for (; begin != std::string_view::npos; --n) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    if (n == 0) return Span{begin, end};
    begin = text.find_first_not_of(' ', end);
  }
  return std::nullopt;
}

}  // namespace riverbank
