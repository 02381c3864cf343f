#pragma once

#include <string_view>
#include <vector>

#include "lib/text/span.h"

namespace riverbank {

/// The sentences of a text in order (UAX #29 sentence boundaries, by ICU), white space at both ends left out, empty
/// ones dropped. Any bytes are a text. Any thread.
std::vector<Span> sentences(std::string_view text);

/// The words of a text in order (UAX #29 word boundaries with ICU's dictionaries for scripts without spaces):
/// letters, numbers and ideographs only, no punctuation and no space.
std::vector<Span> words(std::string_view text);

}  // namespace riverbank
