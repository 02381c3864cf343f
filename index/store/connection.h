#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "index/store/stored.h"

namespace riverbank {

enum class ConnectionMode {
  kReadWrite,  ///< made when absent
  kReadOnly,   ///< falls back to `immutable` where SQLite cannot keep its log beside the file
};

/// What SQLite said, as an Error about `file` that says what to do.
[[noreturn]] void throw_sqlite_error(const std::filesystem::path& file, int extended_code, std::string_view detail);

/// One connection to a store's file: pragmas set, our tokenizer and functions registered, statements prepared once,
/// SQLite's errors turned into ours. One thread at a time.
class Connection {
 public:
  /// Throws Error: kNotFound, kIo, kCorrupt.
  Connection(std::filesystem::path file, ConnectionMode mode);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Runs statements that give no rows.
  void execute(const char* sql);
  /// Ends whatever transaction is open and undoes it. Never throws.
  void roll_back() noexcept;
  std::int64_t last_id() const;
  std::int64_t rows_changed() const;

  const std::filesystem::path& file() const { return file_; }

 private:
  friend class Query;
  void open(ConnectionMode mode, bool immutable);

  std::filesystem::path file_;
  std::unique_ptr<SQLite::Database> database_;
  std::map<std::string, std::unique_ptr<SQLite::Statement>, std::less<>> idle_;  // prepared, not in use
};

/// A statement at work: bind in order, step, read. Goes back to its connection, ready for the next, when it goes.
class Query {
 public:
  Query(Connection& connection, std::string_view sql);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Query& bind(std::int64_t value);
  Query& bind(double value);
  Query& bind(std::string_view text);
  Query& bind(std::span<const std::byte> blob);
  Query& bind_null();

  /// Whether there is another row.
  bool step();
  /// For statements that give no row.
  void run();

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  std::size_t size(int column) const;  ///< a number that cannot be negative. Throws Error kCorrupt.
  double real(int column) const;
  std::string text(int column) const;
  std::span<const std::byte> blob(int column) const;  ///< until the next step

 private:
  [[noreturn]] void fail(const std::exception& error) const;

  Connection& connection_;
  std::string sql_;
  std::unique_ptr<SQLite::Statement> statement_;
  int bound_ = 0;
};

}  // namespace riverbank
