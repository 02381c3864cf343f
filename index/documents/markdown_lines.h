#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "index/documents/document_builder.h"

namespace riverbank {

// What one line of Markdown begins or ends, by CommonMark 0.30; `content` is a line without white space at its ends
// that is not indented as code.

struct MarkdownFence {
  char mark = '`';
  std::size_t length = 3;
};

std::optional<MarkdownFence> opening_fence(std::string_view content);
bool closes_fence(const Line& line, const MarkdownFence& fence);

/// 1 to 6 for "# …" to "###### …", else 0; and what stands between the marks.
std::size_t atx_level(std::string_view content);
std::string_view atx_text(std::string_view content);

/// 1 for "===", 2 for "---", else 0.
std::size_t setext_level(std::string_view content);

/// "***", "- - -" and the like.
bool is_thematic_break(std::string_view content);

struct ListMarker {
  std::size_t width = 0;       ///< columns from the marker to the item's text; 0: not a list item
  bool may_interrupt = false;  ///< whether it may follow a paragraph's line directly
};
ListMarker list_marker(const Line& line);

/// "|---|:--:|": the second line of a table.
bool is_table_rule(std::string_view content);

/// "[name]: address".
bool is_link_definition(std::string_view content);

struct HtmlBlock {
  enum class Kind { kNone, kBlockTag, kAnyTag, kUntilEnd };
  Kind kind = Kind::kNone;
  std::string_view end;  ///< of kUntilEnd: what ends it; the others end at a blank line
};
HtmlBlock opening_html(std::string_view content);

/// A heading without its markup: emphasis, code marks, links, images, HTML tags, "{#id}", escapes. Of a very long one
/// the beginning.
std::string plain_heading(std::string_view markdown);

}  // namespace riverbank
