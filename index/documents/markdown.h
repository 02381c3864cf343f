#pragma once

#include "index/documents/document_builder.h"

namespace riverbank {

/// Reads Markdown (CommonMark 0.30 as far as the borders of blocks go, tables, YAML and TOML front matter).
///
/// A scanner of lines and not a parser of the whole language: passages need only to know where headings stand and where
/// blocks end, to the byte of the original, in one pass and without a tree, for a file of any size. What holds a '#' or
/// a rule without being a heading is told apart: fenced and indented code, HTML blocks and comments, quotes, list
/// items, tables, front matter, link definitions. Headings inside quotes and list items do not open sections.
void read_markdown(DocumentBuilder& builder);

}  // namespace riverbank
