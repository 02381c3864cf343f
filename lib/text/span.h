#pragma once

#include <cstddef>
#include <string_view>

namespace riverbank {

/// A half-open range of bytes [begin, end) in a text that stands elsewhere.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;

  std::size_t size() const { return end - begin; }
  bool empty() const { return begin == end; }
  std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
  friend bool operator==(const Span&, const Span&) = default;
};

}  // namespace riverbank
