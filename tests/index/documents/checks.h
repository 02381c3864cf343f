#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "index/documents/document.h"
#include "lib/text/span.h"

namespace riverbank::testing {

inline bool is_white(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Expects spans in order, without white space at their ends, that hold each byte that is not white space once.
inline void expect_covers(std::string_view text, const std::vector<Span>& spans) {
  std::size_t at = 0;
  const auto expect_white = [&](std::size_t end) {
    for (; at < end; ++at) ASSERT_TRUE(is_white(text[at])) << "byte " << at << " is in no span";
  };
  for (const Span& span : spans) {
    ASSERT_LT(span.begin, span.end);
    ASSERT_LE(at, span.begin) << "overlap";
    ASSERT_LE(span.end, text.size());
    ASSERT_FALSE(is_white(text[span.begin]) || is_white(text[span.end - 1])) << "white space at an end";
    expect_white(span.begin);
    at = span.end;
  }
  expect_white(text.size());
}

inline void expect_sound(const Document& document) {
  std::vector<Span> spans;
  for (const Block& block : document.blocks) {
    spans.push_back(block.span);
    ASSERT_LT(block.section, document.sections.size());
  }
  for (std::size_t i = 1; i < document.sections.size(); ++i) ASSERT_LT(document.sections[i].parent, i);
  expect_covers(document.text, spans);
}

inline std::string file_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace riverbank::testing
