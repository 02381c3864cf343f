#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "index/documents/document.h"
#include "lib/text/tokenizer.h"

namespace riverbank {

/// The heading paths of a document's sections, none longer than a share of the budget. One thread.
class HeadingPaths {
 public:
  struct Path {
    std::vector<std::string> headings;
    std::size_t bytes = 0;   ///< of what encoded_text() puts in front of a text that begins with no heading
    std::size_t tokens = 0;  ///< of the same; of a text that begins with headings, at most these
  };

  HeadingPaths(const Document& document, const Tokenizer& tokenizer, std::size_t max_tokens)
      : document_(document), tokenizer_(tokenizer), max_tokens_(max_tokens) {}

  /// The path of a section. Valid until the next call.
  const Path& of(std::uint32_t section);
  /// The innermost section that both are a part of.
  std::uint32_t common(std::uint32_t a, std::uint32_t b) const;
  bool is_part_of(std::uint32_t section, std::uint32_t whole) const { return common(section, whole) == whole; }

 private:
  std::string shortened(std::string_view heading, std::size_t max_tokens) const;

  const Document& document_;
  const Tokenizer& tokenizer_;
  std::size_t max_tokens_;
  std::map<std::uint32_t, Path> known_;  ///< of the sections met last
};

}  // namespace riverbank
