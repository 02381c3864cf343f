#include "index/store/fts_tokenizer.h"

#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <exception>
#include <string>

#include "lib/base/printable.h"
#include "lib/text/sentences.h"
#include "lib/text/unicode.h"

namespace riverbank {
namespace {

/// For each byte: its lower case when it is an ASCII letter or digit, itself when it is part of a longer UTF-8
/// sequence, 0 when it separates words.
constexpr std::array<char, 256> kWordByte = [] {
  std::array<char, 256> table{};
  for (int byte = 0; byte < 256; ++byte) {
    const bool upper = byte >= 'A' && byte <= 'Z';
    const bool word = upper || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte >= 0x80;
    table[static_cast<std::size_t>(byte)] = static_cast<char>(!word ? 0 : upper ? byte + ('a' - 'A') : byte);
  }
  return table;
}();

char word_byte(char c) { return kWordByte[static_cast<unsigned char>(c)]; }
bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

/// U+2010..U+203F, dashes, quotation marks, dots: what stands between words in nearly every English text.
bool is_punctuation(std::string_view text, std::size_t at) {
  return text.size() - at >= 3 && text[at] == '\xe2' && text[at + 1] == '\x80' &&
         static_cast<unsigned char>(text[at + 2]) >= 0x90;
}

/// Where the stretch that begins at `begin` ends: before the next separator. `plain` says whether it is all ASCII.
std::size_t end_of_stretch(std::string_view text, std::size_t begin, bool& plain) {
  plain = true;
  std::size_t end = begin;
  for (; end < text.size() && word_byte(text[end]) != 0; ++end) {
    if (is_ascii(text[end])) continue;
    if (is_punctuation(text, end)) break;
    plain = false;
  }
  return end;
}

std::string_view shortened(std::string_view word) {
  if (word.size() <= kMostWordBytes) return word;
  std::size_t size = kMostWordBytes;
  while (size > 0 && (static_cast<unsigned char>(word[size]) & 0xc0U) == 0x80U) --size;
  return word.substr(0, size);
}

using Visit = std::function<bool(const SearchWord&)>;

bool visit_plain(std::string_view text, std::size_t begin, std::size_t end, const Visit& visit) {
  std::array<char, kMostWordBytes> lower;
  const std::size_t size = std::min(end - begin, lower.size());
  for (std::size_t i = 0; i < size; ++i) lower[i] = word_byte(text[begin + i]);
  return visit({std::string_view(lower.data(), size), begin, end});
}

bool visit_unicode(std::string_view text, std::size_t begin, std::size_t end, const Visit& visit) {
  const std::string_view stretch = text.substr(begin, end - begin);
  for (const Span& word : words(stretch)) {
    const std::string folded = fold_for_search(word.of(stretch));
    if (folded.empty()) continue;
    if (!visit({shortened(folded), begin + word.begin, begin + word.end})) return false;
  }
  return true;
}

// ---- what FTS5 calls ----

int create(void*, const char**, int, Fts5Tokenizer** out) {
  static char nothing;  // it has no state, yet FTS5 wants a pointer that is not null
  *out = reinterpret_cast<Fts5Tokenizer*>(&nothing);
  return SQLITE_OK;
}

void destroy(Fts5Tokenizer*) {}

int tokenize(Fts5Tokenizer*, void* context, int, const char* text, int size,
             int (*token)(void*, int, const char*, int, int, int)) noexcept {
  try {
    int result = SQLITE_OK;
    for_each_search_word(std::string_view(text, static_cast<std::size_t>(std::max(size, 0))),
                         [&](const SearchWord& word) {
                           result = token(context, 0, word.folded.data(), static_cast<int>(word.folded.size()),
                                          static_cast<int>(word.begin), static_cast<int>(word.end));
                           return result == SQLITE_OK;
                         });
    return result;
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  } catch (const std::exception&) {
    return SQLITE_ERROR;
  }
}

fts5_api* find_fts5(sqlite3* connection) {
  fts5_api* api = nullptr;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(connection, "SELECT fts5(?1)", -1, &statement, nullptr) == SQLITE_OK) {
    sqlite3_bind_pointer(statement, 1, static_cast<void*>(&api), "fts5_api_ptr", nullptr);
    sqlite3_step(statement);
  }
  sqlite3_finalize(statement);
  return api;
}

}  // namespace

void for_each_search_word(std::string_view text, const Visit& visit) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (word_byte(text[at]) == 0) {
      ++at;
    } else if (is_punctuation(text, at)) {
      at += 3;
    } else {
      bool plain = true;
      const std::size_t end = end_of_stretch(text, at, plain);
      if (!(plain ? visit_plain(text, at, end, visit) : visit_unicode(text, at, end, visit))) return;
      at = end;
    }
  }
}

void register_fts_tokenizer(sqlite3* connection) {
  fts5_api* api = find_fts5(connection);
  if (api == nullptr) throw SQLite::Exception("this SQLite was built without FTS5", SQLITE_ERROR);
  fts5_tokenizer tokenizer{create, destroy, tokenize};
  const int result = api->xCreateTokenizer(api, "riverbank", nullptr, &tokenizer, nullptr);
  if (result != SQLITE_OK) throw SQLite::Exception(connection, result);
}

}  // namespace riverbank
