#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "lib/math/matrix.h"
#include "lib/text/span.h"
#include "lib/text/tokenizer.h"

namespace riverbank {

// A text longer than the model's window is read through several that overlap, and their vectors become one. What that
// gains over cutting the text, as MRR@10 of section headings of the Rust book that ask for their chapter
// (tests/bench/long_texts.py --set book): all-MiniLM-L6-v2 .478 cut, .604 through windows (83 chapters, 413 questions;
// 95 % interval of the gain .089 to .163); bge-small-en-v1.5 .683 and .783 (--documents 22: 142 questions; .044 to
// .158).

/// One window of a long text.
struct TextWindow {
  Span span;                   ///< bytes of the text
  std::size_t new_tokens = 0;  ///< how many of its tokens no earlier window held
};

/// The windows of a text, each of at most `most_tokens` pieces: cut behind the last sentence that ends in a window's
/// second half, else before a word. The next one begins kOverlap of a window before that, or at the first sentence
/// after there, so that no sentence is read without what stands around it. A text that fits is one window, the whole of
/// it. `pieces` are the text's. most_tokens >= 1. Any thread.
std::vector<TextWindow> windows_of(std::string_view text, std::span<const Piece> pieces, std::size_t most_tokens);

/// sum_w new_tokens_w v_w / |sum_w new_tokens_w v_w|: the windows' unit vectors (windows, d_model), each counting as
/// much as it adds to the text -> (d_model), a unit vector.
RowVector pool_windows(const MatrixView& vectors, std::span<const TextWindow> windows);

}  // namespace riverbank
