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
#include "lib/text/utf8.h"

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

std::string_view shortened(std::string_view word) {
  if (word.size() <= kMostWordBytes) return word;
  std::size_t size = kMostWordBytes;
  while (size > 0 && (static_cast<unsigned char>(word[size]) & 0xc0U) == 0x80U) --size;
  return word.substr(0, size);
}

using Visit = std::function<bool(const SearchWord&)>;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_ascii_letter(char c) { return is_upper(c) || is_lower(c); }
bool is_connector(char c) { return c == '_' || c == '-'; }
bool is_plain_word(std::string_view text, std::size_t at) {
  return at < text.size() && is_ascii(text[at]) && word_byte(text[at]) != 0;
}

/// Where a run of letters and digits ends that begins at `begin`. `plain` says whether it is all ASCII.
std::size_t end_of_run(std::string_view text, std::size_t begin, bool& plain) {
  plain = true;
  std::size_t end = begin;
  for (; end < text.size() && word_byte(text[end]) != 0; ++end) {
    if (is_ascii(text[end])) continue;
    if (is_punctuation(text, end)) break;
    plain = false;
  }
  return end;
}

/// Whether a part of an identifier begins at run[at]: parse|Http|Request, HTTP|Server, UTF8|String; not in URLs.
bool begins_part(std::string_view run, std::size_t at) {
  if (!is_upper(run[at])) return false;
  if (!is_upper(run[at - 1])) return true;
  if (at + 1 >= run.size() || !is_lower(run[at + 1])) return false;
  return !(run[at + 1] == 's' && at + 2 == run.size());
}

/// The words of an ASCII identifier: runs with one or more '-' or '_' between them, each of one part or more.
class Identifier {
 public:
  Identifier(std::string_view text, std::size_t begin) : text_(text), begin_(begin) {}

  /// Adds a run; false when there is no room, or it is too long to be a name.
  void add_run(std::size_t begin, std::size_t end) {
    const std::string_view run = text_.substr(begin, end - begin);
    has_letters_ = has_letters_ || std::any_of(run.begin(), run.end(), is_ascii_letter);
    std::size_t from = begin;
    if (run.size() <= kMostWordBytes) {
      for (std::size_t at = 1; at < run.size() && count_ + 2 < kMostParts; ++at) {
        if (!begins_part(run, at)) continue;
        parts_[count_++] = {from, begin + at, begin, end};
        from = begin + at;
      }
    }
    parts_[count_++] = {from, end, begin, end};
  }
  bool full() const { return count_ + 1 >= kMostParts; }

