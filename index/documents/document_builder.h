#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "index/documents/document.h"
#include "lib/text/ascii.h"

namespace riverbank {

/// `text` without the ASCII white space at its ends.
std::string_view trimmed(std::string_view text);

/// As much of a heading as is kept of it: all, or the beginning of a very long one, cut between characters.
std::string_view heading_beginning(std::string_view heading);

/// One line of a text.
struct Line {
  Span span;                 ///< without its end ("\n" or "\r\n")
  std::string_view text;     ///< the same bytes
  std::size_t indent = 0;    ///< columns of white space in front, a tab reaching to the next multiple of 4
  std::string_view content;  ///< without white space at both ends

  bool blank() const { return content.empty(); }
};

/// Goes through a text line by line, looking one ahead. Holds nothing but its place.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : text_(text) {}

  /// The next line, and moves on; nothing at the end.
  std::optional<Line> next();
  /// The next line, and stays.
  std::optional<Line> peek() const;
  std::size_t position() const { return at_; }
  void move_to(std::size_t position) { at_ = position; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

/// What the readers write a document with: keeps the tree of sections and trims blocks.
class DocumentBuilder {
 public:
  explicit DocumentBuilder(std::string text) { document_.text = std::move(text); }

  std::string_view text() const { return document_.text; }

  /// A heading of that level (1 is the highest) opens a section that ends at the next of its level or higher.
  void heading(Span span, std::size_t level, std::string heading);
  /// A block of the section that is open. An empty one is dropped.
  void block(BlockKind kind, Span span);
  /// The title that a header of the file states: the root of every heading path. The first one counts.
  void state_title(std::string_view title);
  /// The document; `fallback_title` when neither a header nor a heading gave one.
  Document finish(std::string_view fallback_title);

 private:
  struct Open {
    std::size_t level;
    std::uint32_t section;
  };

  Document document_;
  std::vector<Open> open_;
  std::size_t top_level_ = static_cast<std::size_t>(-1);
  std::string top_heading_;
};

/// Paragraphs parted by blank lines, to be closed at the line before the current one.
class PendingBlock {
 public:
  explicit PendingBlock(DocumentBuilder& builder) : builder_(builder) {}

  bool open() const { return open_; }
  BlockKind kind() const { return kind_; }
  Span span() const { return span_; }
  std::size_t lines() const { return lines_; }

  /// Adds a line; a new block of `kind` begins when none is open.
  void add(const Line& line, BlockKind kind);
  void set_kind(BlockKind kind) { kind_ = kind; }
  /// Hands the block over to the document.
  void close();
  /// Forgets it: the caller takes the span for something else.
  void drop() { open_ = false; }

 private:
  DocumentBuilder& builder_;
  Span span_;
  std::size_t lines_ = 0;
  BlockKind kind_ = BlockKind::kParagraph;
  bool open_ = false;
};

/// The value of a "Key: value" line when its key is `key`, letters' case aside; nothing otherwise.
std::optional<std::string_view> header_value(std::string_view line, std::string_view key);

/// When a text begins with header lines as mail and the PEPs have them ("Key: value", folded lines indented) that
/// state a title: adds them as a block, states the title and moves the reader behind them.
void read_header(LineReader& lines, DocumentBuilder& builder);

}  // namespace riverbank
