#include "index/search/context_pieces.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

namespace riverbank {
namespace {

using DocumentName = std::pair<std::string_view, std::string_view>;  // root, path

DocumentName document_of(const Hit& hit) { return {hit.root, hit.document}; }

bool is_whole(const Hit& hit, const ContextPiece& piece) {
  return piece.range.begin == 0 && piece.range.end == hit.text.size();
}

std::size_t lines_in(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

ContextPassage passage_of(const Hit& hit, const ContextPiece& piece) {
  const std::string_view text = hit.text;
  ContextPassage passage;
  passage.rank = piece.hit + 1;
  passage.score = hit.score;
  passage.document = hit.document;
  passage.root = hit.root;
  passage.title = hit.title;
  passage.headings = hit.headings;
  if (hit.first_line > 0) {
    passage.first_line = hit.first_line + lines_in(text.substr(0, piece.range.begin));
    passage.last_line = hit.first_line + lines_in(text.substr(0, piece.range.end));
  }
  passage.text = text.substr(piece.range.begin, piece.range.end - piece.range.begin);
  passage.shortened = !is_whole(hit, piece);
  passage.cut = piece.cut;
  if (piece.cut) passage.text += " …";
  return passage;
}

/// What stood between two passages that follow each other: the white space that no passage holds.
std::string_view between(const Hit& first, const Hit& second) {
  const std::size_t gap = second.range.begin > first.range.end ? second.range.begin - first.range.end : 0;
  if (gap == 0) return "";
  if (first.first_line == 0) return gap == 1 ? "\n" : "\n\n";  // a record's lines are not known
  if (first.last_line == second.first_line) return " ";
  return first.last_line + 1 == second.first_line ? "\n" : "\n\n";
}

void append(ContextPassage& passage, const Hit& last, const Hit& hit, const ContextPiece& piece) {
  const ContextPassage more = passage_of(hit, piece);
  passage.text += between(last, hit);
  passage.text += more.text;
  passage.last_line = more.last_line;
  passage.shortened = passage.shortened || more.shortened;
  passage.cut = more.cut;
  if (more.rank < passage.rank) std::tie(passage.rank, passage.score) = std::tie(more.rank, more.score);
}

}  // namespace

std::vector<ContextPassage> assemble(std::span<const Hit> hits, std::vector<ContextPiece> pieces) {
  std::map<DocumentName, std::size_t> best;  // hit of each document
  for (const ContextPiece& piece : pieces) {
    const auto [known, fresh] = best.emplace(document_of(hits[piece.hit]), piece.hit);
    if (!fresh) known->second = std::min(known->second, piece.hit);
  }
  std::sort(pieces.begin(), pieces.end(), [&](const ContextPiece& a, const ContextPiece& b) {
    return std::tuple(best.at(document_of(hits[a.hit])), hits[a.hit].position, a.hit) <
           std::tuple(best.at(document_of(hits[b.hit])), hits[b.hit].position, b.hit);
  });
  std::vector<ContextPassage> passages;
  const ContextPiece* last = nullptr;
  for (const ContextPiece& piece : pieces) {
    const Hit& hit = hits[piece.hit];
    const bool follows = last != nullptr && document_of(hits[last->hit]) == document_of(hit) &&
                         hits[last->hit].position + 1 == hit.position &&
                         last->range.end == hits[last->hit].text.size() && piece.range.begin == 0;
    if (follows) {
      append(passages.back(), hits[last->hit], hit, piece);
    } else {
      passages.push_back(passage_of(hit, piece));
    }
    last = &piece;
  }
  return passages;
}

}  // namespace riverbank
