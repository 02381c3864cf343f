#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/text/span.h"

namespace riverbank {

enum class BlockKind : std::uint8_t {
  kHeading,    ///< opens the section that it names
  kParagraph,  ///< prose: cut at sentences when it must be cut
  kLines,      ///< code, a table, a header: cut at line ends
};

/// One piece of a document that should stay together if it fits: a heading, a paragraph, a list item, a code block.
struct Block {
  Span span;                  ///< bytes of Document::text, no white space at the ends
  std::uint32_t section = 0;  ///< which of Document::sections it belongs to (a heading: the one it opens)
  BlockKind kind = BlockKind::kParagraph;
};

/// What stands under one heading. Section 0 is the document as a whole, before any heading.
struct Section {
  std::uint32_t parent = 0;  ///< the section it is a part of; 0 of itself for section 0
  std::string heading;  ///< without markup; of section 0: the title when a header of the file states it, else empty
};

/// What a file says. Blocks are in order, do not overlap, and together hold every byte of text that is not ASCII white
/// space.
struct Document {
  std::string text;   ///< the whole file as UTF-8; what every offset and line number refers to
  std::string title;  ///< stated by a header (front matter, "Title:"), else the first top heading, else the file's name
  std::vector<Section> sections = {Section{}};
  std::vector<Block> blocks;

  /// The headings a section stands under and its own, outermost first, none twice in a row.
  std::vector<std::string> heading_path(std::uint32_t section) const;
};

/// The extensions of a kind of file, in small letters, without the dot: "markdown", "restructuredtext", "code", "text"
/// (what is read as plain text: "txt", "text" and none). Empty for any other word.
std::vector<std::string_view> extensions_of_kind(std::string_view kind);

/// Reads a file's text by the kind that its name tells: Markdown, reStructuredText, source code, else plain text.
/// `name` is only looked at, never opened; it may be empty (a record's text). Any bytes are safe, well-formed UTF-8 or
/// not. Linear time. Any thread.
Document read_document(std::string_view name, std::string utf8_text);

}  // namespace riverbank
