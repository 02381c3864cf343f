#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "index/store/connection.h"
#include "index/store/stored.h"

namespace riverbank {

// The columns that the functions below read, in their order; tables are called c and d.
#define RIVERBANK_CHUNK_COLUMNS \
  "c.id, c.document, c.position, c.begin, c.end, c.first_line, c.last_line, c.headings, c.text, c.tokens, c.vector"
#define RIVERBANK_DOCUMENT_COLUMNS "d.id, d.kind, d.root, d.path, d.size, d.modified_ns, d.content_hash, d.title"
inline constexpr int kChunkColumns = 11;
inline constexpr int kDocumentColumns = 8;

/// The setting behind StoreReader::last_removal().
inline constexpr std::string_view kLastRemoval = "last_removal";

/// A row's chunk, or document without its metadata, from column `first` on. Throws Error kCorrupt.
StoredChunk read_chunk_row(const Query& query, int first);
StoredDocument read_document_row(const Query& query, int first);
std::map<std::string, std::string> read_metadata(Connection& connection, std::int64_t document);

/// Fills `vector` with the float32 values of a blob (little-endian). Throws Error kCorrupt.
void read_vector(const Query& query, int column, const Connection& connection, std::vector<float>& vector);

/// Headings as one text: U+001F between them, which no heading holds and which separates words.
std::string join_headings(std::span<const std::string> headings);
std::vector<std::string> split_headings(std::string_view joined);

inline std::span<const std::byte> as_blob(std::string_view bytes) {
  return std::as_bytes(std::span(bytes.data(), bytes.size()));
}

}  // namespace riverbank
