#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "lib/text/span.h"
#include "lib/text/vocabulary.h"

namespace riverbank {

/// A piece of a word: which, and which of the word's bytes.
struct WordPart {
  std::int32_t id = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

/// WordPiece (arXiv:1609.08144, section 4.1, as BERT does it): the longest piece that the word begins with, then the
/// longest continuation that what is left begins with, and so on; the unknown piece for the whole word when that comes
/// to a place where nothing fits. Immutable.
class WordPiece {
 public:
  /// Borrows the vocabulary, which must stay where it is for as long.
  WordPiece(const Vocabulary& vocabulary, std::int32_t unknown_id)
      : vocabulary_(&vocabulary), unknown_id_(unknown_id) {}

  /// Appends the pieces of `word` (well-formed UTF-8, not empty) to `parts`.
  void split(std::string_view word, std::vector<WordPart>& parts) const;

 private:
  /// The longest piece at byte `begin`; its id is Vocabulary::kNone when nothing fits.
  WordPart longest_at(std::string_view word, std::size_t begin) const;

  const Vocabulary* vocabulary_;
  std::int32_t unknown_id_;
};

}  // namespace riverbank
