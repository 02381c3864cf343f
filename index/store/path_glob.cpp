#include "index/store/path_glob.h"

#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <string>

#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

constexpr std::size_t kMostPatternBytes = 4096;

/// The first character of `text`: a well-formed UTF-8 sequence or else one byte.
std::string_view first_character(std::string_view text) {
  return text.substr(0, static_cast<std::size_t>(std::max(1, utf8_sequence_length(text))));
}

/// A character's number; a byte that is no UTF-8 gets one beyond Unicode.
char32_t code_point(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(character[i])); };
  switch (character.size()) {
    case 1:
      return byte(0) < 0x80 ? byte(0) : 0x110000 + byte(0);
    case 2:
      return (byte(0) & 0x1f) << 6U | (byte(1) & 0x3f);
    case 3:
      return (byte(0) & 0x0f) << 12U | (byte(1) & 0x3f) << 6U | (byte(2) & 0x3f);
    default:
      return (byte(0) & 0x07) << 18U | (byte(1) & 0x3f) << 12U | (byte(2) & 0x3f) << 6U | (byte(3) & 0x3f);
  }
}

Error bad_pattern(std::string_view pattern, const std::string& why) {
  return {ErrorKind::kInvalidArgument, "the path pattern \"" + printable(pattern) + "\" cannot be read: " + why};
}

}  // namespace

PathGlob::PathGlob(std::string_view pattern) {
  if (pattern.size() > kMostPatternBytes) throw bad_pattern(pattern.substr(0, 40), "it is longer than 4,096 bytes");
  last_part_only_ = pattern.find('/') == std::string_view::npos && pattern != "**";
  std::string_view rest = pattern;
  if (rest.starts_with('/')) rest.remove_prefix(1);
  while (true) {
    const std::size_t slash = rest.find('/');
    const bool last = slash == std::string_view::npos;
    const std::string_view part = rest.substr(0, slash);
    if (part == "**" || (last && part.empty() && !items_.empty())) {
      if (last) {
        items_.push_back({Kind::kRest, 0, false, {}});
      } else {
        items_.push_back({Kind::kPartsGate, 0, false, {}});
        items_.push_back({Kind::kParts, 0, false, {}});
      }
    } else {
      try {
        read_part(part);
      } catch (const std::invalid_argument& error) {
        throw bad_pattern(pattern, error.what());
      }
      if (!last) items_.push_back({Kind::kLiteral, '/', false, {}});
    }
    if (last) break;
    rest.remove_prefix(slash + 1);
  }
}

void PathGlob::read_part(std::string_view part) {
  for (std::size_t at = 0; at < part.size();) {
    const char c = part[at];
    if (c == '*') {
      if (items_.empty() || items_.back().kind != Kind::kStar) items_.push_back({Kind::kStar, 0, false, {}});
      ++at;
    } else if (c == '?') {
      items_.push_back({Kind::kAny, 0, false, {}});
      ++at;
    } else if (c == '[') {
      at = read_class(part, at + 1);
    } else {
      if (c == '\\' && ++at == part.size()) throw std::invalid_argument("nothing follows its last \\");
      const std::string_view character = first_character(part.substr(at));
      items_.push_back({Kind::kLiteral, code_point(character), false, {}});
      at += character.size();
    }
  }
}

std::size_t PathGlob::read_class(std::string_view part, std::size_t at) {
  Item item{Kind::kOneOf, 0, false, {}};
  if (at < part.size() && (part[at] == '!' || part[at] == '^')) {
    item.negated = true;
    ++at;
  }
  const auto next = [&] {
    if (at < part.size() && part[at] == '\\') ++at;
    if (at >= part.size()) throw std::invalid_argument("a [ has no ]");
    const std::string_view character = first_character(part.substr(at));
    at += character.size();
    return code_point(character);
  };
  for (bool first = true; first || at >= part.size() || part[at] != ']'; first = false) {
    const char32_t from = next();
    char32_t to = from;
    if (at + 1 < part.size() && part[at] == '-' && part[at + 1] != ']') {
      ++at;
      to = next();
    }
    if (to < from) throw std::invalid_argument("a range in [] runs backwards");
    item.ranges.push_back({from, to});
  }
  items_.push_back(std::move(item));
  return at + 1;
}

void PathGlob::enter(std::vector<char>& states, std::size_t state) const {
  for (; states[state] == 0; ++state) {
    states[state] = 1;
    if (state == items_.size()) return;
    const Kind kind = items_[state].kind;
    if (kind == Kind::kPartsGate) {  // into the run, or past it
      states[state + 1] = 1;
      ++state;
    } else if (kind != Kind::kStar && kind != Kind::kRest) {  // those may match nothing
      return;
    }
  }
}

void PathGlob::step(const std::vector<char>& from, std::vector<char>& to, char32_t character) const {
  const bool slash = character == U'/';
  for (std::size_t state = 0; state < items_.size(); ++state) {
    if (from[state] == 0) continue;
    const Item& item = items_[state];
    switch (item.kind) {
      case Kind::kLiteral:
        if (character == item.literal) enter(to, state + 1);
        break;
      case Kind::kAny:
        if (!slash) enter(to, state + 1);
        break;
      case Kind::kOneOf: {
        const bool inside = std::any_of(item.ranges.begin(), item.ranges.end(), [&](const Range& range) {
          return character >= range.first && character <= range.last;
        });
        if (!slash && inside != item.negated) enter(to, state + 1);
        break;
      }
      case Kind::kStar:
        if (!slash) enter(to, state);
        break;
      case Kind::kPartsGate:
        break;
      case Kind::kParts:
        to[state] = 1;
        if (slash) enter(to, state + 1);
        break;
      case Kind::kRest:
        enter(to, state);
        break;
    }
  }
}

bool PathGlob::matches(std::string_view path) const {
  if (last_part_only_) path.remove_prefix(path.rfind('/') + 1);  // npos + 1 is 0
  std::vector<char> states(items_.size() + 1), next(items_.size() + 1);
  enter(states, 0);
  while (!path.empty()) {
    const std::string_view character = first_character(path);
    std::fill(next.begin(), next.end(), 0);
    step(states, next, code_point(character));
    states.swap(next);
    path.remove_prefix(character.size());
  }
  return states.back() != 0;
}

namespace {

/// riverbank_glob(pattern, path): SQLite keeps the pattern that was read for the rows that follow.
void glob_function(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  const auto text = [](sqlite3_value* value) {
    const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
    return std::string_view(bytes, static_cast<std::size_t>(sqlite3_value_bytes(value)));
  };
  try {
    auto* glob = static_cast<PathGlob*>(sqlite3_get_auxdata(context, 0));
    std::unique_ptr<PathGlob> fresh;
    if (glob == nullptr) {
      fresh = std::make_unique<PathGlob>(text(arguments[0]));
      glob = fresh.get();
    }
    sqlite3_result_int(context, glob->matches(text(arguments[1])) ? 1 : 0);
    if (fresh != nullptr) {
      sqlite3_set_auxdata(context, 0, fresh.release(), [](void* old) { delete static_cast<PathGlob*>(old); });
    }
  } catch (const std::exception& error) {
    sqlite3_result_error(context, error.what(), -1);
  }
}

}  // namespace

void register_path_glob(sqlite3* connection) {
  const int result = sqlite3_create_function_v2(connection, "riverbank_glob", 2,
                                                SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, nullptr,
                                                glob_function, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) throw SQLite::Exception(connection, result);
}

}  // namespace riverbank
