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

/// How many of the last headings the text begins with, line by line.
std::size_t headings_in_text(const std::vector<std::string>& headings, std::string_view text) {
  std::vector<std::string> first_lines;
  LineReader lines(text);
  for (auto line = lines.next(); line && first_lines.size() < headings.size(); line = lines.next()) {
    if (line->blank()) continue;
    std::string letters = line->content.size() <= 4096 ? letters_of(line->content) : std::string();
    if (!letters.empty()) {
      first_lines.push_back(std::move(letters));
    } else if (line->content.size() > 256) {
      break;  // no adornment is as long
    }
  }
  for (std::size_t count = first_lines.size(); count > 0; --count) {
    const auto same = [](const std::string& heading, const std::string& line) { return letters_of(heading) == line; };
    if (std::equal(headings.end() - static_cast<std::ptrdiff_t>(count), headings.end(), first_lines.begin(), same)) {
      return count;
    }
  }
  return 0;
}

}  // namespace

std::string encoded_text(std::string_view title, const std::vector<std::string>& headings, std::string_view text) {
  std::string out;
  const std::size_t shown = headings.size() - headings_in_text(headings, text);
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) out += ": ";
    out += headings[i];
  }
  if (headings.empty()) out += title;
  if (!out.empty()) out += '\n';
  return out += text;
}

}  // namespace riverbank
