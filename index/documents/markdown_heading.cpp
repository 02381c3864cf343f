#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "index/documents/document_builder.h"
#include "index/documents/markdown_lines.h"

namespace riverbank {
namespace {

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_punctuation(char c) { return c > ' ' && c < 0x7F && !is_word_byte(c); }

/// Inline markup that a heading may hold, taken away. Quadratic at worst, on the kilobyte that a heading may be.
class HeadingText {
 public:
  explicit HeadingText(std::string_view source) : source_(source) {}

  std::string plain() {
    append(0, source_.size());
    return std::move(out_);
  }

 private:
  char at(std::size_t i) const { return i < source_.size() ? source_[i] : ' '; }

  void append(std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end;) i = step(i, end);
  }

  /// Takes what stands at i and returns where it ends.
  std::size_t step(std::size_t i, std::size_t end) {
    const char c = source_[i];
    std::size_t next = i;
    if (c == '\\' && i + 1 < end && is_punctuation(source_[i + 1])) {
      out_ += source_[i + 1];
      return i + 2;
    }
    if (c == '`') next = code(i, end);
    if (c == '[' || (c == '!' && at(i + 1) == '[')) next = link(i, end);
    if (c == '<') next = tag(i, end);
    if (c == '&') next = entity(i);
    if (next != i) return next;
    const char before = i > 0 ? source_[i - 1] : ' ';
    const bool alone = is_space(before) && is_space(at(i + 1));
    const bool inside_word = is_word_byte(before) && is_word_byte(at(i + 1));
    const bool is_emphasis = (c == '*' && !alone) || (c == '_' && !alone && !inside_word);
    if (is_space(c)) {
      if (!out_.empty() && out_.back() != ' ') out_ += ' ';
    } else if (!is_emphasis) {
      out_ += c;
    }
    return i + 1;
  }

  std::size_t code(std::size_t i, std::size_t end) {
    std::size_t marks = i;
    while (marks < end && source_[marks] == '`') ++marks;
    const std::string_view fence = source_.substr(i, marks - i);
    const std::size_t close = source_.substr(0, end).find(fence, marks);
    if (close == std::string_view::npos) return i;
    out_ += trimmed(source_.substr(marks, close - marks));
    return close + fence.size();
  }

  std::size_t link(std::size_t i, std::size_t end) {
    const std::size_t text = i + (source_[i] == '!' ? 2 : 1);
    std::size_t close = text;
    for (std::size_t depth = 1; close < end; ++close) {
      if (source_[close] == '[') ++depth;
      if (source_[close] == ']' && --depth == 0) break;
    }
    if (close >= end || (at(close + 1) != '(' && at(close + 1) != '[')) return i;
    const std::size_t target_end = source_.substr(0, end).find(at(close + 1) == '(' ? ')' : ']', close + 2);
    if (target_end == std::string_view::npos) return i;
    append(text, close);
    return target_end + 1;
  }

  std::size_t tag(std::size_t i, std::size_t end) const {
    const std::size_t close = source_.substr(0, end).find('>', i);
    if (close == std::string_view::npos) return i;
    std::string_view name = source_.substr(i + 1, close - i - 1);
    if (name.starts_with('/')) name.remove_prefix(1);
    name = name.substr(0, name.find_first_of(" /"));
    static constexpr std::array<std::string_view, 13> kInline = {"a",   "b",     "br",   "code",   "em",  "i",  "img",
                                                                 "kbd", "small", "span", "strong", "sub", "sup"};
    for (const std::string_view known : kInline) {
      if (name == known) return close + 1;
    }
    return i;  // "Vec<T>" is more likely than an unknown tag
  }

  std::size_t entity(std::size_t i) {
    static constexpr std::array<std::pair<std::string_view, char>, 6> kEntities = {
        {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}, {"&nbsp;", ' '}}};
    for (const auto& [name, character] : kEntities) {
      if (source_.substr(i).starts_with(name)) {
        out_ += character;
        return i + name.size();
      }
    }
    return i;
  }

  std::string_view source_;
  std::string out_;
};

}  // namespace

std::string plain_heading(std::string_view markdown) {
  std::string_view source = trimmed(heading_beginning(markdown));
  const std::size_t id = source.rfind("{#");
  if (id != std::string_view::npos && source.ends_with('}')) source = trimmed(source.substr(0, id));
  return std::string(trimmed(HeadingText(source).plain()));
}

}  // namespace riverbank
