#include "index/documents/markdown_lines.h"

#include <algorithm>
#include <array>
#include <utility>

namespace riverbank {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::size_t run_length(std::string_view text, char c) { return std::min(text.find_first_not_of(c), text.size()); }

/// The tag name that "<name …" or "</name …" begins with, in small letters; empty: none.
std::string tag_name(std::string_view content) {
  content.remove_prefix(1);
  if (content.starts_with('/')) content.remove_prefix(1);
  std::string name;
  for (const char c : content.substr(0, 16)) {
    if (!is_letter(c) && !(is_digit(c) && !name.empty())) break;
    name += is_letter(c) ? static_cast<char>(c | 0x20) : c;
  }
  return name;
}

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::array<std::string_view, 49> kBlockTags = {
    "address", "article",  "aside", "blockquote", "body", "center", "col",    "colgroup", "dd",    "details",
    "dialog",  "dir",      "div",   "dl",         "dt",   "figure", "footer", "form",     "frame", "h1",
    "h2",      "h3",       "h4",    "h5",         "h6",   "head",   "header", "hr",       "html",  "iframe",
    "legend",  "li",       "link",  "main",       "menu", "nav",    "ol",     "option",   "p",     "section",
    "summary", "fieldset", "table", "tbody",      "td",   "th",     "thead",  "tr",       "ul"};

}  // namespace

std::optional<MarkdownFence> opening_fence(std::string_view content) {
  const char mark = content.empty() ? '\0' : content[0];
  if (mark != '`' && mark != '~') return std::nullopt;
  const std::size_t length = run_length(content, mark);
  if (length < 3) return std::nullopt;
  if (mark == '`' && content.find('`', length) != std::string_view::npos) return std::nullopt;  // inline code
  return MarkdownFence{mark, length};
}

bool closes_fence(const Line& line, const MarkdownFence& fence) {
  const std::size_t length = run_length(line.content, fence.mark);
  return length >= fence.length && length == line.content.size();
}

std::size_t atx_level(std::string_view content) {
  const std::size_t level = run_length(content, '#');
  const bool ends_right = level == content.size() || content[level] == ' ' || content[level] == '\t';
  return level <= 6 && ends_right ? level : 0;
}

std::string_view atx_text(std::string_view content) {
  std::string_view text = trimmed(content.substr(atx_level(content)));
  std::size_t end = text.size();
  while (end > 0 && text[end - 1] == '#') --end;
  if (end == 0) return {};
  return is_space(text[end - 1]) ? trimmed(text.substr(0, end)) : text;  // "C#" keeps its mark
}

std::size_t setext_level(std::string_view content) {
  if (content.empty() || (content[0] != '=' && content[0] != '-')) return 0;
  if (run_length(content, content[0]) != content.size()) return 0;
  return content[0] == '=' ? 1 : 2;
}

bool is_thematic_break(std::string_view content) {
  const char mark = content.empty() ? '\0' : content[0];
  if (mark != '*' && mark != '-' && mark != '_') return false;
  std::size_t marks = 0;
  for (const char c : content) {
    if (c != mark && c != ' ' && c != '\t') return false;
    if (c == mark) ++marks;
  }
  return marks >= 3;
}

ListMarker list_marker(const Line& line) {
  const std::string_view content = line.content;
  std::size_t end = 0;
  bool may_interrupt = true;
  if (content.starts_with('-') || content.starts_with('*') || content.starts_with('+')) {
    end = 1;
  } else {
    while (end < content.size() && end < 9 && is_digit(content[end])) ++end;
    if (end == 0 || end == content.size() || (content[end] != '.' && content[end] != ')')) return {};
    may_interrupt = content.substr(0, end) == "1";
    ++end;
  }
  if (end == content.size()) return {end + 1, false};
  if (content[end] != ' ' && content[end] != '\t') return {};
  std::size_t spaces = 0;
  while (end + spaces < content.size() && content[end + spaces] == ' ') ++spaces;
  return {end + (spaces >= 1 && spaces <= 4 ? spaces : 1), may_interrupt};
}

bool is_table_rule(std::string_view content) {
  return content.find_first_not_of("|-: \t") == std::string_view::npos && content.find('|') != std::string_view::npos &&
         content.find('-') != std::string_view::npos;
}

bool is_link_definition(std::string_view content) {
  if (!content.starts_with('[')) return false;
  const std::size_t close = content.find(']');
  return close != std::string_view::npos && close > 1 && close + 1 < content.size() && content[close + 1] == ':';
}

HtmlBlock opening_html(std::string_view content) {
  using Kind = HtmlBlock::Kind;
  if (content.size() < 2 || content[0] != '<') return {};
  if (content.starts_with("<!--")) return {Kind::kUntilEnd, "-->"};
  if (content.starts_with("<?")) return {Kind::kUntilEnd, "?>"};
  if (content.starts_with("<![CDATA[")) return {Kind::kUntilEnd, "]]>"};
  if (content.starts_with("<!") && content.size() > 2 && is_letter(content[2])) return {Kind::kUntilEnd, ">"};
  const std::string name = tag_name(content);
  if (name.empty()) return {};
  const std::size_t after = 1 + (content[1] == '/' ? 1 : 0) + name.size();
  const bool name_ends =
      after >= content.size() || is_space(content[after]) || content[after] == '>' || content[after] == '/';
  if (!name_ends) return {};
  if (content[1] != '/') {
    if (name == "script") return {Kind::kUntilEnd, "</script>"};
    if (name == "pre") return {Kind::kUntilEnd, "</pre>"};
    if (name == "style") return {Kind::kUntilEnd, "</style>"};
    if (name == "textarea") return {Kind::kUntilEnd, "</textarea>"};
  }
  if (is_one_of(name, kBlockTags)) return {Kind::kBlockTag, {}};
  return content.find('>') == content.size() - 1 ? HtmlBlock{Kind::kAnyTag, {}} : HtmlBlock{};
}

}  // namespace riverbank
