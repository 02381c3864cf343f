#include "lib/embed/windows.h"

#include <algorithm>

#include "lib/embed/pooling.h"
#include "lib/text/sentences.h"

namespace riverbank {

namespace {

constexpr std::size_t kOverlap = 8;  // one eighth of a window is read twice

/// Where a window may begin or end, as numbers of pieces: a window [begin, end) reads the pieces begin to end - 1.
struct Borders {
  std::vector<bool> sentence;  // (pieces) whether a sentence begins with this one
  std::vector<bool> word;      // (pieces) whether a word does

  Borders(std::string_view text, std::span<const Piece> pieces) : sentence(pieces.size()), word(pieces.size()) {
    const std::vector<Span> spans = sentences(text);
    std::size_t next = 0;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      word[i] = pieces[i].starts_word;
      while (next < spans.size() && spans[next].begin <= pieces[i].span.begin) {
        sentence[i] = true;
        ++next;
      }
    }
  }

  /// The last border in (low, high], high being one if there is no other.
  std::size_t last(std::size_t low, std::size_t high) const {
    for (const std::vector<bool>* borders : {&sentence, &word}) {
      for (std::size_t i = high; i > low; --i) {
        if ((*borders)[i]) return i;
      }
    }
    return high;
  }

  /// The first border in [low, high), high if there is none.
  std::size_t first(std::size_t low, std::size_t high) const {
    for (const std::vector<bool>* borders : {&sentence, &word}) {
      for (std::size_t i = low; i < high; ++i) {
        if ((*borders)[i]) return i;
      }
    }
    return high;
  }
};

}  // namespace

std::vector<TextWindow> windows_of(std::string_view text, std::span<const Piece> pieces, std::size_t most_tokens) {
  if (pieces.size() <= most_tokens) return {{{0, text.size()}, pieces.size()}};
  const Borders borders(text, pieces);
  std::vector<TextWindow> windows;
  std::size_t read = 0;  // pieces that some window holds
  for (std::size_t begin = 0; read < pieces.size();) {
    std::size_t end = std::min(begin + most_tokens, pieces.size());
    if (end < pieces.size()) end = borders.last(std::max(read, begin + most_tokens / 2), end);
    windows.push_back({{pieces[begin].span.begin, pieces[end - 1].span.end}, end - read});
    begin = borders.first(std::max(begin + 1, end - std::min(end, most_tokens / kOverlap)), end);
    read = end;
  }
  return windows;
}

RowVector pool_windows(const MatrixView& vectors, std::span<const TextWindow> windows) {
  RowVector sum = RowVector::Zero(vectors.cols());
  for (std::size_t i = 0; i < windows.size(); ++i) {
    sum += static_cast<float>(windows[i].new_tokens) * vectors.row(static_cast<Eigen::Index>(i));
  }
  return normalise(sum);
}

}  // namespace riverbank
