#pragma once

#include "index/documents/document_builder.h"

namespace riverbank {

/// Reads plain text: paragraphs parted by blank lines, headings underlined with "====" or "----", a header with a
/// "Title:" line at the top.
void read_plain_text(DocumentBuilder& builder);

}  // namespace riverbank
