#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/text/span.h"

namespace riverbank {

/// A token that is looked for in the text before anything else is done to it ("[MASK]"), as tokenizer.json has them.
struct AddedToken {
  std::string content;
  std::int32_t id = 0;
  bool single_word = false;  ///< not inside a word
  bool lstrip = false;       ///< takes the white space on its left with it
  bool rstrip = false;       ///< and on its right
  bool normalized = false;   ///< looked for in the normalised text
};

/// Finds added tokens in texts: of those that begin first, the longest. Immutable.
class AddedTokens {
 public:
  struct Match {
    Span span;
    std::int32_t id = 0;
  };

  /// Contents must not be empty.
  explicit AddedTokens(std::vector<AddedToken> tokens);

  bool empty() const { return tokens_.empty(); }
  /// The first match in text[from, …), where `from` is the end of the one before.
  std::optional<Match> find(std::string_view text, std::size_t from) const;

 private:
  /// The first place at or after `from` where a token's first byte stands, or npos.
  std::size_t next_candidate(std::string_view text, std::size_t from) const;
  const AddedToken* longest_at(std::string_view rest) const;

  std::vector<AddedToken> tokens_;           ///< by first byte, longest first
  std::array<std::uint32_t, 257> starts_{};  ///< tokens_[starts_[b], starts_[b + 1]) begin with byte b
  std::optional<char> only_first_byte_;      ///< what all begin with, usually '['
};

}  // namespace riverbank
