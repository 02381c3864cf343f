#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace riverbank {

enum class DocumentKind {
  kFile = 0,    ///< stands in a root; its path is relative to that
  kRecord = 1,  ///< came from a program; its path is its id
};

/// A folder (or a single file) that is indexed.
struct StoredRoot {
  std::int64_t id = 0;
  std::string path;
};

/// A document as the store knows it. Paths, titles and metadata are any bytes.
struct StoredDocument {
  std::int64_t id = 0;  ///< given by the store; never used twice
  DocumentKind kind = DocumentKind::kFile;
  std::int64_t root = 0;  ///< StoredRoot::id; 0 for a record
  std::string path;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  ///< since 1970
  std::string content_hash;      ///< raw bytes, of whatever hash the caller likes
  std::string title;
  std::map<std::string, std::string> metadata;
};

/// A passage of a document.
struct StoredChunk {
  std::int64_t id = 0;        ///< given by the store; never used twice
  std::int64_t document = 0;  ///< StoredDocument::id
  std::size_t order = 0;      ///< within the document, from 0
  std::size_t begin = 0;      ///< bytes of the document's text
  std::size_t end = 0;
  std::size_t first_line = 0;  ///< counted from 1; 0 for a record
  std::size_t last_line = 0;
  std::vector<std::string> headings;  ///< outermost first
  std::string text;
  std::size_t tokens = 0;
  std::int64_t vector = 0;  ///< the id that put_vector() gave
};

/// A passage with the document that it stands in.
struct StoredPassage {
  StoredChunk chunk;
  StoredDocument document;
  std::string root;  ///< StoredRoot::path; empty for a record
};

/// Which passages count. Everything that is set must hold.
struct PassageFilter {
  // Of the document.
  std::string path_glob;                ///< see PathGlob; empty: all
  std::vector<std::string> extensions;  ///< of its path, one of these, in small letters ("" for none); empty: all
  std::string document;                 ///< its path or id; empty: all
  std::map<std::string, std::string> metadata;                       ///< it has all of these
  std::optional<std::int64_t> root;                                  ///< StoredRoot::id
  std::optional<std::int64_t> modified_since_ns, modified_until_ns;  ///< [since, until) of a file; no record passes

  // Of the passage.
  std::string heading;                 ///< its headings hold all of these words; empty: all
  std::vector<std::string> phrases;    ///< each of these stands in it, its title or its headings, word for word
  std::vector<std::string> excluded;   ///< and none of these
  std::vector<std::int64_t> left_out;  ///< StoredChunk::id of passages that do not count

  bool empty() const {
    return path_glob.empty() && extensions.empty() && document.empty() && metadata.empty() && !root &&
           !modified_since_ns && !modified_until_ns && heading.empty() && phrases.empty() && excluded.empty() &&
           left_out.empty();
  }
};

/// A passage and what of it a search wants.
struct PassageKey {
  std::int64_t chunk = 0;
  std::int64_t vector = 0;
  std::int64_t document = 0;
};

/// A passage found by its words.
struct KeywordHit {
  std::int64_t chunk = 0;
  std::int64_t vector = 0;
  double bm25 = 0;  ///< higher is better
};

/// A word of a question and the passages that hold it, in any form that a search takes for the same.
struct AskedWord {
  std::size_t begin = 0;  ///< bytes of the question
  std::size_t end = 0;
  std::string folded;                ///< as it is looked up
  bool tells = true;                 ///< no stop word
  std::size_t found = 0;             ///< how many passages hold it; estimated where `chunks` is left out
  std::vector<std::int64_t> chunks;  ///< ascending; left out for a stop word beside words that tell
};

/// What one word of a question brings to a passage's BM25.
struct WordHit {
  std::int64_t chunk = 0;
  std::string word;  ///< as it was looked for
  double bm25 = 0;
};

struct StoreCounts {
  std::size_t files = 0, records = 0, chunks = 0, vectors = 0;
};

/// Tells one store from every other, whatever their paths: random bytes drawn when it was made.
using StoreId = std::array<std::uint8_t, 16>;

}  // namespace riverbank
