#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "index/documents/chunker.h"
#include "index/documents/document_builder.h"

namespace riverbank {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// What is left of a line when its marks and spaces are taken away: the same for "## `Mutex` #" and "Mutex".
std::string letters_of(std::string_view line) {
  std::string letters;
  std::copy_if(line.begin(), line.end(), std::back_inserter(letters), is_letter_or_digit);
  return letters;
}

/// A heading's underline: one mark over and over. Not '`': that may open a block of code.
bool is_underline(std::string_view line) {
  return line.size() >= 3 && std::string_view("=-~^\"'#*+:._").find(line[0]) != std::string_view::npos &&
         line.find_first_not_of(line[0]) == std::string_view::npos;
}

/// Where the text goes on behind a heading's line that ends at `end`: behind its underline and white space.
std::size_t behind_heading(std::string_view text, std::size_t end) {
  LineReader lines(text);
  lines.move_to(end);
  if (const auto line = lines.peek(); line && is_underline(line->content)) lines.next();
  const std::size_t next = text.find_first_not_of(" \t\r\n\f\v", lines.position());
  return std::min(next, text.size());
}

}  // namespace

LeadingHeadings leading_headings(const std::vector<std::string>& headings, std::string_view text) {
  std::vector<std::string> first_lines;
  std::vector<std::size_t> ends;
  LineReader lines(text);
  for (auto line = lines.next(); line && first_lines.size() < headings.size(); line = lines.next()) {
    if (line->blank()) continue;
    std::string letters = line->content.size() <= 4096 ? letters_of(line->content) : std::string();
    if (!letters.empty()) {
      first_lines.push_back(std::move(letters));
      ends.push_back(lines.position());
    } else if (line->content.size() > 256) {
      break;  // no adornment is as long
    }
  }
  for (std::size_t count = first_lines.size(); count > 0; --count) {
    const auto same = [](const std::string& heading, const std::string& line) { return letters_of(heading) == line; };
    if (std::equal(headings.end() - static_cast<std::ptrdiff_t>(count), headings.end(), first_lines.begin(), same)) {
      return {count, behind_heading(text, ends[count - 1])};
    }
  }
  return {};
}

std::string encoded_text(std::string_view title, const std::vector<std::string>& headings, std::string_view text) {
  std::string out;
  const std::size_t shown = headings.size() - leading_headings(headings, text).count;
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) out += ": ";
    out += headings[i];
  }
  if (headings.empty()) out += title;
  if (!out.empty()) out += '\n';
  return out += text;
}

}  // namespace riverbank
