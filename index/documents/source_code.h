#pragma once

#include "index/documents/document_builder.h"

namespace riverbank {

/// Reads source code as lines: a block for each run of lines without a blank one between.
void read_source_code(DocumentBuilder& builder);

}  // namespace riverbank
