#include "index/search/best_sentence.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <numeric>
#include <string>

#include "lib/text/markup.h"
#include "lib/text/sentences.h"

namespace riverbank {
namespace {

constexpr std::string_view kWhiteSpace = " \t\r\f\v";

std::string_view trimmed(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(kWhiteSpace);
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(kWhiteSpace) + 1 - begin);
}

/// Whether a line begins something of its own: a heading, a list item, a quotation, a table row, a fence.
bool begins_a_block(std::string_view line) {
  if (std::string_view("-*+#>|`~=").find(line.front()) != std::string_view::npos) return true;
  std::size_t digits = 0;
  while (digits < line.size() && std::isdigit(static_cast<unsigned char>(line[digits])) != 0) ++digits;
  return digits > 0 && digits < line.size() && (line[digits] == '.' || line[digits] == ')');
}

/// Whether the sentence goes on from one line to the next.
bool goes_on(std::string_view line, std::string_view next) {
  if (line.empty() || next.empty() || begins_a_block(next)) return false;
  if (line.front() == '#' || line.front() == '|' || line.front() == '`') return false;  // one line each
  return std::string_view(";{}").find(line.back()) == std::string_view::npos;           // a line of code
}

/// `passage` with the line ends inside sentences turned into spaces, byte for byte as long as before.
std::string unwrapped(std::string_view passage) {
  std::string result(passage);
  std::size_t begin = 0;
  std::size_t end = result.find('\n');
  while (end != std::string::npos) {
    const std::size_t next_end = std::min(result.find('\n', end + 1), result.size());
    if (goes_on(trimmed(passage.substr(begin, end - begin)), trimmed(passage.substr(end + 1, next_end - end - 1)))) {
      result[end] = ' ';
      if (end > 0 && result[end - 1] == '\r') result[end - 1] = ' ';
    }
    begin = end + 1;
    end = next_end == result.size() ? std::string::npos : next_end;
  }
  return result;
}

/// Whether a line is nothing but one mark over and over: the adornment of a heading, a rule, a fence.
bool is_ruler(std::string_view line) {
  return line.size() >= 3 && std::ispunct(static_cast<unsigned char>(line[0])) != 0 &&
         line.find_first_not_of(line[0]) == std::string_view::npos;
}

/// A heading names what follows and markup says nothing: neither answers a question.
bool can_answer(std::string_view passage, const TextRange& range) {
  const std::string_view sentence = passage.substr(range.begin, range.end - range.begin);
  if (sentence.front() == '#' || is_ruler(sentence) || is_only_markup(sentence)) return false;
  std::string_view after = passage.substr(range.end);  // the underline of a heading stands on the next line
  if (!after.starts_with('\n') && !after.starts_with("\r\n")) return true;
  after.remove_prefix(after.find('\n') + 1);
  return !is_ruler(trimmed(after.substr(0, after.find('\n'))));
}

}  // namespace

std::vector<TextRange> passage_sentences(std::string_view passage) {
  std::vector<TextRange> result;
  for (const Span& span : sentences(unwrapped(passage))) result.push_back({span.begin, span.end});
  return result;
}

std::vector<std::size_t> answering_sentences(std::string_view passage, std::span<const TextRange> sentences) {
  std::vector<std::size_t> all(sentences.size());
  std::iota(all.begin(), all.end(), 0);
  std::vector<std::size_t> answering;
  std::ranges::copy_if(all, std::back_inserter(answering),
                       [&](std::size_t i) { return can_answer(passage, sentences[i]); });
  return answering.empty() ? all : answering;
}

std::optional<std::size_t> best_sentence(std::string_view passage, std::span<const TextRange> sentences,
                                         std::span<const double> scores) {
  const std::vector<std::size_t> answering = answering_sentences(passage, sentences);
  if (answering.empty()) return std::nullopt;
  return *std::ranges::max_element(answering, {}, [&](std::size_t i) { return scores[i]; });
}

}  // namespace riverbank
