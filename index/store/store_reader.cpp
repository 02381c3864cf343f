#include "index/store/store_reader.h"

#include <algorithm>
#include <utility>

#include "index/store/connection.h"
#include "index/store/filter_sql.h"
#include "index/store/fts_tokenizer.h"
#include "index/store/keyword_query.h"
#include "index/store/rows.h"
#include "lib/text/unicode.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

// BM25's weights of the columns title, headings, text. All alike, as others hardly measure better: of 1, 2, 3, 4 for
// the title nDCG@10 of the hybrid with all-MiniLM-L6-v2 on XQuAD is .9812 .9817 .9814 .9811, and headings at 2 cost one
// of the 24 questions of samples/questions.tsv its first place.
constexpr double kTitleWeight = 1, kHeadingsWeight = 1, kTextWeight = 1;

std::int64_t count(Connection& connection, std::string_view question) {
  Query query(connection, question);
  query.step();
  return query.integer(0);
}

}  // namespace

StoreReader::StoreReader(Lease connection) : connection_(std::move(connection)) {}

Connection& StoreReader::connection() {
  if (connection_ == nullptr) throw Error(ErrorKind::kInvalidArgument, "this transaction has ended; begin another one");
  return *connection_;
}

std::optional<std::string> StoreReader::setting(std::string_view name) {
  Query query(connection(), "SELECT value FROM settings WHERE name = ?");
  if (!query.bind(name).step()) return std::nullopt;
  return query.text(0);
}

std::uint64_t StoreReader::generation() {
  return static_cast<std::uint64_t>(count(connection(), "SELECT generation FROM state"));
}

std::optional<std::uint64_t> StoreReader::last_removal() {
  Query query(connection(), "SELECT CAST(value AS INTEGER) FROM settings WHERE name = ?");
  if (!query.bind(kLastRemoval).step()) return std::nullopt;
  return static_cast<std::uint64_t>(query.integer(0));
}

StoreCounts StoreReader::counts() {
  StoreCounts counts;
  counts.files = static_cast<std::size_t>(count(connection(), "SELECT count(*) FROM documents WHERE kind = 0"));
  counts.records = static_cast<std::size_t>(count(connection(), "SELECT count(*) FROM documents WHERE kind = 1"));
  counts.chunks = chunks();
  counts.vectors = static_cast<std::size_t>(count(connection(), "SELECT count(*) FROM vectors"));
  return counts;
}

std::size_t StoreReader::chunks() {
  return static_cast<std::size_t>(count(connection(), "SELECT count(*) FROM chunks"));
}

std::vector<StoredRoot> StoreReader::roots() {
  std::vector<StoredRoot> roots;
  Query query(connection(), "SELECT id, path FROM roots ORDER BY id");
  while (query.step()) roots.push_back({query.integer(0), query.text(1)});
  return roots;
}

std::vector<StoredDocument> StoreReader::documents_of(std::int64_t root) {
  std::vector<StoredDocument> documents;
  Query query(connection(), root == 0 ? "SELECT " RIVERBANK_DOCUMENT_COLUMNS
                                        " FROM documents d WHERE d.kind = 1 ORDER BY d.path"
                                      : "SELECT " RIVERBANK_DOCUMENT_COLUMNS
                                        " FROM documents d WHERE d.kind = 0 AND d.root = ? ORDER BY d.path");
  if (root != 0) query.bind(root);
  while (query.step()) documents.push_back(read_document_row(query, 0));
  return documents;
}

std::optional<StoredDocument> StoreReader::find_file(std::int64_t root, std::string_view path) {
  Query query(connection(),
              "SELECT " RIVERBANK_DOCUMENT_COLUMNS " FROM documents d WHERE d.kind = 0 AND d.root = ? AND d.path = ?");
  if (!query.bind(root).bind(path).step()) return std::nullopt;
  StoredDocument document = read_document_row(query, 0);
  document.metadata = read_metadata(connection(), document.id);
  return document;
}

std::optional<StoredDocument> StoreReader::find_record(std::string_view id) {
  Query query(connection(), "SELECT " RIVERBANK_DOCUMENT_COLUMNS " FROM documents d WHERE d.kind = 1 AND d.path = ?");
  if (!query.bind(id).step()) return std::nullopt;
  StoredDocument document = read_document_row(query, 0);
  document.metadata = read_metadata(connection(), document.id);
  return document;
}

