#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/text/span.h"

namespace riverbank {

enum class BlockKind { kHeading, kParagraph, kCode };

/// One piece of a document that should stay together if it fits: a heading, a paragraph, a list item, a code block.
struct Block {
  BlockKind kind = BlockKind::kParagraph;
  Span span;                          ///< bytes of Document::text
  std::vector<std::string> headings;  ///< the headings it stands under, outermost first (a heading: those above it)
  std::string heading;                ///< for kHeading: its text without markup
};

/// What a file says. Blocks are in order, do not overlap, and together hold every byte of text that is not white space.
struct Document {
  std::string text;   ///< the whole file as UTF-8; what every offset and line number refers to
  std::string title;  ///< the first top heading, else the file's name
  std::vector<Block> blocks;
};

/// Reads a file's bytes by the kind that its name tells (Markdown, reStructuredText, plain text, source code).
/// `name` is only looked at, never opened. Any thread.
Document read_document(std::string_view name, std::string utf8_text);

}  // namespace riverbank
