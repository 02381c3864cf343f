#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "index/store/stored.h"

namespace riverbank {

class Connection;

/// Questions to a store, all answered from one and the same moment. One thread at a time; move-only.
/// Everything throws Error: kCorrupt (the file is damaged), kIo.
class StoreReader {
 public:
  StoreReader(StoreReader&&) noexcept = default;
  StoreReader& operator=(StoreReader&&) = delete;
  ~StoreReader() = default;

  std::optional<std::string> setting(std::string_view name);
  /// Grows with every transaction that changed the set of vectors.
  std::uint64_t generation();
  /// A generation since which vectors have only come: that of the last transaction that removed some; nothing when it
  /// is not known.
  std::optional<std::uint64_t> last_removal();
  StoreCounts counts();
  /// Their chunks alone, which costs less.
  std::size_t chunks();

  std::vector<StoredRoot> roots();

  /// All documents of a root (0: all records), metadata left out, in byte order of their paths.
  std::vector<StoredDocument> documents_of(std::int64_t root);
  std::optional<StoredDocument> find_file(std::int64_t root, std::string_view path);
  std::optional<StoredDocument> find_record(std::string_view id);
  /// The documents of that content: where a renamed file came from.
  std::vector<StoredDocument> documents_with_hash(std::string_view content_hash);
  std::vector<StoredChunk> chunks_of(std::int64_t document);

  /// The passages with these chunk ids, in their order; ids that are not there are left out.
  std::vector<StoredPassage> passages(std::span<const std::int64_t> chunks);

  /// The passages whose vector is one of these, ordered by the vector's place in `vectors`, then by chunk. Several
  /// may share a vector (equal texts); a vector may have none any more.
  std::vector<PassageKey> passages_of_vectors(std::span<const std::int64_t> vectors);
  /// All passages that pass, ordered by vector, then by chunk. Throws Error kInvalidArgument for a filter that cannot
  /// be read.
  std::vector<PassageKey> passages_matching(const PassageFilter& filter);

  /// The vector that `key` stands for; nothing when it has to be made.
  std::optional<std::int64_t> vector_with_key(std::string_view key);
  /// Empty when there is none with that id.
  std::vector<float> vector(std::int64_t id);
  bool has_vectors();
  /// The ids of the vectors that are greater than `after`, ascending.
  std::vector<std::int64_t> vector_ids(std::int64_t after = 0);
  /// Calls `visit` with each vector whose id is greater than `after`, by ascending id. What `vector` points to lives
  /// for that call.
  void for_each_vector(const std::function<void(std::int64_t id, std::span<const float> vector)>& visit,
                       std::int64_t after = 0);

  /// The `limit` best passages by BM25 over their words (Okapi BM25 as SQLite's FTS5 computes it), best first, ties by
  /// chunk. Any text is a question; one without words finds nothing. Throws Error kInvalidArgument for a filter that
  /// cannot be read.
  std::vector<KeywordHit> find_words(std::string_view question, std::size_t limit, const PassageFilter& filter = {});
  /// What each word of a question brings to the BM25 of these passages; nothing where it does not stand. BM25 is a sum
  /// over the words, so a passage's add up to what find_words() gives. In order of the question's words.
  std::vector<WordHit> weigh_words(std::string_view question, std::span<const std::int64_t> chunks);

  /// The words of a question that find_words() would look up, in order, repeated ones too; stop words among them. At
  /// most kMostQueryWords.
  std::vector<AskedWord> asked_words(std::string_view question);

 protected:
  friend class Store;
  /// `release` gets the connection back when the reader goes.
  using Lease = std::unique_ptr<Connection, std::function<void(Connection*)>>;
  explicit StoreReader(Lease connection);
  /// Throws Error kInvalidArgument once the lease is given up.
  Connection& connection();
  void give_up() { connection_.reset(); }

 private:
  std::vector<std::int64_t> chunks_with(const std::string& term);
  std::size_t count_with(const std::string& term);

  Lease connection_;
};

}  // namespace riverbank
