#pragma once

#include <bitset>
#include <cstdint>
#include <string_view>
#include <vector>

struct sqlite3;

namespace riverbank {

/// A pattern for paths: `*` any run within one part, `?` one character, `[a-z]` `[!a-z]` one of some, `\` takes the
/// next as it is; `**` as a whole part stands for any number of parts. A pattern without '/' is held against the last
/// part alone ("*.md"), one with it against the whole path ("src/**"); one that ends in '/' means all below.
/// Any thread.
class PathGlob {
 public:
  /// Throws Error kInvalidArgument for one that cannot be read.
  explicit PathGlob(std::string_view pattern);

  bool matches(std::string_view path) const;

 private:
  enum class Kind : std::uint8_t {
    kLiteral,    // this character
    kAny,        // one character that is not '/'
    kOneOf,      // one character of a class
    kStar,       // any run without '/'
    kPartsGate,  // where a run of whole parts may begin, or be left out
    kParts,      // any number of whole parts, each with its '/'
    kRest,       // anything at all
  };
  struct Range {
    char32_t first = 0, last = 0;
  };
  struct Item {
    Kind kind = Kind::kLiteral;
    char32_t literal = 0;
    bool negated = false;
    std::vector<Range> ranges;
  };

  void read_part(std::string_view part);
  std::size_t read_class(std::string_view part, std::size_t at);
  void enter(std::vector<char>& states, std::size_t state) const;
  void step(const std::vector<char>& from, std::vector<char>& to, char32_t character) const;

  std::vector<Item> items_;
  bool last_part_only_ = false;
};

/// Makes the SQL function riverbank_glob(pattern, path) known to a connection. Throws SQLite::Exception.
void register_path_glob(sqlite3* connection);

}  // namespace riverbank
