#include "index/documents/restructured_text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace riverbank {
namespace {

bool is_adornment(std::string_view content) {
  constexpr std::string_view kMarks = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
  return content.size() >= 2 && kMarks.find(content[0]) != std::string_view::npos &&
         content.find_first_not_of(content[0]) == std::string_view::npos;
}

/// docutils takes an underline that is too short (with a warning) when it has four marks.
bool is_long_enough(std::string_view adornment, std::string_view title) {
  std::size_t width = 0;
  for (const char c : title) width += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return adornment.size() >= std::min<std::size_t>(width, 4);
}

/// A title without its marks: literals, emphasis, roles (":pep:`8`").
std::string plain_title(std::string_view title) {
  title = heading_beginning(title);
  std::string plain;
  for (std::size_t i = 0; i < title.size(); ++i) {
    if (title[i] == '`' || title[i] == '*') continue;
    if (title[i] == ':' && (i == 0 || is_space(title[i - 1]))) {
      const std::size_t close = title.find(':', i + 1);
      if (close != std::string_view::npos && close + 1 < title.size() && title[close + 1] == '`' &&
          title.substr(i, close - i).find(' ') == std::string_view::npos) {
        i = close;
        continue;
      }
    }
    plain += title[i];
  }
  return std::string(trimmed(plain));
}

bool is_list_item(std::string_view content) {
  if (content.size() < 2) return false;
  if (content[0] == '-' || content[0] == '*' || content[0] == '+') return content[1] == ' ';
  std::size_t end = content.starts_with('#') ? 1 : 0;
  while (end == content.find_first_of("0123456789", end) && end < 9) ++end;
  return end > 0 && end + 1 < content.size() && (content[end] == '.' || content[end] == ')') && content[end + 1] == ' ';
}

/// Whether what stands indented below ".. name::" is code and not prose.
bool is_code_directive(std::string_view content) {
  constexpr std::array<std::string_view, 12> kNames = {"code", "code-block", "sourcecode", "parsed-literal",
                                                       "math", "highlight",  "csv-table",  "productionlist",
                                                       "raw",  "doctest",    "testcode",   "graphviz"};
  if (!content.starts_with(".. ")) return false;
  const std::string_view name = content.substr(3, std::min(content.find("::"), content.size()) - 3);
  return std::find(kNames.begin(), kNames.end(), trimmed(name)) != kNames.end();
}

bool is_table_border(std::string_view content) {
  const bool grid = content.starts_with("+-") && content.find_first_not_of("+-=") == std::string_view::npos;
  const bool simple = content.starts_with("==") && content.find(' ') != std::string_view::npos &&
                      content.find_first_not_of("= ") == std::string_view::npos;
  return grid || simple;
}

class RestructuredTextReader {
 public:
  explicit RestructuredTextReader(DocumentBuilder& builder)
      : builder_(builder), lines_(builder.text()), pending_(builder) {}

  void read() {
    read_header(lines_, builder_);
    while (const auto line = lines_.next()) take(*line);
    pending_.close();
  }

 private:
  void take(const Line& line);
  bool takes_as_title(const Line& line);
  std::size_t level_of(char mark, bool overlined);

  DocumentBuilder& builder_;
  LineReader lines_;
  PendingBlock pending_;
  std::vector<std::pair<char, bool>> styles_;  ///< in the order in which they appeared: their levels
  std::optional<std::size_t> literal_indent_;  ///< what is indented more is literal
  bool literal_follows_ = false;               ///< the line before ended in "::"
  bool explicit_markup_ = false;               ///< the open block began with ".. "
  std::size_t last_indent_ = 0;
  std::size_t block_indent_ = 0;
};

std::size_t RestructuredTextReader::level_of(char mark, bool overlined) {
  const auto found = std::find(styles_.begin(), styles_.end(), std::pair(mark, overlined));
  const auto level = static_cast<std::size_t>(found - styles_.begin()) + 1;
  if (found == styles_.end()) styles_.emplace_back(mark, overlined);
  return level;
}

bool RestructuredTextReader::takes_as_title(const Line& line) {
  const std::size_t here = lines_.position();
  const auto second = lines_.peek();
  if (!second || second->blank()) return false;
  if (is_adornment(line.content) && line.indent == 0) {
    lines_.next();
    const auto third = lines_.peek();
    if (third && third->indent == 0 && third->content == line.content &&
        is_long_enough(line.content, second->content)) {
      lines_.next();
      builder_.heading({line.span.begin, third->span.end}, level_of(line.content[0], true),
                       plain_title(second->content));
      return true;
    }
    lines_.move_to(here);
    return false;
  }
  if (line.indent != 0 || second->indent != 0 || !is_adornment(second->content)) return false;
  if (!is_long_enough(second->content, line.content)) return false;
  lines_.next();
  builder_.heading({line.span.begin, second->span.end}, level_of(second->content[0], false), plain_title(line.content));
  return true;
}

void RestructuredTextReader::take(const Line& line) {
  if (line.blank()) {
    pending_.close();
    if (std::exchange(literal_follows_, false)) literal_indent_ = last_indent_;
    return;
  }
  if (literal_indent_ && line.indent > *literal_indent_) return pending_.add(line, BlockKind::kLines);
  if (literal_indent_) pending_.close();
  literal_indent_.reset();
  if (!pending_.open() && takes_as_title(line)) {
    literal_follows_ = false;
    return;
  }
  const bool begins_block = !pending_.open() || line.content.starts_with(".. ") ||
                            (is_list_item(line.content) && line.indent <= block_indent_);
  if (begins_block) {
    pending_.close();
    block_indent_ = line.indent;
    explicit_markup_ = line.content.starts_with("..");
  }
  const bool as_lines = line.content.starts_with(">>> ") || is_table_border(line.content);
  pending_.add(line, as_lines ? BlockKind::kLines : BlockKind::kParagraph);
  last_indent_ = line.indent;
  literal_follows_ = !explicit_markup_ && line.content.ends_with("::");
  if (begins_block && is_code_directive(line.content)) {
    literal_indent_ = line.indent;
    pending_.set_kind(BlockKind::kLines);
  }
}

}  // namespace

void read_restructured_text(DocumentBuilder& builder) { RestructuredTextReader(builder).read(); }

}  // namespace riverbank