  bool visit(const Visit& visit) const {
    const std::size_t end = parts_[count_ - 1].end;
    for (std::size_t i = 0; i < count_; ++i) {
      const Part& part = parts_[i];
      if (!give(part.begin, part.end, false, visit)) return false;
      const bool first_of_run = part.begin == part.run_begin;
      const bool first = i == 0;
      // A run of several parts as a whole, and the whole of several runs.
      const bool several_runs = parts_[count_ - 1].run_begin != begin_;
      if (first_of_run && part.end != part.run_end && !give(part.run_begin, part.run_end, true, visit)) return false;
      if (first && several_runs && has_letters_ && !give(begin_, end, true, visit)) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t kMostParts = 16;
  struct Part {
    std::size_t begin = 0, end = 0;
    std::size_t run_begin = 0, run_end = 0;
  };

  bool give(std::size_t begin, std::size_t end, bool whole, const Visit& visit) const {
    std::array<char, kMostWordBytes> lower;
    std::size_t size = 0;
    for (std::size_t at = begin; at < end && size < lower.size(); ++at) {
      if (const char byte = word_byte(text_[at]); byte != 0) lower[size++] = byte;
    }
    return visit({std::string_view(lower.data(), size), begin, end, whole});
  }

  std::string_view text_;
  std::size_t begin_;
  std::array<Part, kMostParts> parts_;
  std::size_t count_ = 0;
  bool has_letters_ = false;
};

/// Visits the identifier whose first run is [begin, end) and moves `at` behind it.
bool visit_identifier(std::string_view text, std::size_t begin, std::size_t end, std::size_t& at, const Visit& visit) {
  Identifier identifier(text, begin);
  identifier.add_run(begin, end);
  at = end;
  while (!identifier.full()) {
    std::size_t next = at;
    while (next < text.size() && is_connector(text[next])) ++next;
    if (next == at || !is_plain_word(text, next)) break;
    bool plain = true;
    const std::size_t next_end = end_of_run(text, next, plain);
    if (!plain) break;
    identifier.add_run(next, next_end);
    at = next_end;
  }
  return identifier.visit(visit);
}

/// A word that ICU found, folded: characters of scripts without spaces one by one, the rest as it is.
bool visit_folded(std::string_view folded, const Span& place, const Visit& visit) {
  std::size_t from = 0;
  const auto give = [&](std::size_t begin, std::size_t end) {
    return begin == end || visit({shortened(folded.substr(begin, end - begin)), place.begin, place.end, false});
  };
  for (std::size_t at = 0; at < folded.size();) {
    const CodePoint c = decode_utf8(folded.substr(at));
    const std::size_t next = at + c.size;
    if (is_unspaced_script(c.value)) {
      if (!give(from, at) || !give(at, next)) return false;
      from = next;
    }
    at = next;
  }
  return give(from, folded.size());
}

bool visit_unicode(std::string_view text, std::size_t begin, std::size_t end, const Visit& visit) {
  const std::string_view stretch = text.substr(begin, end - begin);
  for (const Span& word : words(stretch)) {
    const std::string folded = fold_for_search(word.of(stretch));
    if (!visit_folded(folded, {begin + word.begin, begin + word.end}, visit)) return false;
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
    for_each_search_word(
        std::string_view(text, static_cast<std::size_t>(std::max(size, 0))), [&](const SearchWord& word) {
          result =
              token(context, word.whole ? FTS5_TOKEN_COLOCATED : 0, word.folded.data(),
                    static_cast<int>(word.folded.size()), static_cast<int>(word.begin), static_cast<int>(word.end));
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

/// Calls `on_run` with each run of letters and digits: its borders and whether it is all ASCII; it says where to go on,
/// or npos to stop.
template <typename OnRun>
void for_each_run(std::string_view text, const OnRun& on_run) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (word_byte(text[at]) == 0) {
      ++at;
    } else if (is_punctuation(text, at)) {
      at += 3;
    } else {
      bool plain = true;
      const std::size_t end = end_of_run(text, at, plain);
      at = on_run(at, end, plain);
    }
  }
}

}  // namespace

void for_each_search_word(std::string_view text, const Visit& visit) {
  for_each_run(text, [&](std::size_t begin, std::size_t end, bool plain) {
    std::size_t next = end;
    const bool goes_on =
        plain ? visit_identifier(text, begin, end, next, visit) : visit_unicode(text, begin, end, visit);
    return goes_on ? next : std::string_view::npos;
  });
}

std::string plain_words(std::string_view text) {
  std::string out = " ";
  for_each_run(text, [&](std::size_t begin, std::size_t end, bool plain) {
    if (plain) {
      for (std::size_t at = begin; at < end; ++at) out += word_byte(text[at]);
      out += ' ';
    } else {
      visit_unicode(text, begin, end, [&](const SearchWord& word) {
        out += word.folded;
        out += ' ';
        return true;
      });
    }
    return end;
  });
  return out;
}

bool has_words(std::string_view text) { return plain_words(text).size() > 1; }

void register_fts_tokenizer(sqlite3* connection) {
  fts5_api* api = find_fts5(connection);
  if (api == nullptr) throw SQLite::Exception("this SQLite was built without FTS5", SQLITE_ERROR);
  fts5_tokenizer tokenizer{create, destroy, tokenize};
  const int result = api->xCreateTokenizer(api, "riverbank", nullptr, &tokenizer, nullptr);
  if (result != SQLITE_OK) throw SQLite::Exception(connection, result);
}

}  // namespace riverbank
