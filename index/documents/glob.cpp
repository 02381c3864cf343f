#include "index/documents/glob.h"

#include <array>
#include <cstddef>
#include <string>

namespace riverbank {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

std::uint8_t to_byte(char c) { return static_cast<std::uint8_t>(c); }

/// The POSIX classes as git has them: ASCII only, whatever the locale.
bool in_class(std::string_view name, int c, bool& known) {
  const bool digit = c >= '0' && c <= '9';
  const bool upper = c >= 'A' && c <= 'Z';
  const bool lower = c >= 'a' && c <= 'z';
  const bool alnum = digit || upper || lower;
  const bool graph = c > 0x20 && c < 0x7F;
  known = true;
  if (name == "alnum") return alnum;
  if (name == "alpha") return upper || lower;
  if (name == "blank") return c == ' ' || c == '\t';
  if (name == "cntrl") return c < 0x20 || c == 0x7F;
  if (name == "digit") return digit;
  if (name == "graph") return graph;
  if (name == "lower") return lower;
  if (name == "print") return graph || c == ' ';
  if (name == "punct") return graph && !alnum;
  if (name == "space") return c == ' ' || c == '\t' || c == '\n' || c == '\r';
  if (name == "upper") return upper;
  if (name == "xdigit") return digit || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
  known = false;
  return false;
}

}  // namespace

Glob::Glob(std::string_view pattern, Kind kind) {
  tokens_.reserve(pattern.size());
  for (std::size_t at = 0; at < pattern.size();) {
    const char c = pattern[at];
    if (c == '*') {
      add_stars(pattern, at, kind);
    } else if (c == '[') {
      add_set(pattern, at, kind);
    } else if (c == '?') {
      push_set(ByteSet().set(), kind);
      ++at;
    } else {
      if (c == '\\') ++at;
      if (at == pattern.size()) {  // a backslash at the end escapes nothing
        tokens_.push_back({Step::kNever, 0, 0});
        break;
      }
      tokens_.push_back({Step::kByte, to_byte(pattern[at]), 0});
      ++at;
    }
  }
}

void Glob::add_stars(std::string_view pattern, std::size_t& at, Kind kind) {
  const std::size_t first = at;
  while (at < pattern.size() && pattern[at] == '*') ++at;
  const std::string_view rest = pattern.substr(at);
  if (kind == Kind::kName) {
    tokens_.push_back({Step::kAnything, 0, 0});
    return;
  }
  const bool whole_part =
      (first == 0 || pattern[first - 1] == '/') && (rest.empty() || rest.starts_with('/') || rest.starts_with("\\/"));
  if (at - first < 2 || !whole_part) {
    tokens_.push_back({Step::kStar, 0, 0});
  } else if (rest.starts_with('/')) {
    tokens_.push_back({Step::kAnyFolders, 0, 0});
    ++at;
  } else {
    tokens_.push_back({Step::kAnything, 0, 0});
  }
}

/// Reads `[...]`; the order in which things are looked at is wildmatch's, which differs from POSIX at the edges.
void Glob::add_set(std::string_view pattern, std::size_t& at, Kind kind) {
  const auto byte_at = [&](std::size_t i) { return i < pattern.size() ? pattern[i] : '\0'; };
  ByteSet set;
  std::size_t i = at + 1;
  const bool negated = byte_at(i) == '!' || byte_at(i) == '^';
  if (negated) ++i;
  bool malformed = false;
  int previous = 0;  // what a range would begin with; 0: nothing
  do {
    int c = to_byte(byte_at(i));
    const bool escaped = c == '\\';
    if (escaped) c = to_byte(byte_at(++i));
    if (c == 0) {
      malformed = true;
    } else if (c == '-' && !escaped && previous != 0 && byte_at(i + 1) != '\0' && byte_at(i + 1) != ']') {
      int last = to_byte(byte_at(++i));
      if (last == '\\') last = to_byte(byte_at(++i));
      malformed = last == 0;
      for (int b = previous; b <= last; ++b) set.set(static_cast<std::size_t>(b));
      c = 0;
    } else if (c == '[' && !escaped && byte_at(i + 1) == ':') {
      const std::size_t close = pattern.find(']', i + 2);
      if (close == std::string_view::npos) {
        malformed = true;
      } else if (close < i + 3 || pattern[close - 1] != ':') {
        set.set('[');  // no ":]": an ordinary bracket
      } else {
        const std::string_view name = pattern.substr(i + 2, close - 1 - (i + 2));
        bool known = false;
        for (int b = 0; b < 256; ++b) {
          if (in_class(name, b, known)) set.set(static_cast<std::size_t>(b));
        }
        malformed = !known;
        i = close;
        c = 0;
      }
    } else {
      set.set(static_cast<std::size_t>(c));
    }
    previous = c;
    ++i;
  } while (!malformed && byte_at(i) != ']');
  if (malformed) {
    tokens_.push_back({Step::kNever, 0, 0});
    at = pattern.size();
    return;
  }
  if (negated) set.flip();
  push_set(set, kind);
  at = i + 1;
}

void Glob::push_set(ByteSet set, Kind kind) {
  if (kind == Kind::kPath) set.reset('/');
  if (sets_.empty() || sets_.back() != set) sets_.push_back(set);
  tokens_.push_back({Step::kSet, 0, static_cast<std::uint32_t>(sets_.size() - 1)});
}

bool Glob::takes(const Token& token, char byte) const {
  if (token.step == Step::kByte) return token.byte == to_byte(byte);
  return token.step == Step::kSet && sets_[token.set].test(to_byte(byte));
}

/// Two places to go back to are enough, the last star and the last `**`. What lies between two stars either holds no
/// slash, so its leftmost place leaves most to the next star, or holds one, and then it has one place only. The same
/// argument holds for `**` one level up: it forgets every star before it.
bool Glob::matches(std::string_view name) const {
  std::size_t token = 0;
  std::size_t at = 0;
  std::size_t star_token = kNone, star_at = 0;  // go on behind the star, which then takes one byte more
  std::size_t any_token = kNone, any_at = 0;    // the same for ** …
  bool any_is_folders = false;                  // … which as `**/` only takes up to a slash
  while (true) {
    if (token < tokens_.size()) {
      const Step step = tokens_[token].step;
      if (step == Step::kStar) {
        star_token = ++token;
        star_at = at;
        continue;
      }
      if (step == Step::kAnything || step == Step::kAnyFolders) {
        any_is_folders = step == Step::kAnyFolders;
        any_token = ++token;
        any_at = at;
        star_token = kNone;
        continue;
      }
      if (at < name.size() && takes(tokens_[token], name[at])) {
        ++token;
        ++at;
        continue;
      }
    } else if (at == name.size()) {
      return true;
    }
    if (star_token != kNone && star_at < name.size() && name[star_at] != '/') {
      at = ++star_at;
      token = star_token;
      continue;
    }
    star_token = kNone;
    if (any_token == kNone || any_at >= name.size()) return false;
    if (any_is_folders) {
      const std::size_t slash = name.find('/', any_at);
      if (slash == std::string_view::npos) return false;
      any_at = slash + 1;
    } else {
      ++any_at;
    }
    at = any_at;
    token = any_token;
  }
}

}  // namespace riverbank
