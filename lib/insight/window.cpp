#include "lib/insight/window.h"

#include <algorithm>
#include <vector>

#include "lib/insight/words.h"
#include "riverbank/error.h"

namespace riverbank {

namespace {
constexpr std::size_t kClsAndSep = 2;
}

WordWindow window_around(const Model& model, std::string_view text, Span middle, std::size_t max_tokens) {
  if (max_tokens <= kClsAndSep) {
    throw Error(ErrorKind::kInvalidArgument, "A window of fewer than 3 tokens has no room for a word.");
  }
  const std::vector<Piece> pieces = model.tokenizer.pieces(text);
  WordWindow window{{0, text.size()}, pieces.size() + kClsAndSep};
  if (window.tokens <= max_tokens) return window;

  const std::size_t room = max_tokens - kClsAndSep;
  const auto at = std::partition_point(pieces.begin(), pieces.end(),
                                       [&](const Piece& piece) { return piece.span.begin < middle.begin; });
  const auto centre = std::min(static_cast<std::size_t>(at - pieces.begin()), pieces.size() - 1);
  std::size_t first = std::min(centre - std::min(centre, room / 2), pieces.size() - room);
  std::size_t end = first + room;
  while (first < centre && !pieces[first].starts_word) ++first;
  while (end > centre + 1 && end < pieces.size() && !pieces[end].starts_word) --end;
  window.span = {first == 0 ? 0 : pieces[first].span.begin,
                 end == pieces.size() ? text.size() : pieces[end - 1].span.end};
  return window;
}

Span span_of_word(const Model& model, std::string_view text, std::string_view name) {
  std::vector<TracedToken> tokens;
  for (const Piece& piece : model.tokenizer.pieces(text)) {
    tokens.push_back(
        {.begin = piece.span.begin, .end = piece.span.end, .piece = std::string(model.tokenizer.piece(piece.id))});
  }
  return place_of_word(text, tokens, parse_word_name(name)).span;
}

}  // namespace riverbank
