#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "lib/text/normalizer.h"
#include "lib/text/span.h"
#include "lib/text/tokenizer.h"
#include "lib/text/vocabulary.h"
#include "lib/text/wordpiece.h"

namespace riverbank {

/// Splits texts into words, and those into pieces. Immutable: any number of threads.
///
/// A word of nothing but ASCII letters and digits, as most are, is lowercased and hashed in one pass over its bytes and
/// found by one look-up; all else goes character by character through the normalizer.
class Scanner {
 public:
  /// Borrows both, which must stay where they are for as long.
  Scanner(const Normalizer& normalizer, const Vocabulary& vocabulary, std::int32_t unknown_id,
          std::size_t max_word_characters);

  /// Appends the pieces of text[range] to `pieces` until there are `limit` of them or more.
  void scan(std::string_view text, Span range, std::size_t limit, std::vector<Piece>& pieces) const;

 private:
  struct Buffers;

  /// Both return where they stopped.
  std::size_t scan_plain_word(std::string_view text, Span rest, Buffers& buffers, std::vector<Piece>& pieces) const;
  std::size_t scan_characters(std::string_view text, Span rest, Buffers& buffers, std::vector<Piece>& pieces) const;
  void add_lone_character(const NormalizedCharacter& character, Span origin, std::vector<Piece>& pieces) const;
  void add_word(Buffers& buffers, std::vector<Piece>& pieces) const;

  const Normalizer* normalizer_;
  const Vocabulary* vocabulary_;
  WordPiece wordpiece_;
  std::int32_t unknown_id_;
  std::size_t max_word_characters_;
  /// For each byte: what an ASCII character of a word becomes, 0 for all other bytes.
  std::array<char, 256> in_word_{};
  /// For each byte: what it is to the splitter when it is an ASCII character, else kUnknown.
  std::array<NormalizedCharacter::Role, 256> role_{};
  std::array<std::int32_t, 128> lone_id_{};  ///< the pieces of ASCII punctuation
};

}  // namespace riverbank
