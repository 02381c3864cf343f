#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/documents/document.h"
#include "lib/text/markup.h"
#include "lib/text/tokenizer.h"

namespace riverbank {

/// How good a place to cut is, best first.
enum class Cut : std::uint8_t { kHeading, kBlock, kSentence, kLine, kWord, kForced };

/// A stretch of a document that is not cut: a short paragraph, a sentence, a line, some words.
struct Atom {
  Span span;
  std::uint32_t section = 0;
  std::uint32_t tokens = 0;  ///< without special tokens; those of neighbours add up, as no atom ends inside a word …
  Cut cut = Cut::kBlock;     ///< what the place before it is; … except at kForced, where a chunk must end
  bool is_heading = false;
  bool is_markup = false;  ///< comments and tags alone: nothing to read

  bool is_body() const { return !is_heading && !is_markup; }
};

/// What one atom may hold.
struct AtomLimits {
  std::size_t tokens = 0;
  std::size_t bytes = 0;
};

/// Cuts blocks into atoms, tokenizing each byte once. Holds the pieces of 64 KiB at a time.
class AtomCutter {
 public:
  AtomCutter(std::string_view text, const Tokenizer& tokenizer, AtomLimits limits)
      : text_(text), tokenizer_(tokenizer), limits_(limits) {}

  /// Calls `take(const Atom&)` for the atoms of a block in order.
  template <typename Take>
  void cut(const Block& block, Take&& take) {
    is_markup_ = block.kind == BlockKind::kParagraph && is_only_markup(block.span.of(text_));
    Cut before = block.kind == BlockKind::kHeading ? Cut::kHeading : Cut::kBlock;
    for (std::size_t at = block.span.begin; at < block.span.end;) {
      const Span window = window_at(at, block.span.end);
      atoms_.clear();
      cut_window(block, window, before);
      for (const Atom& atom : atoms_) take(atom);
      at = window.end;
      before = at < block.span.end && !ends_at_space(at) ? Cut::kForced : Cut::kLine;
    }
  }

 private:
  Span window_at(std::size_t begin, std::size_t end) const;
  bool ends_at_space(std::size_t at) const;
  void cut_window(const Block& block, Span window, Cut before);
  std::vector<std::size_t> unit_begins(const Block& block, Span window, std::vector<Cut>& cuts) const;
  void cut_words(const Block& block, Span unit, std::size_t first, std::size_t last, Cut before);
  void cut_bytes(const Block& block, Span range);
  void add(const Block& block, Span span, std::size_t tokens, Cut before);

  std::string_view text_;
  const Tokenizer& tokenizer_;
  AtomLimits limits_;
  std::vector<Piece> pieces_;  ///< of the window, their spans in the whole text
  std::vector<Atom> atoms_;
  bool is_markup_ = false;  // the block being cut
};

}  // namespace riverbank
