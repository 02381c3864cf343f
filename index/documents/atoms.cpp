#include "index/documents/atoms.h"

#include <algorithm>
#include <string_view>

#include "index/documents/document_builder.h"
#include "lib/text/sentences.h"

namespace riverbank {
namespace {

constexpr std::size_t kWindowBytes = std::size_t{64} << 10U;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// Whether a text ends as sentences do, rather than at the end of a line that was wrapped.
bool ends_sentence(std::string_view text) {
  while (!text.empty() && std::string_view("\"')]*_`").find(text.back()) != std::string_view::npos)
    text.remove_suffix(1);
  for (const std::string_view mark : {".", "!", "?", ":", ";", "…", "。", "！", "？", "”", "’", "»"}) {
    if (text.ends_with(mark)) return true;
  }
  return false;
}

}  // namespace

/// As much of a block as is tokenized at once, up to white space where there is some.
Span AtomCutter::window_at(std::size_t begin, std::size_t end) const {
  if (end - begin <= kWindowBytes) return {begin, end};
  const std::size_t limit = begin + kWindowBytes;
  for (std::size_t at = limit; at > begin + kWindowBytes / 2; --at) {
    if (is_space(text_[at])) return {begin, at};
  }
  std::size_t at = limit;
  while (at > limit - 4 && is_continuation(text_[at])) --at;
  return {begin, at};
}

bool AtomCutter::ends_at_space(std::size_t at) const { return is_space(text_[at]) || is_space(text_[at - 1]); }

void AtomCutter::add(const Block& block, Span span, std::size_t tokens, Cut before) {
  while (!span.empty() && is_space(text_[span.begin])) ++span.begin;
  while (!span.empty() && is_space(text_[span.end - 1])) --span.end;
  if (span.empty()) return;
  atoms_.push_back(
      {span, block.section, static_cast<std::uint32_t>(tokens), before, block.kind == BlockKind::kHeading, is_markup_});
}

/// Where the sentences (or the lines) of a window begin, and how good a cut each beginning is.
std::vector<std::size_t> AtomCutter::unit_begins(const Block& block, Span window, std::vector<Cut>& cuts) const {
  std::vector<std::size_t> begins = {window.begin};
  cuts = {Cut::kBlock};
  const std::string_view text = window.of(text_);
  if (block.kind == BlockKind::kLines) {
    for (std::size_t newline = text.find('\n'); newline != std::string_view::npos;
         newline = text.find('\n', newline + 1)) {
      begins.push_back(window.begin + newline + 1);
      cuts.push_back(Cut::kSentence);
    }
    return begins;
  }
  std::size_t previous_end = 0;
  for (const Span& sentence : sentences(text)) {
    if (sentence.begin > 0 && previous_end > 0) {
      begins.push_back(window.begin + sentence.begin);
      cuts.push_back(ends_sentence(text.substr(0, previous_end)) ? Cut::kSentence : Cut::kLine);
    }
    previous_end = sentence.end;
  }
  return begins;
}

void AtomCutter::cut_window(const Block& block, Span window, Cut before) {
  pieces_ = tokenizer_.pieces(window.of(text_));
  for (Piece& piece : pieces_) piece.span = {piece.span.begin + window.begin, piece.span.end + window.begin};
  // A short block stays whole: cutting it gains less than it costs.
  if (pieces_.size() <= std::max<std::size_t>(1, limits_.tokens / 4) && window.size() <= limits_.bytes / 4) {
    return add(block, window, pieces_.size(), before);
  }
  std::vector<Cut> cuts;
  const std::vector<std::size_t> begins = unit_begins(block, window, cuts);
  std::size_t first = 0;
  Cut cut = before;
  for (std::size_t unit = 0; unit < begins.size();) {
    std::size_t next = unit + 1;
    std::size_t end = 0;
    std::size_t last = first;
    while (true) {  // a unit that ends inside a piece is none: the next belongs to it
      end = next < begins.size() ? begins[next] : window.end;
      while (last < pieces_.size() && pieces_[last].span.begin < end) ++last;
      if (next == begins.size()) break;
      const bool inside_piece = last > first && pieces_[last - 1].span.end > end;
      const bool inside_word = last < pieces_.size() && !pieces_[last].starts_word;
      if (!inside_piece && !inside_word) break;
      ++next;
    }
    const Span span{begins[unit], end};
    if (last - first <= limits_.tokens && span.size() <= limits_.bytes) {
      add(block, span, last - first, cut);
    } else {
      cut_words(block, span, first, last, cut);
    }
    if (next < begins.size()) cut = cuts[next];
    unit = next;
    first = last;
  }
}

/// Groups the pieces [first, last) of a unit that is too long: at white space once there is a quarter of what fits, at
/// the border of any word when all of it is full, inside a word when nothing else is left.
void AtomCutter::cut_words(const Block& block, Span unit, std::size_t first, std::size_t last, Cut before) {
  const std::size_t enough = std::max<std::size_t>(1, limits_.tokens / 4);
  const auto end_of = [&](std::size_t piece) { return piece + 1 < last ? pieces_[piece + 1].span.begin : unit.end; };
  std::size_t begin = unit.begin;
  std::size_t start = first;  // the first piece of the atom
  while (start < last) {
    std::size_t at_space = 0;  // the last piece before which a cut is good; 0: none, as start is never one
    std::size_t at_word = 0;
    std::size_t piece = start;
    for (; piece < last; ++piece) {
      if (piece > start && pieces_[piece].starts_word) {
        at_word = piece;
        if (is_space(text_[pieces_[piece].span.begin - 1])) at_space = piece;
      }
      const std::size_t count = piece - start + 1;
      const bool full = count > limits_.tokens || end_of(piece) - begin > limits_.bytes;
      if (full || (count > enough && at_space != 0)) break;
    }
    if (piece == last) return add(block, {begin, unit.end}, last - start, before);
    const std::size_t cut = at_space != 0 ? at_space : at_word;
    if (cut != 0) {
      add(block, {begin, pieces_[cut].span.begin}, cut - start, before);
      begin = pieces_[cut].span.begin;
      start = cut;
      before = Cut::kWord;
      continue;
    }
    std::size_t next = start + 1;  // one word fills more than an atom
    while (next < last && !pieces_[next].starts_word) ++next;
    const std::size_t end = next < last ? pieces_[next].span.begin : unit.end;
    cut_bytes(block, {begin, end});
    begin = end;
    start = next;
    before = Cut::kForced;
  }
  if (begin < unit.end) cut_bytes(block, {begin, unit.end});  // bytes of which the tokenizer makes nothing
}

/// Parts of a word, or of bytes that are no word at all, each in a chunk of its own: put side by side again they would
/// make other tokens.
void AtomCutter::cut_bytes(const Block& block, Span range) {
  while (!range.empty()) {
    std::size_t size = std::min(range.size(), limits_.bytes);
    std::size_t tokens = 0;
    while (true) {
      std::size_t end = range.begin + size;
      while (end > range.begin + 1 && end < range.end && end > range.begin + size - std::min<std::size_t>(size, 4) &&
             is_continuation(text_[end])) {
        --end;
      }
      size = end - range.begin;
      tokens = tokenizer_.pieces(Span{range.begin, end}.of(text_)).size();
      if (tokens <= limits_.tokens || size <= 4) break;
      size = std::max<std::size_t>(4, std::min(size / 2, limits_.tokens));
    }
    add(block, {range.begin, range.begin + size}, tokens, Cut::kForced);
    range.begin += size;
  }
}

}  // namespace riverbank
