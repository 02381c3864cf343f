#include "lib/text/sentences.h"

#include <unicode/brkiter.h>
#include <unicode/utext.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "lib/text/unicode.h"
#include "lib/text/utf8.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

/// ICU counts in 32 bits and looks words up in its dictionaries a whole run at a time, so texts go to it in slices.
constexpr std::size_t kSliceBytes = std::size_t{1} << 20U;
/// Prose is wrapped at some width; a line shorter than this was ended on purpose.
constexpr std::size_t kWrappedLineBytes = 40;

void check(UErrorCode status) {
  if (U_FAILURE(status) == 0) return;
  throw Error(ErrorKind::kUnsupported, std::string("ICU cannot find the borders of words and sentences (") +
                                           u_errorName(status) + "); its data file (libicudata) may be missing.");
}

using MakeIterator = icu::BreakIterator* (*)(const icu::Locale&, UErrorCode&);

std::unique_ptr<icu::BreakIterator> make_iterator(MakeIterator make) {
  UErrorCode status = U_ZERO_ERROR;
  std::unique_ptr<icu::BreakIterator> out(make(icu::Locale::getRoot(), status));
  check(status);
  return out;
}

/// Calls on_segment(Span, rule status) for each segment between two of the iterator's borders.
template <typename OnSegment>
void for_each_segment(icu::BreakIterator& iterator, std::string_view text, OnSegment on_segment) {
  UErrorCode status = U_ZERO_ERROR;
  UText utext = UTEXT_INITIALIZER;
  const std::unique_ptr<UText, UText* (*)(UText*)> opened(
      utext_openUTF8(&utext, text.data(), static_cast<std::int64_t>(text.size()), &status), utext_close);
  check(status);
  iterator.setText(opened.get(), status);
  check(status);
  auto begin = static_cast<std::size_t>(iterator.first());
  for (std::int32_t end = iterator.next(); end != icu::BreakIterator::DONE; end = iterator.next()) {
    on_segment(Span{begin, static_cast<std::size_t>(end)}, iterator.getRuleStatus());
    begin = static_cast<std::size_t>(end);
  }
}

/// Where the slice that begins at `begin` ends: at the text's end, else behind a line, else a space, else a character.
std::size_t slice_end(std::string_view text, std::size_t begin) {
  if (text.size() - begin <= kSliceBytes) return text.size();
  const std::string_view slice = text.substr(begin, kSliceBytes);
  for (const char border : {'\n', ' '}) {
    const std::size_t at = slice.rfind(border);
    if (at != std::string_view::npos) return begin + at + 1;
  }
  std::size_t end = begin + kSliceBytes;
  for (int i = 0; i < 3 && is_utf8_continuation(text[end]); ++i) --end;
  return end;
}

Span without_white_space(std::string_view text, Span span) {
  while (!span.empty()) {
    const CodePoint first = decode_utf8(span.of(text));
    if (!is_white_space(first.value)) break;
    span.begin += first.size;
  }
  while (!span.empty()) {
    const CodePoint last = decode_last_utf8(span.of(text));
    if (!is_white_space(last.value)) break;
    span.end -= last.size;
  }
  return span;
}

/// Whether a line opens a block of its own: an item of a list, a heading or its underline, a quotation, a table's row.
bool opens_block(std::string_view line) {
  if (line.empty()) return true;
  const auto follows = [&](std::size_t at, std::string_view any) {
    return at >= line.size() || any.find(line[at]) != std::string_view::npos;
  };
  const char first = line[0];
  if (first == '>' || first == '|') return true;
  if (first == '-' || first == '*' || first == '+') return follows(1, " \t");
  if (first == '#') return follows(line.find_first_not_of('#'), " \t");
  const std::size_t digits = std::min(line.find_first_not_of("0123456789"), line.size());
  if (digits > 0 && digits < 4) return digits < line.size() && !follows(digits, " ,") && follows(digits + 1, " \t");
  return line.size() >= 3 && std::string_view("=~`^\"").find(first) != std::string_view::npos &&
         line.find_first_not_of(first) == std::string_view::npos;
}

/// Puts a space for each line break that only wraps a paragraph: where UAX #29 would end a sentence, nobody else would.
/// Every byte keeps its place.
std::string unwrap(std::string_view text) {
  std::string out(text);
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', begin)) {
    const std::string_view line = Span{begin, end}.of(text);
    begin = end + 1;
    const std::string_view next = text.substr(begin, std::min(text.find('\n', begin), text.size()) - begin);
    const std::size_t last = line.find_last_not_of(" \t\r");
    if (line.size() < kWrappedLineBytes || last == std::string_view::npos || line[0] == '|') continue;
    const std::size_t first = next.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || opens_block(next.substr(first))) continue;
    if (std::string_view(";{}").find(line[last]) != std::string_view::npos) continue;  // code
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(begin - line.size() + last), out.begin() + begin, ' ');
  }
  return out;
}

/// Whether `sentence` ends in a full stop that ends no sentence: behind an abbreviation or an initial ("J. Smith").
bool ends_in_abbreviation(std::string_view sentence) {
  constexpr std::array<std::string_view, 28> kAbbreviations = {
      "Dr",  "Mr", "Mrs", "Ms",  "Prof", "St",  "Fig", "Figs", "Eq", "Eqs", "Ref", "Refs", "No",     "Nos",
      "Vol", "Ch", "Sec", "Tab", "Gen",  "Sen", "Rep", "p",    "pp", "cf",  "ca",  "vs",   "approx", "resp"};
  if (!sentence.ends_with('.')) return false;
  sentence.remove_suffix(1);
  const std::string_view word = sentence.substr(sentence.find_last_of(" \t\r\n([{.\"'") + 1);
  if (word.size() == 1 && word[0] >= 'A' && word[0] <= 'Z') return true;
  return std::find(kAbbreviations.begin(), kAbbreviations.end(), word) != kAbbreviations.end();
}

}  // namespace

std::vector<Span> sentences(std::string_view text) {
  // To make an iterator costs more than most texts.
  thread_local const std::unique_ptr<icu::BreakIterator> iterator =
      make_iterator(icu::BreakIterator::createSentenceInstance);
  std::vector<Span> out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = slice_end(text, begin);
    const std::string unwrapped = unwrap(Span{begin, end}.of(text));
    bool goes_on = false;
    for_each_segment(*iterator, unwrapped, [&](Span segment, std::int32_t) {
      const Span sentence = without_white_space(text, {begin + segment.begin, begin + segment.end});
      if (sentence.empty()) return;
      if (goes_on) {
        out.back().end = sentence.end;
      } else {
        out.push_back(sentence);
      }
      const bool ends_line = unwrapped[segment.end - 1] == '\n' || unwrapped[segment.end - 1] == '\r';
      goes_on = !ends_line && ends_in_abbreviation(sentence.of(text));
    });
    begin = end;
  }
  return out;
}

std::vector<Span> words(std::string_view text) {
  thread_local const std::unique_ptr<icu::BreakIterator> iterator =
      make_iterator(icu::BreakIterator::createWordInstance);
  std::vector<Span> out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = slice_end(text, begin);
    for_each_segment(*iterator, Span{begin, end}.of(text), [&](Span segment, std::int32_t rule) {
      if (rule < UBRK_WORD_NONE_LIMIT) return;
      out.push_back({begin + segment.begin, begin + segment.end});
    });
    begin = end;
  }
  return out;
}

}  // namespace riverbank
