#include "index/search/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "index/documents/document.h"
#include "index/search/question.h"
#include "index/store/filter_sql.h"
#include "index/store/fts_tokenizer.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

void check_options(const SearchOptions& options) {
  if (options.top_k == 0) {
    throw Error(ErrorKind::kInvalidArgument, "a search for 0 hits was asked for; ask for 1 or more");
  }
  if (options.mmr && !(*options.mmr >= 0 && *options.mmr <= 1)) {
    throw Error(
        ErrorKind::kInvalidArgument,
        fmt::format("mmr takes a number between 0 (all different) and 1 (by score alone), not {}", *options.mmr));
  }
  if (!options.minus.empty() && options.mode == SearchMode::kKeyword) {
    throw Error(ErrorKind::kInvalidArgument,
                "minus is a matter of vectors, which keyword mode does not have; to leave a word out, put \" -word\" "
                "into the question");
  }
  for (const auto* texts : {&options.plus, &options.minus}) {
    for (const std::string& text : *texts) {
      if (!has_words(text)) {
        throw Error(ErrorKind::kInvalidArgument,
                    "plus and minus take a text with words, not \"" + printable(text) + "\"");
      }
    }
  }
}

std::int64_t nanoseconds(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return text;
}

PassageFilter passage_filter(const SearchOptions& options) {
  PassageFilter filter;
  filter.path_glob = options.path_glob;
  for (const std::string& type : options.types) {
    const std::string name = lower(type.starts_with('.') ? type.substr(1) : type);
    const auto extensions = extensions_of_kind(name);
    filter.extensions.insert(filter.extensions.end(), extensions.begin(), extensions.end());
    if (extensions.empty()) filter.extensions.push_back(name);
  }
  std::sort(filter.extensions.begin(), filter.extensions.end());
  filter.extensions.erase(std::unique(filter.extensions.begin(), filter.extensions.end()), filter.extensions.end());
  filter.document = options.document;
  filter.metadata = options.metadata;
  filter.heading = options.heading;
  if (!options.heading.empty() && !has_words(options.heading)) {
    throw Error(ErrorKind::kInvalidArgument,
                "a heading is looked for by its words, and \"" + printable(options.heading) + "\" has none");
  }
  if (options.modified_since) filter.modified_since_ns = nanoseconds(*options.modified_since);
  if (options.modified_until) filter.modified_until_ns = nanoseconds(*options.modified_until);
  return filter;
}

}  // namespace

Request read_request(StoreReader& reader, std::string_view typed, const SearchOptions& options) {
  check_options(options);
  Request request;
  request.filter = passage_filter(options);
  if (options.syntax) {
    Question question = read_question(typed);
    request.text = std::move(question.text);
    request.filter.phrases = std::move(question.phrases);
    request.filter.excluded = std::move(question.excluded);
  } else {
    request.text = typed;
  }
  const FilterSql readable{request.filter};  // throws when it is not
  request.words = request.text;
  for (const std::string& more : options.plus) request.words += "\n" + more;
  request.plain = !options.like && options.plus.empty() && options.minus.empty();
  if (options.like) {
    request.like = find_like(reader, *options.like);
    request.filter.left_out = request.like.chunks;
    if (!has_words(request.words)) request.words = request.like.text;
  }
  return request;
}

}  // namespace riverbank
