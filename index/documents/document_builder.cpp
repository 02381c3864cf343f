#include "index/documents/document_builder.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace riverbank {
namespace {

/// "Title" in "Title: x": a letter, then letters, digits and hyphens.
std::string_view header_key(std::string_view line) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (line.empty() || !is_letter(line[0])) return {};
  std::size_t end = 1;
  while (end < line.size() && (is_letter(line[end]) || line[end] == '-' || (line[end] >= '0' && line[end] <= '9')))
    ++end;
  const bool ends_right = end < line.size() && line[end] == ':' && (end + 1 == line.size() || is_space(line[end + 1]));
  return ends_right ? line.substr(0, end) : std::string_view();
}

bool same_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

}  // namespace

std::vector<std::string> Document::heading_path(std::uint32_t section) const {
  std::vector<std::string> path;
  while (true) {
    const Section& here = sections[section];
    if (!here.heading.empty() && (path.empty() || path.back() != here.heading)) path.push_back(here.heading);
    if (section == 0) break;
    section = here.parent;
  }
  std::reverse(path.begin(), path.end());
  return path;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view heading_beginning(std::string_view heading) {
  constexpr std::size_t kMaxBytes = 1024;
  if (heading.size() <= kMaxBytes) return heading;
  std::size_t end = kMaxBytes;
  while (end > 0 && (static_cast<unsigned char>(heading[end]) & 0xC0U) == 0x80U) --end;
  return heading.substr(0, end);
}

std::optional<Line> LineReader::peek() const {
  if (at_ >= text_.size()) return std::nullopt;
  const std::size_t newline = text_.find('\n', at_);
  std::size_t end = newline == std::string_view::npos ? text_.size() : newline;
  if (end > at_ && text_[end - 1] == '\r') --end;
  Line line;
  line.span = {at_, end};
  line.text = line.span.of(text_);
  line.content = trimmed(line.text);
  for (const char c : line.text) {
    if (c == '\t') {
      line.indent += 4 - line.indent % 4;
    } else if (is_space(c)) {
      ++line.indent;
    } else {
      break;
    }
  }
  return line;
}

std::optional<Line> LineReader::next() {
  auto line = peek();
  if (line) at_ = std::min(text_.find('\n', line->span.end), text_.size() - 1) + 1;
  return line;
}

void DocumentBuilder::heading(Span span, std::size_t level, std::string heading) {
  while (!open_.empty() && open_.back().level >= level) open_.pop_back();
  const std::uint32_t parent = open_.empty() ? 0 : open_.back().section;
  if (level < top_level_ && !heading.empty()) {
    top_level_ = level;
    top_heading_ = heading;
  }
  document_.sections.push_back({parent, std::move(heading)});
  open_.push_back({level, static_cast<std::uint32_t>(document_.sections.size() - 1)});
  block(BlockKind::kHeading, span);
}

void DocumentBuilder::block(BlockKind kind, Span span) {
  while (!span.empty() && is_space(document_.text[span.begin])) ++span.begin;
  while (!span.empty() && is_space(document_.text[span.end - 1])) --span.end;
  if (span.empty()) return;
  document_.blocks.push_back({span, open_.empty() ? 0 : open_.back().section, kind});
}

void DocumentBuilder::state_title(std::string_view title) {
  std::string& root = document_.sections[0].heading;
  if (root.empty()) root = heading_beginning(title);
}

Document DocumentBuilder::finish(std::string_view fallback_title) {
  const std::string& stated = document_.sections[0].heading;
  document_.title = !stated.empty() ? stated : !top_heading_.empty() ? top_heading_ : std::string(fallback_title);
  return std::move(document_);
}

void PendingBlock::add(const Line& line, BlockKind kind) {
  if (!open_) {
    open_ = true;
    kind_ = kind;
    lines_ = 0;
    span_ = line.span;
  }
  ++lines_;
  span_.end = line.span.end;
}

void PendingBlock::close() {
  if (open_) builder_.block(kind_, span_);
  open_ = false;
}

std::optional<std::string_view> header_value(std::string_view line, std::string_view key) {
  const std::string_view found = header_key(line);
  if (found.empty() || !same_letters(found, key)) return std::nullopt;
  return trimmed(line.substr(found.size() + 1));
}

void read_header(LineReader& lines, DocumentBuilder& builder) {
  const std::size_t start = lines.position();
  Span span{start, start};
  std::string title;
  bool in_title = false;
  auto line = lines.peek();
  for (; line && !line->blank(); line = lines.peek()) {
    const bool folded = line->indent > 0 && span.end > start;
    if (!folded && header_key(line->text).empty()) break;
    if (const auto value = header_value(line->text, "title"); value && title.empty()) {
      title = *value;
      in_title = true;
    } else if (folded && in_title) {
      title.append(1, ' ').append(line->content);
    } else {
      in_title = false;
    }
    span.end = line->span.end;
    lines.next();
  }
  if (title.empty() || (line && !line->blank())) return lines.move_to(start);
  builder.block(BlockKind::kLines, span);
  builder.state_title(title);
}

}  // namespace riverbank
