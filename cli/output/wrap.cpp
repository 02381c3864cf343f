#include "cli/output/wrap.h"

#include <wchar.h>

#include "lib/base/printable.h"
#include "lib/text/ascii.h"

namespace riverbank::cli {
namespace {

/// The next character of `text`: its bytes and its columns (wcwidth() of the C library, which knows wide scripts).
struct Character {
  std::size_t bytes = 1;
  std::size_t columns = 1;
};

Character next_character(std::string_view text) {
  const int length = utf8_sequence_length(text);
  if (length <= 1) return {};
  wchar_t wide = 0;
  mbstate_t state{};
  if (::mbrtowc(&wide, text.data(), static_cast<std::size_t>(length), &state) != static_cast<std::size_t>(length)) {
    return {static_cast<std::size_t>(length), 1};
  }
  const int columns = ::wcwidth(wide);
  return {static_cast<std::size_t>(length), columns < 0 ? 1 : static_cast<std::size_t>(columns)};
}

/// Lines as they fill up. A word may span runs: pieces are held back until the white space that ends it.
class LineFiller {
 public:
  LineFiller(const Terminal& terminal, std::size_t width, std::size_t indent, std::size_t max_lines)
      : terminal_(terminal),
        width_(width > indent + 10 ? width - indent : 10),
        indent_(indent),
        max_lines_(max_lines) {}

  bool full() const { return lines_.size() >= max_lines_; }

  void add(std::string_view piece, std::size_t columns, Style style) {
    if (word_columns_ + columns > width_) end_word();
    word_.push_back({std::string(piece), style});
    word_columns_ += columns;
  }

  void end_word() {
    if (word_.empty()) return;
    const std::size_t gap = columns_ == 0 ? 0 : 1;
    if (columns_ + gap + word_columns_ > width_) {
      end_line();
    } else if (gap == 1) {
      // The gap takes the style of both sides when they agree, so that a marked sentence is marked without holes.
      append(" ", last_style_ == word_.front().style ? last_style_ : Style::kPlain);
    }
    for (const StyledText& piece : word_) append(piece.text, piece.style);
    columns_ += gap + word_columns_;
    word_.clear();
    word_columns_ = 0;
  }

  void end_line() {
    if (columns_ == 0) return;
    flush_style();
    if (full()) {
      overflow_ = true;
    } else {
      lines_.push_back(std::string(indent_, ' ') + line_);
    }
    line_.clear();
    columns_ = 0;
  }

  std::vector<std::string> take() {
    end_word();
    end_line();
    if (overflow_ && !lines_.empty()) lines_.back() += " …";
    return std::move(lines_);
  }

 private:
  void append(std::string_view text, Style style) {
    if (style != last_style_) flush_style();
    last_style_ = style;
    pending_ += text;
  }
  void flush_style() {
    if (!pending_.empty()) line_ += terminal_.styled(pending_, last_style_);
    pending_.clear();
  }

  const Terminal& terminal_;
  std::size_t width_;
  std::size_t indent_;
  std::size_t max_lines_;
  std::vector<std::string> lines_;
  std::string line_;
  std::string pending_;
  Style last_style_ = Style::kPlain;
  std::size_t columns_ = 0;
  std::vector<StyledText> word_;
  std::size_t word_columns_ = 0;
  bool overflow_ = false;
};

}  // namespace

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Character character = next_character(text);
    columns += character.columns;
    text.remove_prefix(character.bytes);
  }
  return columns;
}

std::vector<std::string> wrap(const std::vector<StyledText>& runs, const Terminal& terminal, std::size_t width,
                              std::size_t indent, std::size_t max_lines) {
  LineFiller filler(terminal, width, indent, max_lines);
  for (const StyledText& run : runs) {
    std::string_view text = run.text;
    while (!text.empty()) {
      if (is_space(text[0])) {
        filler.end_word();
        text.remove_prefix(1);
        continue;
      }
      const Character character = next_character(text);
      filler.add(text.substr(0, character.bytes), character.columns, run.style);
      text.remove_prefix(character.bytes);
    }
  }
  return filler.take();
}

}  // namespace riverbank::cli
