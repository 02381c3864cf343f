#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "index/documents/document.h"
#include "lib/text/tokenizer.h"

namespace riverbank {

/// A passage: what is encoded, searched and shown.
///
/// Heading lines stay in the text of the passage that they open, since every byte has one place. `headings` is the path
/// that holds for the passage's text as a whole, down to its own heading; encoded_text() leaves out of it what the
/// text begins with anyway. So each heading is shown where it is looked for and encoded once.
struct Chunk {
  Span span;                   ///< bytes of Document::text, no white space at the ends
  std::size_t first_line = 0;  ///< counted from 1, both inclusive
  std::size_t last_line = 0;
  std::vector<std::string> headings;  ///< outermost first; shortened when it would take more than a third of the budget
  std::size_t tokens = 0;             ///< of encoded_text() with the document's title, [CLS] and [SEP] included
};

struct ChunkerOptions {
  std::size_t max_tokens = 256;  ///< of what is encoded, all counted; at least 16
};

/// Cuts a document into passages that fit: at headings, else between paragraphs, else between sentences (code: lines),
/// else between words, else between characters. Together the chunks hold every byte that is not ASCII white space,
/// each once.
///
/// A section that fits is one chunk; one that says little (an eighth of the budget) joins its subsection or its
/// sibling, a heading without text joins what follows it. What does not fit is cut into parts of about equal size,
/// since a short tail makes a poor passage. A chunk holds 32 bytes a token at most, whatever the tokenizer makes of
/// them.
///
/// Each byte is tokenized once, and beside the chunks only some dozens of passages are held at a time.
/// Throws Error kInvalidArgument when max_tokens < 16. Any thread.
std::vector<Chunk> chunk_document(const Document& document, const Tokenizer& tokenizer, const ChunkerOptions& options);

/// The headings that a passage's text begins with as heading lines.
struct LeadingHeadings {
  std::size_t count = 0;  ///< of the last of its headings
  std::size_t end = 0;    ///< where its text goes on behind those lines; 0 when there are none
};
LeadingHeadings leading_headings(const std::vector<std::string>& headings, std::string_view text);

/// What the model reads for a passage: the heading path (or the title where there is none), a newline, the text. Of the
/// path's end, what stands as heading lines at the beginning of the text is left out.
std::string encoded_text(std::string_view title, const std::vector<std::string>& headings, std::string_view text);

}  // namespace riverbank
