#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/insight/attention_page.h"
#include "lib/text/span.h"

namespace riverbank {

/// A stretch of a text with what it brings.
struct SharedWord {
  Span span;
  double share = 0;
};

/// A text whose words brought something to a number.
struct SharedText {
  std::string name;  ///< "the question's words"
  std::string text;
  std::vector<SharedWord> words;  ///< in their order
  Span marked;                    ///< the best sentence; empty for none
  std::string rest;               ///< what belongs to no word, in words
};

/// One hit on the page of reasons.
struct WhyHit {
  std::string title;              ///< "1  0.93  file.md:3-7"
  std::vector<std::string> sums;  ///< each a line: how the score and its sides came to be
  std::vector<SharedText> texts;
};

/// The page of `query --why --html`: each hit with its sums and its texts, every word shaded by its share and telling
/// it on hover and to a screen reader; below, the encoder's attention over the passages, if there is any to show.
/// `title` and `lead` are plain text. Throws what attention_page() throws.
std::string why_page(std::string_view title, std::string_view lead, const std::vector<WhyHit>& hits,
                     std::span<const AttentionFigure> figures);

}  // namespace riverbank
