#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "index/store/store_reader.h"
#include "index/store/stored.h"

namespace riverbank {

/// One transaction: what it did is there after commit(), and as if it had never been without. It reads what it wrote.
/// One thread; keep it short, one document or one batch of records, so that a stop loses little.
/// Everything throws Error: kIo (a full disk is named as such), kCorrupt.
class StoreWriter : public StoreReader {
 public:
  StoreWriter(StoreWriter&&) noexcept = default;
  ~StoreWriter() = default;

  void set_setting(std::string_view name, std::string_view value);
  void remove_setting(std::string_view name);

  /// The id of that root, new or known.
  std::int64_t add_root(std::string_view path);
  /// With all of its documents.
  void remove_root(std::int64_t id);

  /// Adds a document, or replaces the one of the same kind, root and path (its chunks go). `document.id` is not read.
  /// Returns its id.
  std::int64_t put_document(const StoredDocument& document);
  /// The file was touched but says the same.
  void touch_document(std::int64_t id, std::uint64_t size, std::int64_t modified_ns);
  /// The file stands somewhere else now and says the same: document.id names it, all else is taken from `document`.
  /// Its chunks stay.
  void move_document(const StoredDocument& document);
  void remove_document(std::int64_t id);

  /// Adds a passage to the document that chunk.document names; chunk.id is not read. Returns its id.
  std::int64_t add_chunk(const StoredChunk& chunk);

  /// Keeps a vector under a key of 16 to 64 bytes; one that is there already stays. Returns its id.
  std::int64_t put_vector(std::string_view key, std::span<const float> vector);
  /// Removes the vectors that no chunk uses; at the end of an update, so that none is lost between a file's old name
  /// and its new one. Returns how many went.
  std::size_t remove_unused_vectors();
  /// Removes all documents' chunks and all vectors: before another model encodes everything anew.
  void remove_all_vectors();

  /// Keeps what was done and lets the next writer begin; nothing may be asked of this one any more.
  void commit();

 private:
  friend class Store;
  explicit StoreWriter(Lease connection);
  bool vectors_changed_ = false, vectors_removed_ = false;
};

}  // namespace riverbank
