#include "index/store/keyword_query.h"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "index/store/fts_tokenizer.h"

namespace riverbank {
namespace {

/// Words that say nothing about what is asked for; sorted. What an apostrophe leaves behind ("don't": don, t) too.
constexpr auto kStopWords = std::to_array<std::string_view>({
    "a",     "about", "after",  "all",   "also", "am",   "an",    "and",     "any",   "are",  "as",    "at",
    "be",    "been",  "before", "being", "but",  "by",   "can",   "could",   "d",     "did",  "do",    "does",
    "doing", "don",   "for",    "from",  "had",  "has",  "have",  "having",  "he",    "her",  "here",  "hers",
    "him",   "his",   "how",    "i",     "if",   "in",   "into",  "is",      "it",    "its",  "just",  "ll",
    "me",    "my",    "no",     "nor",   "not",  "of",   "on",    "or",      "our",   "ours", "re",    "s",
    "shall", "she",   "should", "so",    "some", "such", "t",     "than",    "that",  "the",  "their", "theirs",
    "them",  "then",  "there",  "these", "they", "this", "those", "through", "to",    "too",  "us",    "ve",
    "very",  "was",   "we",     "were",  "what", "when", "where", "which",   "while", "who",  "whom",  "whose",
    "why",   "will",  "with",   "would", "you",  "your", "yours",
});
static_assert(std::ranges::is_sorted(kStopWords));

bool is_stop_word(std::string_view word) { return std::ranges::binary_search(kStopWords, word); }

}  // namespace

std::string keyword_query(std::string_view question) {
  std::vector<std::string> telling, stop;  // in order, each once
  std::set<std::string, std::less<>> seen;
  for_each_search_word(question, [&](const SearchWord& word) {
    if (seen.contains(word.folded)) return true;
    seen.emplace(word.folded);
    // As it was written: FTS5 folds it once more, and only the same bytes are sure to give the same word again.
    (is_stop_word(word.folded) ? stop : telling).emplace_back(question.substr(word.begin, word.end - word.begin));
    return telling.size() < kMostQueryWords;
  });
  std::string query;
  for (const std::string& word : telling.empty() ? stop : telling) {
    if (!query.empty()) query += " OR ";
    query += '"' + word + '"';  // no word holds a quotation mark: that separates words
  }
  return query;
}

std::vector<std::string> alternatives(std::string_view query) {
  constexpr std::string_view kOr = " OR ";
  std::vector<std::string> parts;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < query.size(); ++i) {
    if (query[i] == '"') quoted = !quoted;
    if (quoted || !query.substr(i).starts_with(kOr)) continue;
    parts.emplace_back(query.substr(begin, i - begin));
    begin = i + kOr.size();
    i = begin - 1;
  }
  if (begin < query.size()) parts.emplace_back(query.substr(begin));
  return parts;
}

std::string unquoted(std::string_view alternative) {
  std::string text(alternative);
  std::erase(text, '"');
  return text;
}

}  // namespace riverbank
