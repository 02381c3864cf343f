#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "riverbank/context.h"

namespace riverbank {

/// A part of a hit that goes into a context: all of it, some whole sentences, or the beginning of one.
struct ContextPiece {
  std::size_t hit = 0;  ///< its index, which is its rank from 0
  TextRange range;      ///< of Hit::text
  bool cut = false;     ///< ends inside a sentence
};

/// Pieces as passages: those that follow each other in a document without a gap are one. Ordered by document (the one
/// with the best hit first), then by their place in it.
std::vector<ContextPassage> assemble(std::span<const Hit> hits, std::vector<ContextPiece> pieces);

}  // namespace riverbank
