#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "index/store/store.h"
#include "tests/support/temporary_folder.h"

namespace riverbank::testing {

/// A key as the store wants it, made of a name.
inline std::string key(std::string_view name) {
  std::string made(name);
  made.resize(32, '.');
  return made;
}

inline StoredDocument record(std::string_view id, std::string_view title = "",
                             std::map<std::string, std::string> metadata = {}) {
  StoredDocument document;
  document.kind = DocumentKind::kRecord;
  document.path = id;
  document.title = title;
  document.metadata = std::move(metadata);
  return document;
}

inline StoredDocument file(std::int64_t root, std::string_view path) {
  StoredDocument document;
  document.root = root;
  document.path = path;
  document.content_hash = "hash of " + std::string(path);
  return document;
}

/// Puts a document with one passage for each text; a text's vector has the text for its key. Returns its id.
inline std::int64_t put(StoreWriter& writer, const StoredDocument& document, const std::vector<std::string>& texts,
                        const std::vector<std::string>& headings = {}) {
  const std::int64_t id = writer.put_document(document);
  std::size_t order = 0;
  for (const std::string& text : texts) {
    StoredChunk chunk;
    chunk.document = id;
    chunk.order = order++;
    chunk.end = text.size();
    chunk.headings = headings;
    chunk.text = text;
    const std::vector<float> vector{static_cast<float>(text.size()), 1};
    chunk.vector = writer.put_vector(key(text.substr(0, 32)), vector);
    writer.add_chunk(chunk);
  }
  return id;
}

/// The same in a transaction of its own.
inline std::int64_t put(Store& store, const StoredDocument& document, const std::vector<std::string>& texts,
                        const std::vector<std::string>& headings = {}) {
  StoreWriter writer = store.write();
  const std::int64_t id = put(writer, document, texts, headings);
  writer.commit();
  return id;
}

/// The records that a question's words find, best first.
inline std::vector<std::string> found(const Store& store, std::string_view question, const PassageFilter& filter = {},
                                      std::size_t limit = 100) {
  StoreReader reader = store.read();
  std::vector<std::int64_t> chunks;
  for (const KeywordHit& hit : reader.find_words(question, limit, filter)) chunks.push_back(hit.chunk);
  std::vector<std::string> paths;
  for (const StoredPassage& passage : reader.passages(chunks)) paths.push_back(passage.document.path);
  return paths;
}

}  // namespace riverbank::testing
