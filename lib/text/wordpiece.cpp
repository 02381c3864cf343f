#include "lib/text/wordpiece.h"

#include <algorithm>

#include "lib/text/utf8.h"

namespace riverbank {

WordPart WordPiece::longest_at(std::string_view word, std::size_t begin) const {
  const bool is_beginning = begin == 0;
  const std::string_view rest = word.substr(begin);
  const std::size_t longest =
      std::min(rest.size(), is_beginning ? vocabulary_->longest_beginning() : vocabulary_->longest_continuation());
  Vocabulary::Hash hash = is_beginning ? Vocabulary::Hash::of_beginning() : Vocabulary::Hash::of_continuation();
  WordPart found{Vocabulary::kNone, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(begin)};
  // From short to long, since the hash grows that way; the look-ups do not wait for each other.
  for (std::size_t length = 1; length <= longest; ++length) {
    hash.add(rest[length - 1]);
    if (length < rest.size() && is_utf8_continuation(rest[length])) continue;
    const std::string_view key = rest.substr(0, length);
    const std::int32_t id =
        is_beginning ? vocabulary_->find_beginning(key, hash) : vocabulary_->find_continuation(key, hash);
    if (id == Vocabulary::kNone) continue;
    found.id = id;
    found.end = static_cast<std::uint32_t>(begin + length);
  }
  return found;
}

void WordPiece::split(std::string_view word, std::vector<WordPart>& parts) const {
  const std::size_t before = parts.size();
  for (std::size_t begin = 0; begin < word.size();) {
    const WordPart part = longest_at(word, begin);
    if (part.id == Vocabulary::kNone) {
      parts.resize(before);
      parts.push_back({unknown_id_, 0, static_cast<std::uint32_t>(word.size())});
      return;
    }
    parts.push_back(part);
    begin = part.end;
  }
}

}  // namespace riverbank
