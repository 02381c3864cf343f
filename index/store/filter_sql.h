#pragma once

#include <string>
#include <vector>

#include "index/store/connection.h"
#include "index/store/stored.h"

struct sqlite3;

namespace riverbank {

/// A filter as SQL over a row of `chunks c`, with the values of its parameters. It must outlive no statement.
class FilterSql {
 public:
  /// Throws Error kInvalidArgument: a glob that cannot be read, more than 100 values of one kind.
  explicit FilterSql(const PassageFilter& filter);

  /// "1" for a filter that all pass.
  const std::string& condition() const { return condition_; }
  /// Binds the next parameters of a statement that holds condition().
  void bind(Query& query) const;

 private:
  struct Value {
    bool is_text = true;
    std::string text;
    std::int64_t number = 0;
  };
  std::string document_condition(const PassageFilter& filter);
  void add_words(const PassageFilter& filter);

  std::string condition_ = "1";
  std::vector<Value> values_;  // in the order of their question marks
};

/// Makes the SQL functions that a filter needs known to a connection: riverbank_extension(path), what stands behind the
/// last dot of its last part, in small letters; riverbank_holds(words, text …), whether one of the texts holds these
/// plain_words(). Throws SQLite::Exception.
void register_filter_functions(sqlite3* connection);

}  // namespace riverbank
