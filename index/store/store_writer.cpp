#include "index/store/store_writer.h"

#include <string>
#include <utility>

#include "index/store/connection.h"
#include "index/store/rows.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

void bind_place(Query& query, const StoredDocument& document) {
  if (document.kind == DocumentKind::kFile) {
    query.bind(document.root);
  } else {
    query.bind_null();
  }
  query.bind(document.path)
      .bind(static_cast<std::int64_t>(document.size))
      .bind(document.modified_ns)
      .bind(as_blob(document.content_hash))
      .bind(document.title);
}

void put_metadata(Connection& connection, std::int64_t document, const std::map<std::string, std::string>& metadata) {
  for (const auto& [name, value] : metadata) {
    Query(connection, "INSERT INTO metadata (document, name, value) VALUES (?, ?, ?)")
        .bind(document)
        .bind(name)
        .bind(value)
        .run();
  }
}

}  // namespace

StoreWriter::StoreWriter(Lease connection) : StoreReader(std::move(connection)) {}

void StoreWriter::set_setting(std::string_view name, std::string_view value) {
  Query(connection(),
        "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
      .bind(name)
      .bind(value)
      .run();
}

void StoreWriter::remove_setting(std::string_view name) {
  Query(connection(), "DELETE FROM settings WHERE name = ?").bind(name).run();
}

std::int64_t StoreWriter::add_root(std::string_view path) {
  Query known(connection(), "SELECT id FROM roots WHERE path = ?");
  if (known.bind(path).step()) return known.integer(0);
  Query(connection(), "INSERT INTO roots (path) VALUES (?)").bind(path).run();
  return connection().last_id();
}

void StoreWriter::remove_root(std::int64_t id) { Query(connection(), "DELETE FROM roots WHERE id = ?").bind(id).run(); }

std::int64_t StoreWriter::put_document(const StoredDocument& document) {
  const bool file = document.kind == DocumentKind::kFile;
  Query old(connection(), file ? "DELETE FROM documents WHERE kind = 0 AND root = ? AND path = ?"
                               : "DELETE FROM documents WHERE kind = 1 AND path = ?");
  if (file) old.bind(document.root);
  old.bind(document.path).run();
  Query added(connection(),
              "INSERT INTO documents (kind, root, path, size, modified_ns, content_hash, title) "
              "VALUES (?, ?, ?, ?, ?, ?, ?)");
  added.bind(static_cast<std::int64_t>(document.kind));
  bind_place(added, document);
  added.run();
  const std::int64_t id = connection().last_id();
  put_metadata(connection(), id, document.metadata);
  return id;
}

void StoreWriter::touch_document(std::int64_t id, std::uint64_t size, std::int64_t modified_ns) {
  Query(connection(), "UPDATE documents SET size = ?, modified_ns = ? WHERE id = ?")
      .bind(static_cast<std::int64_t>(size))
      .bind(modified_ns)
      .bind(id)
      .run();
}

void StoreWriter::move_document(const StoredDocument& document) {
  Query moved(connection(),
              "UPDATE documents SET root = ?, path = ?, size = ?, modified_ns = ?, content_hash = ?, title = ? "
              "WHERE id = ?");
  bind_place(moved, document);
  moved.bind(document.id).run();
  Query(connection(), "DELETE FROM metadata WHERE document = ?").bind(document.id).run();
  put_metadata(connection(), document.id, document.metadata);
}

void StoreWriter::remove_document(std::int64_t id) {
  Query(connection(), "DELETE FROM documents WHERE id = ?").bind(id).run();
}

std::int64_t StoreWriter::add_chunk(const StoredChunk& chunk) {
  Query title(connection(), "SELECT title FROM documents WHERE id = ?");
  if (!title.bind(chunk.document).step()) {
    throw Error(ErrorKind::kInvalidArgument,
                "there is no document " + std::to_string(chunk.document) + " to add a passage to");
  }
  // Where the headings begin with the title its words would count twice.
  const bool repeated = !chunk.headings.empty() && chunk.headings.front() == title.text(0);
  Query(connection(),
        "INSERT INTO chunks (document, position, vector, begin, end, first_line, last_line, tokens, title, headings, "
        "text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(chunk.document)
      .bind(static_cast<std::int64_t>(chunk.order))
      .bind(chunk.vector)
      .bind(static_cast<std::int64_t>(chunk.begin))
      .bind(static_cast<std::int64_t>(chunk.end))
      .bind(static_cast<std::int64_t>(chunk.first_line))
      .bind(static_cast<std::int64_t>(chunk.last_line))
      .bind(static_cast<std::int64_t>(chunk.tokens))
      .bind(repeated ? std::string() : title.text(0))
      .bind(join_headings(chunk.headings))
      .bind(chunk.text)
      .run();
  return connection().last_id();
}

std::int64_t StoreWriter::put_vector(std::string_view key, std::span<const float> vector) {
  constexpr std::size_t kLeastKey = 16, kMostKey = 64;
  if (key.size() < kLeastKey || key.size() > kMostKey || vector.empty()) {
    throw Error(ErrorKind::kInvalidArgument, "a vector needs a key of 16 to 64 bytes and at least one number, not " +
                                                 std::to_string(key.size()) + " bytes and " +
                                                 std::to_string(vector.size()) + " numbers");
  }
  if (const auto known = vector_with_key(key)) return *known;
  Query(connection(), "INSERT INTO vectors (key, embedding) VALUES (?, ?)")
      .bind(as_blob(key))
      .bind(std::as_bytes(vector))
      .run();
  vectors_changed_ = true;
  return connection().last_id();
}

std::size_t StoreWriter::remove_unused_vectors() {
  Query(connection(), "DELETE FROM vectors WHERE NOT EXISTS (SELECT 1 FROM chunks c WHERE c.vector = vectors.id)")
      .run();
  const auto removed = static_cast<std::size_t>(connection().rows_changed());
  if (removed > 0) vectors_changed_ = vectors_removed_ = true;
  return removed;
}

void StoreWriter::remove_all_vectors() {
  Query(connection(), "DELETE FROM chunks").run();
  Query(connection(), "DELETE FROM vectors").run();
  vectors_changed_ = vectors_removed_ = true;
}

void StoreWriter::commit() {
  if (vectors_changed_) {
    Query(connection(), "UPDATE state SET generation = generation + 1").run();
    if (vectors_removed_ || !last_removal()) set_setting(kLastRemoval, std::to_string(generation()));
  }
  connection().execute("COMMIT");
  give_up();
}

}  // namespace riverbank
