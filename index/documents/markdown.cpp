#include "index/documents/markdown.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "index/documents/markdown_lines.h"

namespace riverbank {
namespace {

class MarkdownReader {
 public:
  explicit MarkdownReader(DocumentBuilder& builder) : builder_(builder), lines_(builder.text()), pending_(builder) {}

  void read() {
    front_matter();
    while (const auto line = lines_.next()) take(*line);
    pending_.close();
  }

 private:
  void front_matter();
  void state_title_from(std::string_view front_matter, bool toml);
  void take(const Line& line);
  bool goes_on_verbatim(const Line& line);
  bool opens_verbatim(const Line& line);
  bool takes_as_heading(const Line& line);
  void take_text(const Line& line, bool inside_item);
  /// Closes what is open and begins a block that no later line but its own kind joins.
  void begin(const Line& line, BlockKind kind);
  void leave_items_beyond(std::size_t indent) {
    while (!item_indents_.empty() && item_indents_.back() > indent) item_indents_.pop_back();
  }

  DocumentBuilder& builder_;
  LineReader lines_;
  PendingBlock pending_;
  std::optional<MarkdownFence> fence_;  ///< the fence of the code block that is open
  std::string_view html_end_;           ///< what ends the HTML block that is open; empty: none is
  bool html_until_blank_ = false;
  bool setext_possible_ = false;   ///< the open block is an ordinary paragraph outside lists and quotes
  bool only_definitions_ = false;  ///< … of nothing but link definitions
  bool is_item_ = false;           ///< the open block is a list item
  bool is_quote_ = false;
  std::vector<std::size_t> item_indents_;  ///< where the text of the open list items begins, outermost first
};

void MarkdownReader::front_matter() {
  const auto first = lines_.next();
  const bool toml = first && first->text.starts_with("+++");
  if (first && first->indent == 0 && (first->content == "---" || first->content == "+++")) {
    const std::size_t begin = lines_.position();
    while (const auto line = lines_.next()) {
      if (line->indent != 0 || (line->content != first->content && (toml || line->content != "..."))) continue;
      builder_.block(BlockKind::kLines, {first->span.begin, line->span.end});
      return state_title_from(Span{begin, line->span.begin}.of(builder_.text()), toml);
    }
  }
  lines_.move_to(0);  // none, or one without an end: a rule
}

void MarkdownReader::state_title_from(std::string_view front_matter, bool toml) {
  LineReader lines(front_matter);
  while (const auto line = lines.next()) {
    std::string_view value;
    if (toml && line->text.starts_with("title")) {
      const std::string_view rest = trimmed(line->text.substr(5));
      if (rest.starts_with('=')) value = trimmed(rest.substr(1));
    } else if (const auto yaml = header_value(line->text, "title"); !toml && yaml) {
      value = *yaml;
      const auto below = lines.peek();
      if ((value.starts_with('>') || value.starts_with('|')) && value.size() <= 2 && below) value = below->content;
    }
    const bool quoted = value.size() >= 2 && (value[0] == '"' || value[0] == '\'') && value.back() == value[0];
    if (quoted) value = value.substr(1, value.size() - 2);
    if (!value.empty()) return builder_.state_title(value);
  }
}

void MarkdownReader::begin(const Line& line, BlockKind kind) {
  pending_.close();
  pending_.add(line, kind);
  setext_possible_ = only_definitions_ = is_item_ = is_quote_ = false;
}

/// Inside fenced code or HTML everything is text until its end stands there.
bool MarkdownReader::goes_on_verbatim(const Line& line) {
  if (fence_) {
    pending_.add(line, BlockKind::kLines);
    if (closes_fence(line, *fence_)) {
      pending_.close();
      fence_.reset();
    }
    return true;
  }
  if (!html_end_.empty()) {
    pending_.add(line, BlockKind::kParagraph);
    if (line.text.find(html_end_) != std::string_view::npos) {
      pending_.close();
      html_end_ = {};
    }
    return true;
  }
  if (html_until_blank_ && !line.blank()) {
    pending_.add(line, BlockKind::kParagraph);
    return true;
  }
  html_until_blank_ = false;
  return false;
}

bool MarkdownReader::opens_verbatim(const Line& line) {
  if ((fence_ = opening_fence(line.content))) {
    leave_items_beyond(line.indent);
    begin(line, BlockKind::kLines);
    return true;
  }
  const HtmlBlock html = opening_html(line.content);
  if (html.kind == HtmlBlock::Kind::kNone || (html.kind == HtmlBlock::Kind::kAnyTag && pending_.open())) return false;
  leave_items_beyond(line.indent);
  begin(line, BlockKind::kParagraph);
  html_until_blank_ = html.end.empty();
  if (html_until_blank_) return true;
  // The end may stand on the same line, behind the beginning.
  if (line.content.find(html.end, 2) == std::string_view::npos) {
    html_end_ = html.end;
  } else {
    pending_.close();
  }
  return true;
}

bool MarkdownReader::takes_as_heading(const Line& line) {
  const std::size_t underline =
      pending_.open() && setext_possible_ && !only_definitions_ ? setext_level(line.content) : 0;
  if (underline != 0) {
    const Span span = pending_.span();
    pending_.drop();
    builder_.heading({span.begin, line.span.end}, underline, plain_heading(span.of(builder_.text())));
    return true;
  }
  const std::size_t level = atx_level(line.content);
  if (level == 0) return false;
  pending_.close();
  builder_.heading(line.span, level, plain_heading(atx_text(line.content)));
  item_indents_.clear();
  return true;
}

void MarkdownReader::take(const Line& line) {
  if (goes_on_verbatim(line)) return;
  if (line.blank()) return pending_.close();
  std::size_t base = 0;  // where the text of the list item that the line stands in begins
  for (const std::size_t indent : item_indents_) {
    if (indent <= line.indent) base = indent;
  }
  const bool inside_item = !item_indents_.empty() && line.indent >= item_indents_.front();
  if (line.indent - base >= 4) {
    if (pending_.open()) {
      pending_.add(line, pending_.kind());
    } else {
      begin(line, BlockKind::kLines);  // indented code
    }
    return;
  }
  if (opens_verbatim(line)) return;
  if (!inside_item && takes_as_heading(line)) return;
  take_text(line, inside_item);
}

void MarkdownReader::take_text(const Line& line, bool inside_item) {
  if (is_thematic_break(line.content)) {
    leave_items_beyond(line.indent);
    begin(line, BlockKind::kParagraph);
    return pending_.close();
  }
  if (line.content.starts_with('>')) {
    if (line.content.find_first_not_of("> \t") == std::string_view::npos) {
      // A quote's blank line parts its paragraphs, and its marks go with the paragraph before it.
      if (pending_.open()) {
        pending_.add(line, BlockKind::kParagraph);
      } else {
        begin(line, BlockKind::kParagraph);
      }
      return pending_.close();
    }
    if (!pending_.open() || !is_quote_)
      begin(line, BlockKind::kParagraph);
    else
      pending_.add(line, BlockKind::kParagraph);
    is_quote_ = true;
    return;
  }
  const ListMarker marker = list_marker(line);
  if (marker.width != 0 && (!pending_.open() || is_item_ || marker.may_interrupt)) {
    leave_items_beyond(line.indent);
    begin(line, BlockKind::kParagraph);
    is_item_ = true;
    item_indents_.push_back(line.indent + marker.width);
    return;
  }
  if (!pending_.open()) {
    leave_items_beyond(line.indent);
    begin(line, BlockKind::kParagraph);
    setext_possible_ = !inside_item;
    only_definitions_ = is_link_definition(line.content);
    return;
  }
  if (pending_.lines() == 1 && is_table_rule(line.content)) pending_.set_kind(BlockKind::kLines);
  only_definitions_ = only_definitions_ && is_link_definition(line.content);
  pending_.add(line, pending_.kind());
}

}  // namespace

void read_markdown(DocumentBuilder& builder) { MarkdownReader(builder).read(); }

}  // namespace riverbank
