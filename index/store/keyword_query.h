#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace riverbank {

/// Any text as an FTS5 query that cannot fail: its words (see for_each_search_word()), each in quotation marks, joined
/// by OR; English stop words and lone kana left out unless there is nothing else; each word once; the first
/// kMostQueryWords only. Empty when the text has no words. Any thread.
///
/// Of an identifier: itself as a whole and its parts. Of words with nothing but points, colons or slashes between them
/// (v1.2.3, std::vector): these one after the other, and each. Of scripts without spaces: the characters of each word
/// that ICU finds, one after the other; of a Korean one also without its last one or two, which may be an ending.
std::string keyword_query(std::string_view question);

/// Whether a folded word says nothing about what is asked for, in English.
bool is_stop_word(std::string_view word);
/// The parts of such a query that OR joins, in their order.
std::vector<std::string> alternatives(std::string_view query);
/// One of them for reading: without its quotation marks.
std::string unquoted(std::string_view alternative);
/// Those passages that hold all words of a text, in any order; empty when it has none.
std::string all_words_query(std::string_view text);
/// Those passages that hold the words of a text one after the other; empty when it has none.
std::string phrase_query(std::string_view text);

/// What bounds the time of a question of a megabyte.
inline constexpr std::size_t kMostQueryWords = 128;

}  // namespace riverbank
