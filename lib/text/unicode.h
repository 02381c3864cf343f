#pragma once

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

/// `text` with every ill-formed sequence replaced by U+FFFD.
std::string to_valid_utf8(std::string_view text);

/// Case folded (full folding) and NFKC-normalised with combining marks removed: what two spellings of one word share.
std::string fold_for_search(std::string_view text);

}  // namespace riverbank
