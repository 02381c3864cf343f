#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/printable.h"

namespace riverbank {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;

/// A code point and how many bytes it took.
struct CodePoint {
  char32_t value = 0;
  std::size_t size = 0;
};

/// The code point that `bytes` (not empty) begins with. A byte that begins no well-formed sequence is U+FFFD by itself.
inline CodePoint decode_utf8(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const int size = utf8_sequence_length(bytes);
  switch (size) {
    case 0:
      return {kReplacementCharacter, 1};
    case 1:
      return {at(0), 1};
    default: {
      char32_t value = at(0) & (0x7FU >> size);
      for (int i = 1; i < size; ++i) value = (value << 6U) | (at(i) & 0x3FU);
      return {value, static_cast<std::size_t>(size)};
    }
  }
}

/// Whether `byte` can only stand inside a UTF-8 sequence.
inline bool is_utf8_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// The code point that `bytes` (not empty) ends with, by the same rule.
inline CodePoint decode_last_utf8(std::string_view bytes) {
  std::size_t size = 1;
  while (size < 4 && size < bytes.size() && is_utf8_continuation(bytes[bytes.size() - size])) ++size;
  const CodePoint last = decode_utf8(bytes.substr(bytes.size() - size));
  return last.size == size ? last : CodePoint{kReplacementCharacter, 1};
}

/// Writes the UTF-8 of a code point (a scalar value) to `out`, which has room for 4 bytes; returns how many it took.
inline std::size_t encode_utf8(char32_t c, char* out) {
  const auto tail = [&](unsigned shift) { return static_cast<char>(0x80U | ((c >> shift) & 0x3FU)); };
  if (c < 0x80) {
    out[0] = static_cast<char>(c);
    return 1;
  }
  if (c < 0x800) {
    out[0] = static_cast<char>(0xC0U | (c >> 6U));
    out[1] = tail(0);
    return 2;
  }
  if (c < 0x10000) {
    out[0] = static_cast<char>(0xE0U | (c >> 12U));
    out[1] = tail(6);
    out[2] = tail(0);
    return 3;
  }
  out[0] = static_cast<char>(0xF0U | (c >> 18U));
  out[1] = tail(12);
  out[2] = tail(6);
  out[3] = tail(0);
  return 4;
}

}  // namespace riverbank
