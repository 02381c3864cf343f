#include "index/store/connection.h"

#include <SQLiteCpp/Column.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "index/store/filter_sql.h"
#include "index/store/fts_tokenizer.h"
#include "index/store/path_glob.h"
#include "lib/base/file.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

constexpr int kBusyMilliseconds = 10'000;

/// Makes the file with mode 0600 whatever the umask; SQLite gives its log the same mode.
void make_private_file(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor >= 0) {
    ::fchmod(descriptor, 0600);
    ::close(descriptor);
  } else if (errno != EEXIST) {
    throw_errno("cannot make the store", file, errno);
  }
}

std::string immutable_uri(const std::filesystem::path& file) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(file).string()) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/';
    uri += plain ? std::string(1, c) : fmt::format("%{:02x}", static_cast<unsigned char>(c));
  }
  return uri + "?immutable=1";
}

/// Whether this is what SQLite says when it may not make the log's files beside a store that it could read.
bool cannot_keep_log(int code) { return (code & 0xff) == SQLITE_CANTOPEN || (code & 0xff) == SQLITE_READONLY; }

}  // namespace

void throw_sqlite_error(const std::filesystem::path& file, int extended_code, std::string_view detail) {
  const std::string name = printable(file.string());
  const std::string said = printable(detail);
  switch (extended_code & 0xff) {
    case SQLITE_FULL:
      throw Error(ErrorKind::kIo, "the disk is full: the store " + name +
                                      " could not grow; what was committed is safe; make room and run it again");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw Error(ErrorKind::kBusy, "another process is writing the store " + name + "; try again in a moment");
    case SQLITE_READONLY:
    case SQLITE_PERM:
      throw Error(ErrorKind::kIo, "the store " + name + " cannot be written (" + said +
                                      "); make the file and its folder writable or open it read-only");
    case SQLITE_CANTOPEN:
      throw Error(ErrorKind::kIo,
                  "the store " + name + " cannot be opened (" + said + "); check that its folder may be entered");
    case SQLITE_IOERR:
      throw Error(ErrorKind::kIo, "the store " + name + " could not be read or written (" + said +
                                      "); check the disk; what was committed is safe");
    case SQLITE_NOMEM:
      throw Error(ErrorKind::kIo, "there was not enough memory to use the store " + name);
    case SQLITE_NOTADB:
      throw Error(ErrorKind::kCorrupt,
                  name + " is not a riverbank store (" + said + "); remove its folder to build the index anew");
    case SQLITE_TOOBIG:
      throw Error(ErrorKind::kUnsupported, "a text is too large for the store " + name + " (" + said + ")");
    case SQLITE_CONSTRAINT:
      throw Error(ErrorKind::kInvalidArgument, "the store " + name + " does not allow that (" + said + ")");
    default:
      throw Error(ErrorKind::kCorrupt,
                  "the store " + name + " is damaged (" + said + "); remove its folder and index the documents again");
  }
}

Connection::Connection(std::filesystem::path file, ConnectionMode mode) : file_(std::move(file)) {
  if (mode == ConnectionMode::kReadWrite) make_private_file(file_);
  try {
    open(mode, false);
  } catch (const SQLite::Exception& error) {
    if (mode != ConnectionMode::kReadOnly || !cannot_keep_log(error.getExtendedErrorCode())) {
      throw_sqlite_error(file_, error.getExtendedErrorCode(), error.what());
    }
    std::error_code ignored;
    if (!std::filesystem::exists(file_, ignored)) throw_errno("cannot open the store", file_, ENOENT);
    std::filesystem::path log = file_;
    log += "-wal";
    if (std::filesystem::exists(log, ignored) && std::filesystem::file_size(log, ignored) > 0) {
      throw Error(ErrorKind::kIo, "the store " + printable(file_.string()) +
                                      " was not closed properly and its folder cannot be written; open it once where "
                                      "it can be written");
    }
    try {
      open(mode, true);
    } catch (const SQLite::Exception& again) {
      throw_sqlite_error(file_, again.getExtendedErrorCode(), again.what());
    }
  }
}

