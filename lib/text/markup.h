#pragma once

#include <string_view>

namespace riverbank {

/// Whether a text holds HTML comments and tags but, apart from them, no letter and no digit: anchors, switched-off
/// remarks, line breaks. It takes part in a document without saying anything to its reader. Linear time. Any thread.
bool is_only_markup(std::string_view text);

}  // namespace riverbank
