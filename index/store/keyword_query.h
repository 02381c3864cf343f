#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace riverbank {

/// Any text as an FTS5 query that cannot fail: its words (see for_each_search_word()), each in quotation marks, joined
/// by OR; English stop words left out unless there is nothing else; each word once; the first kMostQueryWords only.
/// Empty when the text has no words. Any thread.
std::string keyword_query(std::string_view question);

/// The parts of such a query that OR joins, in their order.
std::vector<std::string> alternatives(std::string_view query);
/// One of them for reading: without its quotation marks.
std::string unquoted(std::string_view alternative);

/// What bounds the time of a question of a megabyte.
inline constexpr std::size_t kMostQueryWords = 128;

}  // namespace riverbank
