#pragma once

#include <string>

#include "riverbank/search.h"

namespace riverbank::cli {

/// Writes the page of `query --why --html FILE`: reasons and the encoder's attention over the passages, one file that
/// opens from disk; `why` with ExplainOptions::attention, which is taken out of it. Throws Error kIo.
void write_why_page(const std::string& file, const std::string& question, const SearchResult& result,
                    Explanations& why);

}  // namespace riverbank::cli
