#pragma once

#include "index/documents/document_builder.h"

namespace riverbank {

/// Reads reStructuredText: sections by their adornment, whose levels are those in which the styles first appear, a
/// PEP's header, literal blocks and code directives (cut at lines), paragraphs, lists, tables, comments (kept as text).
void read_restructured_text(DocumentBuilder& builder);

}  // namespace riverbank
