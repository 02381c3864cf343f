#include "index/store/schema.h"

#include <array>
#include <string>

#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

// Ids are AUTOINCREMENT throughout: a searching thread, or a graph on disk, may hold one of something that is gone,
// and must never find something else under it.
//
// chunks.vector stands before the long text, so that reading it does not walk the text's overflow pages; both indexes
// on chunks cover the questions that searching asks.
//
// words is FTS5 over chunks ("external content"): the text is kept once. The triggers keep it equal to chunks in every
// transaction, whoever changes those.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE state (
  only_row   INTEGER PRIMARY KEY CHECK (only_row = 1),
  store_id   BLOB NOT NULL,
  generation INTEGER NOT NULL
);
INSERT INTO state VALUES (1, randomblob(16), 0);

CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE roots (id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE);

CREATE TABLE documents (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  kind         INTEGER NOT NULL CHECK (kind IN (0, 1)),
  root         INTEGER REFERENCES roots (id) ON DELETE CASCADE,
  path         TEXT NOT NULL,
  size         INTEGER NOT NULL,
  modified_ns  INTEGER NOT NULL,
  content_hash BLOB NOT NULL,
  title        TEXT NOT NULL,
  CHECK ((kind = 0) = (root IS NOT NULL))
);
CREATE UNIQUE INDEX files_by_path ON documents (root, path) WHERE kind = 0;
CREATE UNIQUE INDEX records_by_id ON documents (path) WHERE kind = 1;
CREATE INDEX documents_by_hash ON documents (content_hash);

CREATE TABLE metadata (
  document INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
  name     TEXT NOT NULL,
  value    TEXT NOT NULL,
  PRIMARY KEY (document, name)
) WITHOUT ROWID;

CREATE TABLE vectors (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  key       BLOB NOT NULL UNIQUE,
  embedding BLOB NOT NULL
);

CREATE TABLE chunks (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  document   INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
  position   INTEGER NOT NULL,
  vector     INTEGER NOT NULL REFERENCES vectors (id),
  begin      INTEGER NOT NULL,
  end        INTEGER NOT NULL,
  first_line INTEGER NOT NULL,
  last_line  INTEGER NOT NULL,
  tokens     INTEGER NOT NULL,
  title      TEXT NOT NULL,
  headings   TEXT NOT NULL,
  text       TEXT NOT NULL
);
CREATE INDEX chunks_by_document ON chunks (document, position, vector);
CREATE INDEX chunks_by_vector ON chunks (vector, document);

CREATE VIRTUAL TABLE words USING fts5 (
  title, headings, text, content = 'chunks', content_rowid = 'id', tokenize = 'porter riverbank'
);
CREATE TRIGGER chunk_added AFTER INSERT ON chunks BEGIN
  INSERT INTO words (rowid, title, headings, text) VALUES (new.id, new.title, new.headings, new.text);
END;
CREATE TRIGGER chunk_removed AFTER DELETE ON chunks BEGIN
  INSERT INTO words (words, rowid, title, headings, text)
    VALUES ('delete', old.id, old.title, old.headings, old.text);
END;
)sql";

/// The tokenizer gives more words than it did: parts of identifiers, characters of scripts without spaces.
constexpr const char* kVersion2 = "INSERT INTO words (words) VALUES ('rebuild')";

/// kMigrations[i] brings version i to i + 1.
constexpr std::array<const char*, kSchemaVersion> kMigrations{kVersion1, kVersion2};

std::int64_t ask(Connection& connection, std::string_view question) {
  Query query(connection, question);
  query.step();
  return query.integer(0);
}

/// The version of the tables; 0 for a file without any.
std::int64_t known_version(Connection& connection) {
  const std::string name = printable(connection.file().string());
  const std::int64_t application = ask(connection, "PRAGMA application_id");
  const std::int64_t version = ask(connection, "PRAGMA user_version");
  if (application != kApplicationId) {
    if (application == 0 && version == 0 && ask(connection, "SELECT count(*) FROM sqlite_schema") == 0) return 0;
    throw Error(ErrorKind::kUnsupported, name +
                                             " is a SQLite file of another program, not a riverbank store; name "
                                             "another place for the index");
  }
  if (version > kSchemaVersion) {
    throw Error(ErrorKind::kUnsupported,
                "the store " + name + " was made by a newer riverbank (its tables have version " +
                    std::to_string(version) + ", this one knows up to " + std::to_string(kSchemaVersion) +
                    "); update riverbank or build the index anew");
  }
  if (version < 1) {
    throw Error(ErrorKind::kCorrupt, "the store " + name + " says that its tables have version " +
                                         std::to_string(version) +
                                         ", which never was; remove its folder and index anew");
  }
  return version;
}

}  // namespace

void prepare_schema(Connection& connection) {
  if (known_version(connection) == 0) {  // both must be set before the first table is
    connection.execute("PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL");
  }
  connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864");
  if (known_version(connection) == kSchemaVersion) return;
  connection.execute("BEGIN IMMEDIATE");
  try {
    // Another process may have been faster; only inside the transaction is that certain.
    for (std::int64_t version = known_version(connection); version < kSchemaVersion; ++version) {
      connection.execute(kMigrations[static_cast<std::size_t>(version)]);
    }
    const std::string stamp = "PRAGMA application_id = " + std::to_string(kApplicationId) +
                              "; PRAGMA user_version = " + std::to_string(kSchemaVersion);
    connection.execute(stamp.c_str());
    connection.execute("COMMIT");
  } catch (...) {
    connection.roll_back();
    throw;
  }
}

void check_schema(Connection& connection) {
  if (known_version(connection) > 0) return;
  throw Error(ErrorKind::kNotFound,
              "the store " + printable(connection.file().string()) + " is empty: nothing has been indexed there yet");
}

}  // namespace riverbank
