#pragma once

#include <string>
#include <string_view>

namespace riverbank {

/// Any text as an FTS5 query that cannot fail: its words (see for_each_search_word()), each in quotation marks, joined
/// by OR; English stop words left out unless there is nothing else; each word once; the first kMostQueryWords only.
/// Empty when the text has no words. Any thread.
std::string keyword_query(std::string_view question);

/// Whether a folded word says nothing about what is asked for, in English.
bool is_stop_word(std::string_view word);

/// What bounds the time of a question of a megabyte.
inline constexpr std::size_t kMostQueryWords = 128;

}  // namespace riverbank
