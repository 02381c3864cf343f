#include "lib/insight/pronoun_cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "lib/base/file.h"
#include "lib/base/printable.h"
#include "lib/text/utf8.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30U;

enum Column { kId, kText, kPronoun, kPronounOffset, kA, kAOffset, kACoref, kB, kBOffset, kBCoref, kColumns };
constexpr std::array<std::string_view, kColumns> kNames{"ID",       "Text",    "Pronoun", "Pronoun-offset", "A",
                                                        "A-offset", "A-coref", "B",       "B-offset",       "B-coref"};

/// Where a message points to.
struct Place {
  const std::filesystem::path& file;
  std::size_t line = 0;

  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorKind::kCorrupt, fmt::format("{}:{}: {}", printable(file.string()), line, what));
  }
};

std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  for (std::size_t tab = line.find('\t'); tab != std::string_view::npos; tab = line.find('\t')) {
    cells.push_back(line.substr(0, tab));
    line.remove_prefix(tab + 1);
  }
  cells.push_back(line);
  return cells;
}

/// Where each of our columns stands among the file's.
std::array<std::size_t, kColumns> read_header(std::string_view line, const Place& place) {
  std::array<std::size_t, kColumns> positions{};
  const std::vector<std::string_view> cells = cells_of(line);
  std::string missing;
  for (std::size_t column = 0; column < kColumns; ++column) {
    const auto found = std::find(cells.begin(), cells.end(), kNames[column]);
    positions[column] = static_cast<std::size_t>(found - cells.begin());
    if (found == cells.end()) missing += (missing.empty() ? "" : ", ") + std::string(kNames[column]);
  }
  if (!missing.empty()) {
    place.refuse("the first line must name the columns of GAP's files, and these are missing: " + missing);
  }
  return positions;
}

/// The bytes of `name`, which must stand at that character of the text.
Span find_at(std::string_view text, std::string_view offset, std::string_view name, Column column, const Place& place) {
  std::size_t characters = 0;
  const auto [end, failed] = std::from_chars(offset.data(), offset.data() + offset.size(), characters);
  if (failed != std::errc() || end != offset.data() + offset.size()) {
    place.refuse(fmt::format("{} must be a whole number, but is \"{}\"", kNames[column], printable(offset)));
  }
  std::size_t begin = 0;
  for (std::size_t i = 0; i < characters && begin < text.size(); ++i) begin += decode_utf8(text.substr(begin)).size;
  if (name.empty() || text.substr(begin, name.size()) != name) {
    place.refuse(fmt::format("\"{}\" does not stand at character {} of the text ({})", printable(name), characters,
                             kNames[column]));
  }
  return {begin, begin + name.size()};
}

bool read_truth(std::string_view cell, Column column, const Place& place) {
  std::string lower(cell);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  if (lower != "true" && lower != "false") {
    place.refuse(fmt::format("{} must be TRUE or FALSE, but is \"{}\"", kNames[column], printable(cell)));
  }
  return lower == "true";
}

}  // namespace

std::vector<PronounCase> read_pronoun_cases(const std::filesystem::path& file) {
  const std::string bytes = read_file(file, kMostBytes);
  std::vector<PronounCase> cases;
  Place place{file};
  std::array<std::size_t, kColumns> positions{};
  for (std::string_view left = bytes; !left.empty();) {
    std::string_view line = left.substr(0, left.find('\n'));
    left.remove_prefix(std::min(left.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (++place.line == 1) {
      if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
      positions = read_header(line, place);
      continue;
    }
    if (line.empty()) continue;
    const std::vector<std::string_view> cells = cells_of(line);
    const std::size_t needed = *std::max_element(positions.begin(), positions.end()) + 1;
    if (cells.size() < needed) {
      place.refuse(fmt::format("the line has {} columns; the first line names at least {}", cells.size(), needed));
    }
    const auto cell = [&](Column column) { return cells[positions[column]]; };
    const bool a = read_truth(cell(kACoref), kACoref, place);
    const bool b = read_truth(cell(kBCoref), kBCoref, place);
    PronounCase one;
    one.id = cell(kId);
    one.text = cell(kText);
    one.pronoun = find_at(one.text, cell(kPronounOffset), cell(kPronoun), kPronounOffset, place);
    one.names[0] = find_at(one.text, cell(kAOffset), cell(kA), kAOffset, place);
    one.names[1] = find_at(one.text, cell(kBOffset), cell(kB), kBOffset, place);
    one.right = a ? 0 : 1;
    if (a != b) cases.push_back(std::move(one));
  }
  if (place.line == 0) {
    place.line = 1;
    read_header("", place);
  }
  return cases;
}

}  // namespace riverbank
