#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

struct sqlite3;

namespace riverbank {

/// A word as it is looked up: folded (case, accents, width), at most kMostWordBytes long.
struct SearchWord {
  std::string_view folded;  ///< for the call only
  std::size_t begin = 0;    ///< bytes of the text that it stands at
  std::size_t end = 0;
  bool whole = false;  ///< an identifier as a whole, at the place of its first part, which came just before
};
inline constexpr std::size_t kMostWordBytes = 64;

/// The words of a text that can be looked up. Stops when `visit` says false. Any bytes, any thread.
///
/// ASCII: runs of letters and digits. An identifier gives its parts and, at the place of the first, itself as a whole
/// with nothing between them: parseHttpRequest and parse_http_request both give parse, http, request and
/// parsehttprequest; --dry-run gives dry, run and dryrun; v1.2.3 gives v1, 2 and 3.
/// Other scripts: what ICU finds between ASCII separators. Of scripts that put no spaces between words, and of Korean,
/// which puts endings on them, each character is a word, with begin and end of the whole that ICU takes for one: so
/// any part of 東京都 is found, whatever a dictionary makes of it in its sentence.
void for_each_search_word(std::string_view text, const std::function<bool(const SearchWord&)>& visit);

/// A text as nothing but its words, folded, whole identifiers as they are written ("parseHttpRequest" is one word), a
/// space around each: whether one text holds the words of another, one after the other, is then a search for a
/// substring; texts that differ in nothing but case, accents, marks and spaces are equal. Any thread.
std::string plain_words(std::string_view text);
/// Whether there is any.
bool has_words(std::string_view text);

/// Makes the FTS5 tokenizer `riverbank` known to a connection: the words of for_each_search_word(). Wrapped as
/// `porter riverbank` it also takes the endings off English words. Throws SQLite::Exception.
void register_fts_tokenizer(sqlite3* connection);

}  // namespace riverbank