std::vector<StoredDocument> StoreReader::documents_with_hash(std::string_view content_hash) {
  std::vector<StoredDocument> documents;
  Query query(connection(),
              "SELECT " RIVERBANK_DOCUMENT_COLUMNS " FROM documents d WHERE d.content_hash = ? ORDER BY d.id");
  query.bind(as_blob(content_hash));
  while (query.step()) documents.push_back(read_document_row(query, 0));
  return documents;
}

std::vector<StoredChunk> StoreReader::chunks_of(std::int64_t document) {
  std::vector<StoredChunk> chunks;
  Query query(connection(),
              "SELECT " RIVERBANK_CHUNK_COLUMNS " FROM chunks c WHERE c.document = ? ORDER BY c.position");
  query.bind(document);
  while (query.step()) chunks.push_back(read_chunk_row(query, 0));
  return chunks;
}

std::vector<StoredPassage> StoreReader::passages(std::span<const std::int64_t> chunks) {
  std::vector<StoredPassage> passages;
  for (const std::int64_t id : chunks) {
    Query query(connection(), "SELECT " RIVERBANK_CHUNK_COLUMNS ", " RIVERBANK_DOCUMENT_COLUMNS
                              ", coalesce(r.path, '') FROM chunks c JOIN documents d ON d.id = c.document "
                              "LEFT JOIN roots r ON r.id = d.root WHERE c.id = ?");
    if (!query.bind(id).step()) continue;
    StoredPassage passage;
    passage.chunk = read_chunk_row(query, 0);
    passage.document = read_document_row(query, kChunkColumns);
    passage.document.metadata = read_metadata(connection(), passage.document.id);
    passage.root = query.text(kChunkColumns + kDocumentColumns);
    passages.push_back(std::move(passage));
  }
  return passages;
}

std::vector<PassageKey> StoreReader::passages_of_vectors(std::span<const std::int64_t> vectors) {
  std::vector<PassageKey> passages;
  for (const std::int64_t vector : vectors) {
    Query query(connection(), "SELECT id, document FROM chunks WHERE vector = ? ORDER BY id");
    query.bind(vector);
    while (query.step()) passages.push_back({query.integer(0), vector, query.integer(1)});
  }
  return passages;
}

std::vector<PassageKey> StoreReader::passages_matching(const PassageFilter& filter) {
  const FilterSql where(filter);
  std::vector<PassageKey> passages;
  Query query(connection(), "SELECT c.id, c.vector, c.document FROM chunks c WHERE " + where.condition());
  where.bind(query);
  while (query.step()) passages.push_back({query.integer(0), query.integer(1), query.integer(2)});
  std::sort(passages.begin(), passages.end(), [](const PassageKey& a, const PassageKey& b) {
    return std::pair(a.vector, a.chunk) < std::pair(b.vector, b.chunk);
  });
  return passages;
}

std::optional<std::int64_t> StoreReader::vector_with_key(std::string_view key) {
  Query query(connection(), "SELECT id FROM vectors WHERE key = ?");
  if (!query.bind(as_blob(key)).step()) return std::nullopt;
  return query.integer(0);
}

std::vector<float> StoreReader::vector(std::int64_t id) {
  Query query(connection(), "SELECT embedding FROM vectors WHERE id = ?");
  std::vector<float> vector;
  if (query.bind(id).step()) read_vector(query, 0, connection(), vector);
  return vector;
}

bool StoreReader::has_vectors() { return count(connection(), "SELECT EXISTS (SELECT 1 FROM vectors)") != 0; }

std::vector<std::int64_t> StoreReader::vector_ids(std::int64_t after) {
  // All of them by the index of keys alone, unordered: a tenth of the bytes.
  Query query(connection(), after == 0 ? "SELECT id FROM vectors" : "SELECT id FROM vectors WHERE id > ? ORDER BY id");
  if (after != 0) query.bind(after);
  std::vector<std::int64_t> ids;
  while (query.step()) ids.push_back(query.integer(0));
  std::sort(ids.begin(), ids.end());
  return ids;
}

void StoreReader::for_each_vector(const std::function<void(std::int64_t, std::span<const float>)>& visit,
                                  std::int64_t after) {
  Query query(connection(), "SELECT id, embedding FROM vectors WHERE id > ? ORDER BY id");
  query.bind(after);
  std::vector<float> vector;
  while (query.step()) {
    read_vector(query, 1, connection(), vector);
    visit(query.integer(0), vector);
  }
}

