#include "index/search/question.h"

#include <algorithm>
#include <array>

#include "index/store/fts_tokenizer.h"
#include "lib/text/ascii.h"
#include "lib/text/unicode.h"
#include "lib/text/utf8.h"

namespace riverbank {
namespace {

struct Quotes {
  std::string_view open, close;
};
constexpr std::array<Quotes, 2> kQuotes = {Quotes{"\"", "\""}, Quotes{"\u201c", "\u201d"}};

bool is_letter(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return c != kReplacementCharacter && is_word_character(c);
}

/// Finds what stands in quotation marks. Linear in all, for each kind is given up when its last partner has gone by.
class QuotationFinder {
 public:
  explicit QuotationFinder(std::string_view typed) : typed_(typed) {}

  /// Where it goes on behind the quotation that opens at `at`; npos where none does.
  std::size_t find(std::size_t at, std::string_view& inside) {
    for (std::size_t kind = 0; kind < kQuotes.size(); ++kind) {
      const Quotes& quotes = kQuotes[kind];
      if (no_more_[kind] || !typed_.substr(at).starts_with(quotes.open)) continue;
      const std::size_t begin = at + quotes.open.size();
      const std::size_t end = typed_.find(quotes.close, begin);
      no_more_[kind] = end == std::string_view::npos;
      if (no_more_[kind]) continue;
      inside = typed_.substr(begin, end - begin);
      return end + quotes.close.size();
    }
    return std::string_view::npos;
  }

 private:
  std::string_view typed_;
  std::array<bool, kQuotes.size()> no_more_{};
};

bool begins_exclusion(std::string_view typed, std::size_t at) {
  if (typed[at] != '-' || at == 0 || !is_space(typed[at - 1]) || at + 1 == typed.size()) return false;
  return is_letter(decode_utf8(typed.substr(at + 1)).value);
}

}  // namespace

Question read_question(std::string_view typed) {
  Question question;
  QuotationFinder quotations(typed);
  for (std::size_t at = 0; at < typed.size();) {
    std::string_view inside;
    if (const std::size_t next = quotations.find(at, inside); next != std::string_view::npos) {
      if (has_words(inside)) question.phrases.emplace_back(inside);
      question.text.append(inside).append(" ");
      at = next;
    } else if (begins_exclusion(typed, at)) {
      const auto* const end = std::find_if(typed.begin() + at, typed.end(), is_space);
      const std::string_view word(typed.begin() + at + 1, end);
      if (has_words(word)) question.excluded.emplace_back(word);
      at += 1 + word.size();
    } else {
      question.text += typed[at++];
    }
  }
  return question;
}

}  // namespace riverbank
