#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

struct sqlite3;

namespace riverbank {

/// A word as it is looked up: folded (case, accents, width), at most kMostWordBytes long.
struct SearchWord {
  std::string_view folded;  ///< for the call only
  std::size_t begin = 0;    ///< bytes of the text that it stands at
  std::size_t end = 0;
};
inline constexpr std::size_t kMostWordBytes = 64;

/// The words of a text that can be looked up: runs of ASCII letters and digits, and what ICU finds between ASCII
/// separators in other scripts (words() and fold_for_search()). Stops when `visit` says false. Any thread.
void for_each_search_word(std::string_view text, const std::function<bool(const SearchWord&)>& visit);

/// Makes the FTS5 tokenizer `riverbank` known to a connection: the words of for_each_search_word(). Wrapped as
/// `porter riverbank` it also takes the endings off English words. Throws SQLite::Exception.
void register_fts_tokenizer(sqlite3* connection);

}  // namespace riverbank
