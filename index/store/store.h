#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "index/store/store_reader.h"
#include "index/store/store_writer.h"
#include "index/store/stored.h"
#include "riverbank/index.h"

namespace riverbank {

/// What is known of a collection: settings, documents, chunks, vectors by key, words. One SQLite file, `store.db`, in a
/// folder of its own that only its owner may read. It is the truth; all else can be made from it.
///
/// Any number of threads may read (each through its own StoreReader) while one writes; writers of this process take
/// turns. Other processes may read at any time; hold a WriterLock to write. All that comes from here must go before the
/// Store does.
class Store {
 public:
  static constexpr char kFileName[] = "store.db";

  /// Opens the store in `folder`; with kReadWrite it is made when absent, and brought to this version when older. A
  /// read-only store needs no write permission anywhere. Throws Error: kNotFound, kCorrupt (not a store, or a damaged
  /// one), kUnsupported (another program's file, or a newer version's), kIo.
  Store(const std::filesystem::path& folder, Access access);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  const std::filesystem::path& folder() const;
  std::filesystem::path file() const;
  const StoreId& id() const;

  /// A view of the store as it is at the reader's first question. Any thread; give it back (destroy it) soon: a view
  /// that stays open keeps the log from being folded in.
  StoreReader read() const;
  /// Begins to change it; waits for another writer. Any thread. Throws Error: kInvalidArgument when opened read-only,
  /// kIo.
  StoreWriter write();

  /// Folds the write-ahead log into the file and brings SQLite's statistics up to date: after a large update.
  void tidy();

  /// What is wrong with the file, one full sentence each: SQLite's own check, the references, the words.
  /// Reads everything.
  std::vector<std::string> check() const;

  /// The bytes that the store takes on disk, its log included.
  std::uint64_t bytes() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace riverbank
