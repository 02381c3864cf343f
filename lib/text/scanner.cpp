#include "lib/text/scanner.h"

#include <algorithm>
#include <string>

#include "lib/text/utf8.h"

namespace riverbank {

/// What one scan needs again and again, so that no word allocates.
struct Scanner::Buffers {
  std::string plain;
  NormalizedText word;
  Span word_span;                   ///< of the characters of `word` and of those beyond the limit
  std::size_t word_characters = 0;  ///< with those beyond the limit
  std::vector<WordPart> parts;
};

Scanner::Scanner(const Normalizer& normalizer, const Vocabulary& vocabulary, std::int32_t unknown_id,
                 std::size_t max_word_characters)
    : normalizer_(&normalizer),
      vocabulary_(&vocabulary),
      wordpiece_(vocabulary, unknown_id),
      unknown_id_(unknown_id),
      max_word_characters_(max_word_characters) {
  for (std::size_t byte = 0; byte < lone_id_.size(); ++byte) {
    const NormalizedCharacter& character = normalizer(static_cast<char32_t>(byte));
    role_[byte] = character.role;
    if (character.role == NormalizedCharacter::kInWord) in_word_[byte] = character.bytes_array[0];
    if (character.role == NormalizedCharacter::kAlone) lone_id_[byte] = vocabulary.find(character.bytes());
    if (lone_id_[byte] == Vocabulary::kNone) lone_id_[byte] = unknown_id;
  }
}

void Scanner::scan(std::string_view text, Span range, std::size_t limit, std::vector<Piece>& pieces) const {
  Buffers buffers;
  buffers.plain.resize(max_word_characters_);
  std::size_t at = range.begin;
  while (at < range.end && pieces.size() < limit) {
    const auto byte = static_cast<unsigned char>(text[at]);
    switch (role_[byte]) {
      case NormalizedCharacter::kSpace:
        ++at;
        break;
      case NormalizedCharacter::kAlone:
        pieces.push_back({lone_id_[byte], {at, at + 1}, true});
        ++at;
        break;
      case NormalizedCharacter::kInWord:
        at = scan_plain_word(text, {at, range.end}, buffers, pieces);
        break;
      default:
        at = scan_characters(text, {at, range.end}, buffers, pieces);
    }
  }
}

std::size_t Scanner::scan_plain_word(std::string_view text, Span rest, Buffers& buffers,
                                     std::vector<Piece>& pieces) const {
  const std::size_t begin = rest.begin;
  const std::size_t farthest = begin + std::min(rest.size(), max_word_characters_);
  Vocabulary::Hash hash = Vocabulary::Hash::of_beginning();
  char* const word = buffers.plain.data();
  std::size_t at = begin;
  for (; at < farthest; ++at) {
    const char byte = in_word_[static_cast<unsigned char>(text[at])];
    if (byte == 0) break;
    word[at - begin] = byte;
    hash.add(byte);
  }
  if (at < rest.end) {
    const NormalizedCharacter::Role next = role_[static_cast<unsigned char>(text[at])];
    const bool ends_here = next == NormalizedCharacter::kSpace || next == NormalizedCharacter::kAlone;
    if (!ends_here) return scan_characters(text, rest, buffers, pieces);
  }
  const std::string_view plain(word, at - begin);
  const std::int32_t id = vocabulary_->find_beginning(plain, hash);
  if (id != Vocabulary::kNone) {
    pieces.push_back({id, {begin, at}, true});
    return at;
  }
  buffers.parts.clear();
  wordpiece_.split(plain, buffers.parts);
  for (const WordPart& part : buffers.parts) {
    pieces.push_back({part.id, {begin + part.begin, begin + part.end}, part.begin == 0});
  }
  return at;
}

std::size_t Scanner::scan_characters(std::string_view text, Span rest, Buffers& buffers,
                                     std::vector<Piece>& pieces) const {
  buffers.word.clear();
  buffers.word_characters = 0;
  std::size_t at = rest.begin;
  while (at < rest.end) {
    const CodePoint c = decode_utf8(text.substr(at, rest.end - at));
    const NormalizedCharacter& character = (*normalizer_)(c.value);
    const Span origin{at, at + c.size};
    if (character.role == NormalizedCharacter::kInWord) {
      if (buffers.word_characters == 0) buffers.word_span.begin = origin.begin;
      buffers.word_span.end = origin.end;
      buffers.word_characters += character.num_characters;
      if (buffers.word_characters <= max_word_characters_) buffers.word.add(character, origin);
    } else if (character.role != NormalizedCharacter::kRemoved) {
      add_word(buffers, pieces);
      if (character.role == NormalizedCharacter::kAlone) add_lone_character(character, origin, pieces);
      return origin.end;
    }
    at = origin.end;
  }
  add_word(buffers, pieces);
  return at;
}

void Scanner::add_lone_character(const NormalizedCharacter& character, Span origin, std::vector<Piece>& pieces) const {
  const std::int32_t id = vocabulary_->find(character.bytes());
  pieces.push_back({id == Vocabulary::kNone ? unknown_id_ : id, origin, true});
}

void Scanner::add_word(Buffers& buffers, std::vector<Piece>& pieces) const {
  if (buffers.word_characters == 0) return;
  if (buffers.word_characters > max_word_characters_) {
    pieces.push_back({unknown_id_, buffers.word_span, true});
    return;
  }
  buffers.parts.clear();
  wordpiece_.split(buffers.word.bytes(), buffers.parts);
  for (const WordPart& part : buffers.parts) {
    pieces.push_back({part.id, buffers.word.origin(part.begin, part.end), part.begin == 0});
  }
}

}  // namespace riverbank
