#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace riverbank {

/// What a person typed, taken apart.
struct Question {
  std::string text;                   ///< what is asked: without the marks and without what is excluded
  std::vector<std::string> phrases;   ///< stood in quotation marks; must be found word for word (they are in text too)
  std::vector<std::string> excluded;  ///< stood behind a '-'; must not be found
};

/// Reads `"exact phrase"` (also “…”) and ` -word`: one '-' behind white space and before a letter, outside quotation
/// marks. Anything else is text: `--dry-run`, a '-' at the very beginning, a quotation mark without its partner.
/// Any bytes, any thread.
Question read_question(std::string_view typed);

}  // namespace riverbank
