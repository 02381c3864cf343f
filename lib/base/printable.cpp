#include "lib/base/printable.h"

#include <cstdint>
#include <cstdio>

namespace riverbank {
namespace {

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

std::uint32_t code_point_of(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return lead;
  std::uint32_t value = lead & (0x7FU >> sequence.size());
  for (const char byte : sequence.substr(1)) value = (value << 6U) | (static_cast<unsigned char>(byte) & 0x3FU);
  return value;
}

/// What a terminal would act on, or what hides or reorders what is read.
bool is_unsafe(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200E && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0x061C || c == 0xFEFF;
}

}  // namespace

int utf8_sequence_length(std::string_view bytes) {
  if (bytes.empty()) return 0;
  const auto lead = static_cast<unsigned char>(bytes[0]);
  if (lead < 0x80) return 1;
  const int length = lead >= 0xC2 && lead < 0xE0   ? 2
                     : lead >= 0xE0 && lead < 0xF0 ? 3
                     : lead >= 0xF0 && lead < 0xF5 ? 4
                                                   : 0;
  if (length == 0 || bytes.size() < static_cast<std::size_t>(length)) return 0;
  for (int i = 1; i < length; ++i) {
    if (!is_continuation(bytes[static_cast<std::size_t>(i)])) return 0;
  }
  const auto second = static_cast<unsigned char>(bytes[1]);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool surrogate = lead == 0xED && second >= 0xA0;
  const bool too_large = lead == 0xF4 && second >= 0x90;
  return overlong || surrogate || too_large ? 0 : length;
}

std::string printable(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  char escape[16];
  while (!bytes.empty()) {
    const int length = utf8_sequence_length(bytes);
    if (length == 0) {
      std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(bytes[0])));
      out += escape;
      bytes.remove_prefix(1);
      continue;
    }
    const std::string_view sequence = bytes.substr(0, static_cast<std::size_t>(length));
    const std::uint32_t c = code_point_of(sequence);
    if (!is_unsafe(c)) {
      out += sequence;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      std::snprintf(escape, sizeof escape, c < 0x100 ? "\\x%02x" : "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    }
    bytes.remove_prefix(sequence.size());
  }
  return out;
}

}  // namespace riverbank
