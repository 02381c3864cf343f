#include "index/store/keyword_query.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <vector>

#include "index/store/fts_tokenizer.h"
#include "lib/text/span.h"
#include "lib/text/unicode.h"
#include "lib/text/utf8.h"

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

struct Word {
  std::string folded;
  std::size_t begin = 0, end = 0;
  bool whole = false;
};

std::vector<Word> first_words(std::string_view text) {
  constexpr std::size_t kMostRead = 16 * kMostQueryWords;  // repetitions and stop words come for nothing
  std::vector<Word> words;
  for_each_search_word(text, [&](const SearchWord& word) {
    words.push_back({std::string(word.folded), word.begin, word.end, word.whole});
    return words.size() < kMostRead;
  });
  return words;
}

bool is_unspaced(const Word& word) { return is_unspaced_script(decode_utf8(word.folded).value); }

bool in_range(char32_t c, char32_t first, char32_t last) { return first <= c && c <= last; }

/// Collects the terms of a query, each once, those that tell something apart from those that do not.
class Terms {
 public:
  bool full() const { return telling_.size() >= kMostQueryWords; }
  void add(const std::string& term) { add_to(telling_, term); }
  void add_stop(const std::string& term) { add_to(stop_, term); }

  std::string query() const {
    std::string query;
    for (const std::string& term : telling_.empty() ? stop_ : telling_) {
      if (!query.empty()) query += " OR ";
      query += '"' + term + '"';  // no term holds a quotation mark: that separates words
    }
    return query;
  }

 private:
  void add_to(std::vector<std::string>& list, const std::string& term) {
    if (!full() && seen_.insert(term).second) list.push_back(term);
  }
  std::vector<std::string> telling_, stop_;
  std::set<std::string, std::less<>> seen_;
};

/// The word of a script without spaces that begins at words[i], as its characters; moves `i` behind it.
void add_unspaced(const std::vector<Word>& words, std::size_t& i, Terms& terms) {
  const std::size_t first = i;
  std::string term;
  std::vector<std::size_t> ends;  // of its characters
  for (; i < words.size() && words[i].begin == words[first].begin && is_unspaced(words[i]); ++i) {
    term += words[i].folded;
    ends.push_back(term.size());
  }
  const char32_t c = decode_utf8(term).value;
  const bool lone_kana =
      ends.size() == 1 && in_range(c, 0x3041, 0x309F);  // の, は, を: what English has stop words for
  if (lone_kana) return terms.add_stop(term);
  terms.add(term);
  constexpr std::size_t kMostEnding = 2, kLeastStem = 2;
  if (!in_range(c, 0xAC00, 0xD7A3)) return;
  for (std::size_t ending = 1; ending <= kMostEnding && ends.size() >= kLeastStem + ending; ++ending) {
    terms.add(term.substr(0, ends[ends.size() - 1 - ending]));
  }
}

/// The stretches of a text in which points, colons or slashes hold words together: v1.2.3, std::vector, a/b.txt.
std::vector<Span> compounds(std::string_view text) {
  constexpr std::string_view kJoints = ".:/#@+";
  constexpr std::size_t kLongest = 256;
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  std::vector<Span> found;
  for (std::size_t begin = 0; begin < text.size();) {
    if (!is_word(text[begin])) {
      ++begin;
      continue;
    }
    std::size_t end = begin;  // behind its last letter or digit
    bool jointed = false;     // up to there
    bool joint = false;       // behind there
    for (std::size_t at = begin; at < text.size(); ++at) {
      if (is_word(text[at])) {
        end = at + 1;
        jointed = jointed || joint;
      } else if (kJoints.find(text[at]) != std::string_view::npos) {
        joint = true;
      } else if (text[at] != '-' && text[at] != '_') {
        break;
      }
    }
    if (jointed && end - begin <= kLongest) found.push_back({begin, end});
    begin = end;
  }
  return found;
}

bool holds(const Span& span, const Word& word) { return span.begin <= word.begin && word.end <= span.end; }

}  // namespace

bool is_stop_word(std::string_view word) { return std::ranges::binary_search(kStopWords, word); }

std::string keyword_query(std::string_view question) {
  const std::vector<Word> words = first_words(question);
  std::vector<Span> names = compounds(question);
  Terms terms;
  auto name = names.begin();
  Span tied;  // the identifier or compound that the words are parts of
  for (std::size_t i = 0; i < words.size() && !terms.full();) {
    const Word& word = words[i];
    if (is_unspaced(word)) {
      add_unspaced(words, i, terms);
      continue;
    }
    while (name != names.end() && name->end <= word.begin) ++name;
    if (name != names.end() && name->begin == word.begin && !word.whole) {
      tied = *name;
      const bool telling =
          std::ranges::any_of(words, [&](const Word& part) { return holds(tied, part) && !is_stop_word(part.folded); });
      if (telling) terms.add(std::string(name->of(question)));
    }
    if (i + 1 < words.size() && words[i + 1].whole && words[i + 1].end > tied.end)
      tied = {word.begin, words[i + 1].end};
    const bool lone_letter_of_a_name = word.folded.size() == 1 && holds(tied, word);
    if (is_stop_word(word.folded) || lone_letter_of_a_name) {
      terms.add_stop(word.folded);
    } else {
      terms.add(word.folded);
    }
    ++i;
  }
  return terms.query();
}

std::string all_words_query(std::string_view text) {
  std::string query;
  const std::string words = plain_words(text);
  for (std::size_t begin = 1; begin < words.size();) {
    const std::size_t end = words.find(' ', begin);
    query += (query.empty() ? "\"" : " AND \"") + words.substr(begin, end - begin) + "\"";
    begin = end + 1;
  }
  return query.empty() ? query : "(" + query + ")";
}

std::string phrase_query(std::string_view text) {
  const std::string words = plain_words(text);
  return words.size() > 1 ? '"' + words + '"' : std::string();
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