std::vector<AskedWord> StoreReader::asked_words(std::string_view question) {
  std::vector<AskedWord> words;
  for_each_search_word(question, [&](const SearchWord& word) {
    // A word once: neither an identifier beside its parts, nor the characters of a word without spaces one by one.
    if (word.whole || (!words.empty() && words.back().begin == word.begin)) return true;
    const std::string_view written = question.substr(word.begin, word.end - word.begin);
    words.push_back({word.begin, word.end, fold_for_search(written), !is_stop_word(word.folded), 0, {}});
    return words.size() < kMostQueryWords;
  });
  const bool some_tell = std::ranges::any_of(words, &AskedWord::tells);
  for (auto word = words.begin(); word != words.end(); ++word) {
    const auto known =
        std::find_if(words.begin(), word, [&](const auto& other) { return other.folded == word->folded; });
    if (known != word) {
      word->found = known->found;
      word->chunks = known->chunks;
      continue;
    }
    const std::string term = '"' + std::string(question.substr(word->begin, word->end - word->begin)) + '"';
    if (word->tells || !some_tell) {
      word->chunks = chunks_with(term);
      word->found = word->chunks.size();
    } else {
      word->found = count_with(term);
    }
  }
  return words;
}

std::vector<std::int64_t> StoreReader::chunks_with(const std::string& term) {
  std::vector<std::int64_t> chunks;
  Query query(connection(), "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid");
  query.bind(term);
  while (query.step()) chunks.push_back(query.integer(0));
  return chunks;
}

/// Counts the first thousand; when there are more, the rest of the passages is taken to hold the word as often as those
/// before. "the" stands in most passages of any collection: to list them all took longer than the answer.
std::size_t StoreReader::count_with(const std::string& term) {
  constexpr std::int64_t kCounted = 1000;
  Query query(
      connection(),
      "SELECT count(*), max(id) FROM (SELECT rowid AS id FROM words WHERE words MATCH ? ORDER BY rowid LIMIT ?)");
  query.bind(term).bind(kCounted).step();
  const std::int64_t found = query.integer(0);
  if (found < kCounted) return static_cast<std::size_t>(found);
  const auto first = static_cast<double>(count(connection(), "SELECT min(id) FROM chunks"));
  const auto last = static_cast<double>(count(connection(), "SELECT max(id) FROM chunks"));
  const double share = (static_cast<double>(query.integer(1)) - first + 1) / (last - first + 1);
  return static_cast<std::size_t>(static_cast<double>(found) / share);
}

std::vector<KeywordHit> StoreReader::find_words(std::string_view question, std::size_t limit,
                                                const PassageFilter& filter) {
  const FilterSql where(filter);
  std::vector<KeywordHit> hits;
  const std::string words = keyword_query(question);
  if (words.empty() || limit == 0) return hits;
  // FTS5 gives less for better. The unary + keeps the filter from driving the search, a lookup for every chunk.
  std::string best = "SELECT rowid AS id, bm25(words, ?, ?, ?) AS score FROM words WHERE words MATCH ?";
  if (!filter.empty()) best += " AND +rowid IN (SELECT c.id FROM chunks c WHERE " + where.condition() + ")";
  Query query(connection(), "SELECT b.id, c.vector, b.score FROM (" + best +
                                " ORDER BY score, id LIMIT ?) b JOIN chunks c ON c.id = b.id ORDER BY b.score, b.id");
  query.bind(kTitleWeight).bind(kHeadingsWeight).bind(kTextWeight).bind(words);
  where.bind(query);
  query.bind(static_cast<std::int64_t>(std::min<std::size_t>(limit, 1'000'000)));
  while (query.step()) hits.push_back({query.integer(0), query.integer(1), -query.real(2)});
  return hits;
}

std::vector<WordHit> StoreReader::weigh_words(std::string_view question, std::span<const std::int64_t> chunks) {
  std::vector<WordHit> hits;
  if (chunks.empty()) return hits;
  std::string ids;
  for (const std::int64_t chunk : chunks) ids += (ids.empty() ? "" : ",") + std::to_string(chunk);
  const std::string sql =
      "SELECT rowid, bm25(words, ?, ?, ?) FROM words WHERE words MATCH ? AND +rowid IN (" + ids + ") ORDER BY 1";
  for (const std::string& word : alternatives(keyword_query(question))) {
    Query query(connection(), sql);
    query.bind(kTitleWeight).bind(kHeadingsWeight).bind(kTextWeight).bind(word);
    while (query.step()) hits.push_back({query.integer(0), unquoted(word), -query.real(1)});
  }
  return hits;
}

}  // namespace riverbank