void Connection::open(ConnectionMode mode, bool immutable) {
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI |
                    (mode == ConnectionMode::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
  // A path that begins with "file:" must not be taken for an URI.
  const std::string name = immutable ? immutable_uri(file_) : std::filesystem::absolute(file_).string();
  database_ = std::make_unique<SQLite::Database>(name, flags, kBusyMilliseconds);
  sqlite3_extended_result_codes(database_->getHandle(), 1);
  database_->exec(
      "PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
      "PRAGMA cache_size = -16384; PRAGMA secure_delete = FAST");
  register_fts_tokenizer(database_->getHandle());
  register_path_glob(database_->getHandle());
  register_filter_functions(database_->getHandle());
  database_->exec("SELECT count(*) FROM sqlite_schema");  // the first read tells whether it is a database at all
}

void Connection::execute(const char* sql) {
  try {
    database_->exec(sql);
  } catch (const SQLite::Exception& error) {
    throw_sqlite_error(file_, error.getExtendedErrorCode(), error.what());
  }
}

void Connection::roll_back() noexcept {
  if (sqlite3_get_autocommit(database_->getHandle()) == 0) database_->tryExec("ROLLBACK");
}

std::int64_t Connection::last_id() const { return database_->getLastInsertRowid(); }
std::int64_t Connection::rows_changed() const { return sqlite3_changes64(database_->getHandle()); }

Query::Query(Connection& connection, std::string_view sql) : connection_(connection), sql_(sql) {
  if (auto node = connection.idle_.extract(sql_); !node.empty()) {
    statement_ = std::move(node.mapped());
    return;
  }
  try {
    statement_ = std::make_unique<SQLite::Statement>(*connection.database_, sql_);
  } catch (const SQLite::Exception& error) {
    fail(error);
  }
}

Query::~Query() {
  if (statement_ == nullptr) return;
  statement_->tryReset();
  try {
    statement_->clearBindings();
    constexpr std::size_t kMostIdle = 64;
    if (connection_.idle_.size() < kMostIdle) connection_.idle_.emplace(std::move(sql_), std::move(statement_));
  } catch (...) {  // then it is prepared again
    statement_.reset();
  }
}

void Query::fail(const std::exception& error) const {
  const auto* sqlite = dynamic_cast<const SQLite::Exception*>(&error);
  throw_sqlite_error(connection_.file_, sqlite != nullptr ? sqlite->getExtendedErrorCode() : SQLITE_ERROR,
                     error.what());
}

Query& Query::bind(std::int64_t value) {
  statement_->bind(++bound_, static_cast<int64_t>(value));
  return *this;
}

Query& Query::bind(double value) {
  statement_->bind(++bound_, value);
  return *this;
}

Query& Query::bind(std::string_view text) {
  try {
    statement_->bind(++bound_, std::string(text));
  } catch (const SQLite::Exception& error) {
    fail(error);
  }
  return *this;
}

Query& Query::bind(std::span<const std::byte> blob) {
  try {
    statement_->bind(++bound_, blob.data(), static_cast<int>(blob.size()));
  } catch (const SQLite::Exception& error) {
    fail(error);
  }
  return *this;
}

Query& Query::bind_null() {
  statement_->bind(++bound_);
  return *this;
}

bool Query::step() {
  try {
    return statement_->executeStep();
  } catch (const SQLite::Exception& error) {
    fail(error);
  }
}

void Query::run() {
  while (step()) {
  }
}

bool Query::is_null(int column) const { return statement_->getColumn(column).isNull(); }
std::int64_t Query::integer(int column) const { return statement_->getColumn(column).getInt64(); }
double Query::real(int column) const { return statement_->getColumn(column).getDouble(); }

std::size_t Query::size(int column) const {
  const std::int64_t value = integer(column);
  if (value < 0) throw_sqlite_error(connection_.file_, SQLITE_CORRUPT, "a negative number where none can be");
  return static_cast<std::size_t>(value);
}

std::string Query::text(int column) const { return statement_->getColumn(column).getString(); }

std::span<const std::byte> Query::blob(int column) const {
  const SQLite::Column value = statement_->getColumn(column);
  const auto* data = static_cast<const std::byte*>(value.getBlob());
  return {data, static_cast<std::size_t>(value.getBytes())};
}

}  // namespace riverbank
