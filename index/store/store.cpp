#include "index/store/store.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <semaphore>
#include <utility>

#include "index/store/connection.h"
#include "index/store/schema.h"
#include "lib/base/file.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

constexpr std::size_t kMostIdleReaders = 8;

StoreId read_store_id(Connection& connection) {
  StoreId id{};
  Query query(connection, "SELECT store_id FROM state");
  if (!query.step() || query.blob(0).size() != id.size()) {
    throw Error(ErrorKind::kCorrupt, "the store " + printable(connection.file().string()) +
                                         " has no identity; remove its folder and index the documents again");
  }
  std::memcpy(id.data(), query.blob(0).data(), id.size());
  return id;
}

void run_to_end(Connection& connection, const char* sql) { Query(connection, sql).run(); }

}  // namespace

struct Store::Parts {
  std::filesystem::path folder;
  std::filesystem::path file;
  StoreId id{};
  std::unique_ptr<Connection> writer;  // none when read-only
  std::binary_semaphore writer_free{1};
  std::mutex mutex;
  std::vector<std::unique_ptr<Connection>> idle_readers;  // guarded by mutex

  std::unique_ptr<Connection> take_reader() {
    {
      const std::lock_guard lock(mutex);
      if (!idle_readers.empty()) {
        std::unique_ptr<Connection> reader = std::move(idle_readers.back());
        idle_readers.pop_back();
        return reader;
      }
    }
    return std::make_unique<Connection>(file, ConnectionMode::kReadOnly);
  }

  void give_back(std::unique_ptr<Connection> reader) {
    reader->roll_back();
    const std::lock_guard lock(mutex);
    if (idle_readers.size() < kMostIdleReaders) idle_readers.push_back(std::move(reader));
  }
};

Store::Store(const std::filesystem::path& folder, Access access) : parts_(std::make_unique<Parts>()) {
  parts_->folder = folder;
  parts_->file = folder / kFileName;
  if (access == Access::kReadWrite) {
    make_private_folder(folder);
    parts_->writer = std::make_unique<Connection>(parts_->file, ConnectionMode::kReadWrite);
    prepare_schema(*parts_->writer);
    parts_->id = read_store_id(*parts_->writer);
  } else {
    std::error_code ignored;
    if (!std::filesystem::exists(parts_->file, ignored)) {
      throw Error(ErrorKind::kNotFound, "there is no index in " + printable(folder.string()));
    }
    auto reader = std::make_unique<Connection>(parts_->file, ConnectionMode::kReadOnly);
    check_schema(*reader);
    parts_->id = read_store_id(*reader);
    parts_->idle_readers.push_back(std::move(reader));
  }
}

Store::~Store() = default;

const std::filesystem::path& Store::folder() const { return parts_->folder; }
std::filesystem::path Store::file() const { return parts_->file; }
const StoreId& Store::id() const { return parts_->id; }

StoreReader Store::read() const {
  Parts* parts = parts_.get();
  StoreReader::Lease lease(parts->take_reader().release(),
                           [parts](Connection* reader) { parts->give_back(std::unique_ptr<Connection>(reader)); });
  lease->execute("BEGIN");
  return StoreReader(std::move(lease));
}

StoreWriter Store::write() {
  if (parts_->writer == nullptr) {
    throw Error(ErrorKind::kInvalidArgument,
                "the index in " + printable(parts_->folder.string()) + " was opened read-only and cannot be changed");
  }
  Parts* parts = parts_.get();
  parts->writer_free.acquire();
  StoreReader::Lease lease(parts->writer.get(), [parts](Connection* writer) {
    writer->roll_back();
    parts->writer_free.release();
  });
  lease->execute("BEGIN IMMEDIATE");
  return StoreWriter(std::move(lease));
}

void Store::tidy() {
  if (parts_->writer == nullptr) return;
  parts_->writer_free.acquire();
  const std::unique_ptr<std::binary_semaphore, void (*)(std::binary_semaphore*)> turn(
      &parts_->writer_free, [](std::binary_semaphore* free) { free->release(); });
  run_to_end(*parts_->writer, "PRAGMA incremental_vacuum");
  run_to_end(*parts_->writer, "PRAGMA optimize");
  run_to_end(*parts_->writer, "PRAGMA wal_checkpoint(TRUNCATE)");
}

std::vector<std::string> Store::check() const {
  const std::string name = printable(parts_->file.string());
  std::vector<std::string> problems;
  const auto ask = [&](Connection& connection, const char* question, const auto& on_row) {
    try {
      Query query(connection, question);
      while (query.step()) on_row(query);
    } catch (const Error& error) {
      problems.emplace_back(error.what());
    }
  };
  StoreReader reader = read();
  Connection& connection = reader.connection();
  ask(connection, "PRAGMA integrity_check", [&](const Query& row) {
    if (row.text(0) != "ok") problems.push_back("the store " + name + " is damaged: " + printable(row.text(0)));
  });
  ask(connection, "PRAGMA foreign_key_check", [&](const Query& row) {
    problems.push_back("the store " + name + " is damaged: a row of its table " + printable(row.text(0)) +
                       " belongs to one of " + printable(row.text(2)) + " that is gone");
  });
  ask(connection, "SELECT count(DISTINCT length(embedding)) FROM vectors", [&](const Query& row) {
    if (row.integer(0) > 1) problems.push_back("the store " + name + " holds vectors of different sizes");
  });
  if (parts_->writer != nullptr) {  // FTS5 takes the request for its check as a row to insert
    StoreWriter writer = const_cast<Store*>(this)->write();
    ask(writer.connection(), "INSERT INTO words (words, rank) VALUES ('integrity-check', 1)", [](const Query&) {});
  }
  return problems;
}

std::uint64_t Store::bytes() const {
  std::uint64_t total = 0;
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code missing;
    const std::uint64_t size = std::filesystem::file_size(parts_->file.string() + suffix, missing);
    if (!missing) total += size;
  }
  return total;
}

}  // namespace riverbank
