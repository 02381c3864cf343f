#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace riverbank::cli {

enum class ColorChoice { kAuto, kAlways, kNever };

enum class Style { kPlain, kBold, kFaint, kPath, kMark };

/// What stands at the other end of stdout and stderr, and how to write to it. Results go to stdout, all else to stderr.
class Terminal {
 public:
  Terminal();

  /// --color; kAuto colours a terminal unless NO_COLOR is set (no-color.org) or TERM is "dumb".
  void choose_color(ColorChoice choice);

  bool out_is_terminal() const { return out_is_terminal_; }
  bool err_is_terminal() const { return err_is_terminal_; }
  bool color() const { return color_; }
  /// Columns of stdout's terminal, at least 40 and at most 120; 100 when it is none.
  std::size_t width() const;

  /// `text` with the escapes of a style around it when stdout is coloured.
  std::string styled(std::string_view text, Style style) const;

  /// Results. A reader that has gone away (EPIPE) is remembered, not an error.
  void print(std::string_view text);
  /// One line for the person: "riverbank: <message>", or an indented one when `message` starts with two spaces.
  void note(std::string_view message);

  /// Flushes stdout. Throws Error kIo when what was printed could not be written (a full disk).
  void finish();

 private:
  bool out_is_terminal_ = false;
  bool err_is_terminal_ = false;
  bool color_ = false;
  bool reader_gone_ = false;
};

}  // namespace riverbank::cli
