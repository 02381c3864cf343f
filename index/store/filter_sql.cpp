#include "index/store/filter_sql.h"

#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

#include <exception>
#include <string_view>
#include <utility>

#include "index/store/fts_tokenizer.h"
#include "index/store/keyword_query.h"
#include "index/store/path_glob.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

constexpr std::size_t kMostConditions = 100;

void check(const PassageFilter& filter) {
  if (!filter.path_glob.empty()) const PathGlob readable(filter.path_glob);
  const std::pair<std::size_t, const char*> counts[] = {{filter.metadata.size(), "metadata values"},
                                                        {filter.extensions.size(), "types"},
                                                        {filter.phrases.size(), "phrases in quotation marks"},
                                                        {filter.excluded.size(), "excluded words"}};
  for (const auto& [count, what] : counts) {
    if (count <= kMostConditions) continue;
    throw Error(ErrorKind::kInvalidArgument, "a search can ask for at most " + std::to_string(kMostConditions) + " " +
                                                 what + ", not " + std::to_string(count));
  }
}

std::string question_marks(std::size_t count) {
  std::string marks;
  for (std::size_t i = 0; i < count; ++i) marks += i == 0 ? "?" : ", ?";
  return marks;
}

std::string_view text_of(sqlite3_value* value) {
  const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
  return {bytes, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

void extension_function(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  const std::string_view path = text_of(arguments[0]);
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::size_t dot = name.rfind('.');
  std::string extension(dot == std::string_view::npos || dot == 0 ? "" : name.substr(dot + 1));
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  sqlite3_result_text(context, extension.data(), static_cast<int>(extension.size()), SQLITE_TRANSIENT);
}

void holds_function(sqlite3_context* context, int count, sqlite3_value** arguments) noexcept {
  try {
    const std::string_view wanted = text_of(arguments[0]);
    bool holds = false;
    for (int i = 1; i < count && !holds; ++i) {
      holds = plain_words(text_of(arguments[i])).find(wanted) != std::string::npos;
    }
    sqlite3_result_int(context, holds ? 1 : 0);
  } catch (const std::exception& error) {
    sqlite3_result_error(context, error.what(), -1);
  }
}

}  // namespace

FilterSql::FilterSql(const PassageFilter& filter) {
  check(filter);
  const std::string documents = document_condition(filter);
  if (!documents.empty()) condition_ += " AND c.document IN (SELECT d.id FROM documents d WHERE 1" + documents + ")";
  add_words(filter);
  if (filter.left_out.empty()) return;
  std::string ids;
  for (const std::int64_t chunk : filter.left_out) ids += (ids.empty() ? "" : ", ") + std::to_string(chunk);
  condition_ += " AND c.id NOT IN (" + ids + ")";
}

std::string FilterSql::document_condition(const PassageFilter& filter) {
  std::string sql;
  const auto add_text = [&](const std::string& condition, const std::string& value) {
    sql += " AND " + condition;
    values_.push_back({.text = value});
  };
  const auto add_number = [&](const std::string& condition, std::int64_t value) {
    sql += " AND " + condition;
    values_.push_back({.is_text = false, .text = "", .number = value});
  };
  if (filter.root) add_number("d.root = ?", *filter.root);
  if (!filter.document.empty()) add_text("d.path = ?", filter.document);
  if (!filter.path_glob.empty()) add_text("riverbank_glob(?, d.path)", filter.path_glob);
  if (!filter.extensions.empty()) {
    sql += " AND d.kind = 0 AND riverbank_extension(d.path) IN (" + question_marks(filter.extensions.size()) + ")";
    for (const std::string& extension : filter.extensions) values_.push_back({.text = extension});
  }
  // 0 is a file that was written the moment it was read: its time is not known, but it is the youngest of all.
  if (filter.modified_since_ns) {
    add_number("d.kind = 0 AND (d.modified_ns = 0 OR d.modified_ns >= ?)", *filter.modified_since_ns);
  }
  if (filter.modified_until_ns) {
    add_number("d.kind = 0 AND d.modified_ns <> 0 AND d.modified_ns < ?", *filter.modified_until_ns);
  }
  for (const auto& [name, value] : filter.metadata) {
    add_text("EXISTS (SELECT 1 FROM metadata m WHERE m.document = d.id AND m.name = ?", name);
    add_text("m.value = ?)", value);
  }
  return sql;
}

/// The words that must and must not stand in the passage: the first found by FTS5, all of them together, then read for
/// their order.
void FilterSql::add_words(const PassageFilter& filter) {
  const auto add_match = [&](const std::string& condition, const std::string& match) {
    condition_ += condition;
    values_.push_back({.text = match});
  };
  std::string wanted;
  if (!filter.heading.empty()) wanted = "headings : " + all_words_query(filter.heading);
  for (const std::string& phrase : filter.phrases) wanted += (wanted.empty() ? "" : " AND ") + all_words_query(phrase);
  if (!wanted.empty()) add_match(" AND c.id IN (SELECT rowid FROM words WHERE words MATCH ?)", wanted);
  for (const std::string& phrase : filter.phrases) {
    add_match(" AND riverbank_holds(?, c.text, c.headings, c.title)", plain_words(phrase));
  }
  std::string unwanted;
  for (const std::string& word : filter.excluded) unwanted += (unwanted.empty() ? "" : " OR ") + phrase_query(word);
  if (!unwanted.empty()) add_match(" AND c.id NOT IN (SELECT rowid FROM words WHERE words MATCH ?)", unwanted);
}

void FilterSql::bind(Query& query) const {
  for (const Value& value : values_) {
    if (value.is_text) {
      query.bind(value.text);
    } else {
      query.bind(value.number);
    }
  }
}

void register_filter_functions(sqlite3* connection) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
  int result = sqlite3_create_function_v2(connection, "riverbank_extension", 1, kFlags, nullptr, extension_function,
                                          nullptr, nullptr, nullptr);
  if (result == SQLITE_OK) {
    result = sqlite3_create_function_v2(connection, "riverbank_holds", -1, kFlags, nullptr, holds_function, nullptr,
                                        nullptr, nullptr);
  }
  if (result != SQLITE_OK) throw SQLite::Exception(connection, result);
}

}  // namespace riverbank
