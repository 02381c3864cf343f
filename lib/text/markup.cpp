#include "lib/text/markup.h"

#include <cctype>

namespace riverbank {
namespace {

/// Letters of other scripts are all beyond ASCII; so is some punctuation, which then counts as text: no harm.
bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || std::isalnum(byte) != 0;
}

/// Where the comment or tag that begins at `begin` ends; npos when it is neither or is not closed.
std::size_t markup_end(std::string_view text, std::size_t begin) {
  if (text.substr(begin, 4) == "<!--") {
    const std::size_t end = text.find("-->", begin + 4);
    return end == std::string_view::npos ? end : end + 3;
  }
  const std::size_t name = begin + (text.substr(begin, 2) == "</" ? 2 : 1);
  if (name >= text.size() || std::isalpha(static_cast<unsigned char>(text[name])) == 0) return std::string_view::npos;
  const std::size_t end = text.find_first_of("<>", name);
  return end == std::string_view::npos || text[end] == '<' ? std::string_view::npos : end + 1;
}

}  // namespace

bool is_only_markup(std::string_view text) {
  bool found = false;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '<') {
      const std::size_t end = markup_end(text, at);
      if (end == std::string_view::npos) return false;
      found = true;
      at = end;
    } else if (is_word_byte(text[at])) {
      return false;
    } else {
      ++at;
    }
  }
  return found;
}

}  // namespace riverbank
