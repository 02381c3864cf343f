#include "index/store/rows.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>

namespace riverbank {
namespace {

constexpr char kHeadingSeparator = '\x1f';

}  // namespace

StoredChunk read_chunk_row(const Query& query, int first) {
  StoredChunk chunk;
  chunk.id = query.integer(first);
  chunk.document = query.integer(first + 1);
  chunk.order = query.size(first + 2);
  chunk.begin = query.size(first + 3);
  chunk.end = query.size(first + 4);
  chunk.first_line = query.size(first + 5);
  chunk.last_line = query.size(first + 6);
  chunk.headings = split_headings(query.text(first + 7));
  chunk.text = query.text(first + 8);
  chunk.tokens = query.size(first + 9);
  chunk.vector = query.integer(first + 10);
  return chunk;
}

StoredDocument read_document_row(const Query& query, int first) {
  StoredDocument document;
  document.id = query.integer(first);
  document.kind = query.integer(first + 1) == 1 ? DocumentKind::kRecord : DocumentKind::kFile;
  document.root = query.integer(first + 2);
  document.path = query.text(first + 3);
  document.size = query.size(first + 4);
  document.modified_ns = query.integer(first + 5);
  document.content_hash = query.text(first + 6);
  document.title = query.text(first + 7);
  return document;
}

std::map<std::string, std::string> read_metadata(Connection& connection, std::int64_t document) {
  std::map<std::string, std::string> metadata;
  Query query(connection, "SELECT name, value FROM metadata WHERE document = ?");
  query.bind(document);
  while (query.step()) metadata.emplace(query.text(0), query.text(1));
  return metadata;
}

void read_vector(const Query& query, int column, const Connection& connection, std::vector<float>& vector) {
  const std::span<const std::byte> bytes = query.blob(column);
  if (bytes.empty() || bytes.size() % sizeof(float) != 0) {
    throw_sqlite_error(connection.file(), SQLITE_CORRUPT,
                       "a vector has " + std::to_string(bytes.size()) + " bytes, not a number of floats");
  }
  vector.resize(bytes.size() / sizeof(float));
  std::memcpy(vector.data(), bytes.data(), bytes.size());  // SQLite aligns blobs to nothing
}

std::string join_headings(std::span<const std::string> headings) {
  std::string joined;
  for (const std::string& heading : headings) {
    std::string clean = heading;
    std::ranges::replace(clean, kHeadingSeparator, ' ');
    joined += clean;
    joined += kHeadingSeparator;
  }
  return joined;
}

std::vector<std::string> split_headings(std::string_view joined) {
  std::vector<std::string> headings;
  while (!joined.empty()) {
    const std::size_t end = std::min(joined.find(kHeadingSeparator), joined.size());
    headings.emplace_back(joined.substr(0, end));
    joined.remove_prefix(std::min(end + 1, joined.size()));
  }
  return headings;
}

}  // namespace riverbank
