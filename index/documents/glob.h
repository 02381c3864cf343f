#pragma once

#include <bitset>
#include <cstdint>
#include <string_view>
#include <vector>

namespace riverbank {

/// A shell pattern as git's wildmatch reads it: `?`, `*`, `[a-z]`, `[!a]`, `[[:alpha:]]`, `\x`, and for paths `**`.
/// Bytes, not characters. Compiled once; matching takes time in the order of pattern × name, whatever the pattern.
class Glob {
 public:
  enum class Kind {
    kName,  ///< one part of a path: `*` matches anything
    kPath,  ///< `*`, `?` and sets stop at a slash; `**/`, `/**/` and `/**` do not
  };

  Glob(std::string_view pattern, Kind kind);

  bool matches(std::string_view name) const;

 private:
  using ByteSet = std::bitset<256>;
  enum class Step : std::uint8_t {
    kByte,        ///< exactly this byte
    kSet,         ///< one byte of a set
    kStar,        ///< any bytes but slashes
    kAnything,    ///< any bytes
    kAnyFolders,  ///< `**/`: nothing, or any bytes and a slash
    kNever,       ///< a pattern that is malformed matches nothing, as in git
  };
  struct Token {
    Step step;
    std::uint8_t byte;
    std::uint32_t set;  ///< index in sets_
  };

  void add_stars(std::string_view pattern, std::size_t& at, Kind kind);
  void add_set(std::string_view pattern, std::size_t& at, Kind kind);
  void push_set(ByteSet set, Kind kind);
  bool takes(const Token& token, char byte) const;

  std::vector<Token> tokens_;
  std::vector<ByteSet> sets_;
};

}  // namespace riverbank
