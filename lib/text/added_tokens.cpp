#include "lib/text/added_tokens.h"

#include <algorithm>

#include "lib/text/unicode.h"
#include "lib/text/utf8.h"

namespace riverbank {
namespace {

unsigned char first_byte(const AddedToken& token) { return static_cast<unsigned char>(token.content[0]); }

bool is_inside_word(std::string_view text, Span span) {
  return (span.begin > 0 && is_word_character(decode_last_utf8(text.substr(0, span.begin)).value)) ||
         (span.end < text.size() && is_word_character(decode_utf8(text.substr(span.end)).value));
}

}  // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  std::sort(tokens_.begin(), tokens_.end(), [](const AddedToken& a, const AddedToken& b) {
    return first_byte(a) != first_byte(b) ? first_byte(a) < first_byte(b) : a.content.size() > b.content.size();
  });
  for (const AddedToken& token : tokens_) ++starts_[first_byte(token) + 1U];
  for (std::size_t i = 1; i < starts_.size(); ++i) starts_[i] += starts_[i - 1];
  if (!tokens_.empty() && first_byte(tokens_.front()) == first_byte(tokens_.back())) {
    only_first_byte_ = tokens_.front().content[0];
  }
}

std::size_t AddedTokens::next_candidate(std::string_view text, std::size_t from) const {
  if (only_first_byte_) return text.find(*only_first_byte_, from);
  for (std::size_t i = from; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (starts_[byte] != starts_[byte + 1U]) return i;
  }
  return std::string_view::npos;
}

const AddedToken* AddedTokens::longest_at(std::string_view rest) const {
  const auto byte = static_cast<unsigned char>(rest[0]);
  for (std::uint32_t i = starts_[byte]; i < starts_[byte + 1U]; ++i) {
    if (rest.starts_with(tokens_[i].content)) return &tokens_[i];
  }
  return nullptr;
}

std::optional<AddedTokens::Match> AddedTokens::find(std::string_view text, std::size_t from) const {
  if (empty()) return std::nullopt;
  std::size_t at = from;
  while ((at = next_candidate(text, at)) != std::string_view::npos) {
    const AddedToken* token = longest_at(text.substr(at));
    if (token == nullptr) {
      ++at;
      continue;
    }
    Span span{at, at + token->content.size()};
    if (token->single_word && is_inside_word(text, span)) {
      at = span.end;
      continue;
    }
    while (token->lstrip && span.begin > from) {
      const CodePoint before = decode_last_utf8(text.substr(from, span.begin - from));
      if (!is_white_space(before.value)) break;
      span.begin -= before.size;
    }
    while (token->rstrip && span.end < text.size()) {
      const CodePoint after = decode_utf8(text.substr(span.end));
      if (!is_white_space(after.value)) break;
      span.end += after.size;
    }
    return Match{span, token->id};
  }
  return std::nullopt;
}

}  // namespace riverbank
