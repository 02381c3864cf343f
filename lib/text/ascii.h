#pragma once

namespace riverbank {

/// The white space of ASCII.
constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace riverbank
