#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "index/documents/document.h"
#include "lib/text/tokenizer.h"

namespace riverbank {

/// A passage: what is encoded, searched and shown.
struct Chunk {
  Span span;                   ///< bytes of Document::text, no white space at the ends
  std::size_t first_line = 0;  ///< counted from 1
  std::size_t last_line = 0;
  std::vector<std::string> headings;  ///< the path it stands under, outermost first
  std::size_t tokens = 0;             ///< of encoded_text(), [CLS] and [SEP] included
};

struct ChunkerOptions {
  std::size_t max_tokens = 256;  ///< of what is encoded, all counted; at least 16
};

/// Cuts a document at headings, else paragraphs, else sentences, else words, so that every chunk fits. Together the
/// chunks hold every byte that is not white space, each once. Any thread.
std::vector<Chunk> chunk_document(const Document& document, const Tokenizer& tokenizer, const ChunkerOptions& options);

/// What the model reads for a passage: the heading path (or the title where there is none), a newline, the text.
std::string encoded_text(std::string_view title, const std::vector<std::string>& headings, std::string_view text);

}  // namespace riverbank
