#include "index/search/passages.h"

#include <algorithm>

#include "index/documents/chunker.h"
#include "index/documents/document.h"
#include "lib/base/hash.h"
#include "lib/text/unicode.h"

namespace riverbank {
namespace {

std::string raw(const Sha256Digest& digest) { return {digest.begin(), digest.end()}; }

/// Appends a text to a hash so that no two lists of texts give the same bytes.
void append(Sha256& hash, std::string_view text) { hash.update(std::to_string(text.size())).update(":").update(text); }

/// A vector's key: of exactly what the model reads, and of the model. 32 raw bytes.
std::string vector_key(const std::string& fingerprint, std::string_view encoded) {
  Sha256 hash;
  append(hash, fingerprint);
  append(hash, encoded);
  return raw(hash.finish());
}

/// The whole document as one passage, read as the published figures have it: title, space, text.
Chunk whole(const Document& document) {
  Chunk chunk;
  chunk.span = {0, document.text.size()};
  chunk.first_line = 1;
  const std::string& text = document.text;
  chunk.last_line =
      1 + static_cast<std::size_t>(std::count(text.begin(), text.end() - (text.ends_with('\n') ? 1 : 0), '\n'));
  return chunk;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos; }

}  // namespace

void PassageMaker::add_chunks(PreparedDocument& prepared, Document&& document) const {
  const Tokenizer& tokenizer = model_.tokenizer();
  const ModelInfo& model = model_.embedder().info();
  std::vector<Chunk> chunks;
  if (!whole_documents_) {
    const std::size_t prompt = model_.embedder().count_tokens("") - 2;  // [CLS] and [SEP] the chunker counts itself
    chunks = chunk_document(document, tokenizer, {.max_tokens = std::min(chunk_tokens_, model.max_tokens) - prompt});
  } else if (!is_blank(document.title + document.text)) {
    chunks.push_back(whole(document));
  }
  prepared.chunks.reserve(chunks.size());
  for (Chunk& chunk : chunks) {
    PreparedChunk made;
    const std::string_view text = chunk.span.of(document.text);
    made.encoded = encoded_passage(document.title, chunk.headings, text, whole_documents_);
    made.key = vector_key(model.fingerprint, made.encoded);
    made.stored.order = prepared.chunks.size();
    made.stored.begin = chunk.span.begin;
    made.stored.end = chunk.span.end;
    made.stored.first_line = chunk.first_line;
    made.stored.last_line = chunk.last_line;
    made.stored.headings = std::move(chunk.headings);
    made.stored.text = text;
    made.stored.tokens = whole_documents_ ? tokenizer.encode(made.encoded, model.max_tokens).size() : chunk.tokens;
    prepared.chunks.push_back(std::move(made));
  }
}

PreparedDocument PassageMaker::of_file(StoredDocument document, std::string utf8_text) const {
  PreparedDocument prepared{std::move(document), {}};
  Document read = read_document(prepared.stored.path, std::move(utf8_text));
  prepared.stored.title = read.title;
  add_chunks(prepared, std::move(read));
  return prepared;
}

PreparedDocument PassageMaker::of_record(const Record& record) const {
  PreparedDocument prepared{stored_record(record), {}};
  Document read = read_document("", to_valid_utf8(record.text));
  read.title = prepared.stored.title;
  add_chunks(prepared, std::move(read));
  for (PreparedChunk& chunk : prepared.chunks) chunk.stored.first_line = chunk.stored.last_line = 0;
  return prepared;
}

std::string encoded_passage(std::string_view title, const std::vector<std::string>& headings, std::string_view text,
                            bool whole_document) {
  if (!whole_document) return encoded_text(title, headings, text);
  return title.empty() ? std::string(text) : std::string(title) + " " + std::string(text);
}

StoredDocument stored_record(const Record& record) {
  Sha256 hash;
  append(hash, record.title);
  append(hash, record.text);
  for (const auto& [name, value] : record.metadata) {
    append(hash, name);
    append(hash, value);
  }
  StoredDocument document;
  document.kind = DocumentKind::kRecord;
  document.path = record.id;
  document.size = record.text.size();
  document.content_hash = raw(hash.finish());
  document.title = to_valid_utf8(record.title);
  document.metadata = record.metadata;
  return document;
}

}  // namespace riverbank
