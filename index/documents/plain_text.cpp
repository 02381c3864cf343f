#include "index/documents/plain_text.h"

#include <string>

namespace riverbank {
namespace {

/// 1 for "=====", 2 for "-----", as long as the line above it give or take two characters; else 0.
std::size_t underline_level(std::string_view underline, std::string_view above) {
  if (underline.size() < 3 || (underline[0] != '=' && underline[0] != '-')) return 0;
  if (underline.find_first_not_of(underline[0]) != std::string_view::npos) return 0;
  std::size_t width = 0;
  for (const char c : above) width += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  if (underline.size() + 2 < width || underline.size() > width + 2) return 0;
  return underline[0] == '=' ? 1 : 2;
}

}  // namespace

void read_plain_text(DocumentBuilder& builder) {
  LineReader lines(builder.text());
  PendingBlock pending(builder);
  read_header(lines, builder);
  while (const auto line = lines.next()) {
    if (line->blank()) {
      pending.close();
      continue;
    }
    const auto below = pending.open() ? std::nullopt : lines.peek();
    const std::size_t level = below ? underline_level(below->content, line->content) : 0;
    if (level == 0) {
      pending.add(*line, BlockKind::kParagraph);
    } else {
      builder.heading({line->span.begin, below->span.end}, level, std::string(heading_beginning(line->content)));
      lines.next();
    }
  }
  pending.close();
}

}  // namespace riverbank
