#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace riverbank {

/// What a file's bytes turned out to be.
struct DecodedText {
  std::string text;      ///< well-formed UTF-8, no byte order mark
  std::string encoding;  ///< "UTF-8", "UTF-16LE", "windows-1252" …
};

/// The text of a file's bytes: byte order mark, else UTF-8 when well formed, else UTF-16 by its zero bytes, else ICU's
/// best guess. Nothing when the bytes are no text at all (a NUL byte, or too many control characters): a binary file.
std::optional<DecodedText> decode_text(std::string_view bytes);

/// `text` with U+FFFD for each byte that belongs to no well-formed sequence.
std::string to_valid_utf8(std::string_view text);

/// What two spellings of one word share: NFKC-normalised and case folded (full folding), without accents and points
/// (marks that make another letter stay: vowel signs, viramas, voicing marks, Thai tones).
/// Throws Error kInvalidArgument for more than 1 GiB.
std::string fold_for_search(std::string_view text);

/// What BERT's tokenizer asks about a character.
enum class CharacterKind : std::uint8_t {
  kWord,         ///< all that is nothing of the below
  kSpace,        ///< White_Space, unless it is kControl
  kControl,      ///< general category Cc, Cf or Co, but for tab, newline and carriage return
  kPunctuation,  ///< general category P, and all ASCII characters that are neither letter, digit nor control
  kMark,         ///< general category Mn
};

/// The kind of a code point as Unicode 8.0 knew it: the models' vocabularies were made with the reference tokenizer,
/// whose tables are that old. What is younger is kWord. Slow (ICU); keep what it says.
CharacterKind character_kind(char32_t c);

/// The canonical decomposition of a code point (itself when it has none), again as Unicode 8.0 knew it.
std::u32string canonical_decomposition(char32_t c);

/// White_Space, what a regular expression calls \\s.
bool is_white_space(char32_t c);

/// What a regular expression calls \\w (UTS #18, annex C): letters, marks, digits, connectors, joiners.
bool is_word_character(char32_t c);

/// Whether a character is of a script that puts no spaces between words (Han, kana, Thai, Lao, Khmer, Myanmar …), or of
/// Korean's, which does but puts endings on them.
bool is_unspaced_script(char32_t c);

/// Canonical_Combining_Class: 0 for a character that starts a sequence.
std::uint8_t combining_class(char32_t c);

/// The lower case of a code point by itself (SpecialCasing.txt without its conditions): one or two code points.
std::u32string lowercase(char32_t c);

}  // namespace riverbank
