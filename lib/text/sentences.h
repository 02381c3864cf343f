#pragma once

#include <string_view>
#include <vector>

#include "lib/text/span.h"

namespace riverbank {

/// The sentences of a text in order, white space at both ends left out, empty ones dropped. Any bytes are a text. Any
/// thread. The borders are those of UAX #29 (by ICU), but for two of them: a line break that only wraps a paragraph
/// ends no sentence (blank lines, list items, headings, short lines and code do), nor does an abbreviation ("Fig. 2").
std::vector<Span> sentences(std::string_view text);

/// The words of a text in order (UAX #29 word boundaries with ICU's dictionaries for scripts without spaces):
/// letters, numbers and ideographs only, no punctuation and no space.
std::vector<Span> words(std::string_view text);

}  // namespace riverbank
