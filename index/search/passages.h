#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "index/search/collection_model.h"
#include "index/store/stored.h"
#include "riverbank/index.h"

namespace riverbank {

/// A passage on its way into the store.
struct PreparedChunk {
  StoredChunk stored;   ///< without document and vector
  std::string encoded;  ///< what the model will read
  std::string key;      ///< of its vector
};

/// A document on its way into the store.
struct PreparedDocument {
  StoredDocument stored;
  std::vector<PreparedChunk> chunks;
};

/// Makes passages of documents, all in one way. Loads the model (for its tokenizer) when first asked. Any thread.
class PassageMaker {
 public:
  PassageMaker(const CollectionModel& model, std::size_t chunk_tokens, bool whole_documents)
      : model_(model), chunk_tokens_(chunk_tokens), whole_documents_(whole_documents) {}

  /// Of a file whose text has been decoded; `document` has its place and times, the title is filled in.
  PreparedDocument of_file(StoredDocument document, std::string utf8_text) const;
  PreparedDocument of_record(const Record& record) const;

 private:
  void add_chunks(PreparedDocument& prepared, struct Document&& document) const;

  const CollectionModel& model_;
  std::size_t chunk_tokens_;
  bool whole_documents_;
};

/// What the model reads of a passage; it ends with `text`.
std::string encoded_passage(std::string_view title, const std::vector<std::string>& headings, std::string_view text,
                            bool whole_document);

/// The document of a record without its passages: what tells whether it has changed.
StoredDocument stored_record(const Record& record);

}  // namespace riverbank
