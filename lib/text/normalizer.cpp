#include "lib/text/normalizer.h"

#include <algorithm>
#include <cassert>

#include "lib/text/unicode.h"
#include "lib/text/utf8.h"

namespace riverbank {
namespace {

/// The blocks that BERT splits into single characters ("is_chinese_char" of its tokenizer, gap at U+2B820 and all).
bool is_ideograph(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0x2F800 && c <= 0x2FA1F);
}

NormalizedCharacter::Role role_of(char32_t c, CharacterKind kind) {
  if (is_white_space(c)) return NormalizedCharacter::kSpace;
  return kind == CharacterKind::kPunctuation ? NormalizedCharacter::kAlone : NormalizedCharacter::kInWord;
}

constexpr NormalizedCharacter kSpaceCharacter = {NormalizedCharacter::kSpace, 1, 1, 0, {' '}};

}  // namespace

Normalizer::Normalizer(const NormalizerSettings& settings) : settings_(settings), pages_(kPages) {}

Normalizer::~Normalizer() {
  for (const std::atomic<const Page*>& page : pages_) delete page.load(std::memory_order_relaxed);
}

const Normalizer::Page* Normalizer::make_page(std::size_t index) const {
  auto page = std::make_unique<Page>();
  for (std::size_t i = 0; i < page->size(); ++i) (*page)[i] = make(static_cast<char32_t>(index << 8U | i));
  const Page* expected = nullptr;
  // Two threads may make the same page; the first one's stays.
  if (pages_[index].compare_exchange_strong(expected, page.get(), std::memory_order_acq_rel)) return page.release();
  return expected;
}

NormalizedCharacter Normalizer::make(char32_t c) const {
  NormalizedCharacter out;
  if (settings_.clean_text) {
    const CharacterKind kind = character_kind(c);
    if (c == kReplacementCharacter || kind == CharacterKind::kControl) {
      out.role = NormalizedCharacter::kRemoved;
      return out;
    }
    if (kind == CharacterKind::kSpace) return kSpaceCharacter;
  }
  const bool alone = settings_.handle_chinese_chars && is_ideograph(c);
  out.role = NormalizedCharacter::kRemoved;
  for (const char32_t part : settings_.strips_accents() ? canonical_decomposition(c) : std::u32string(1, c)) {
    const CharacterKind kind = character_kind(part);
    if (settings_.strips_accents() && kind == CharacterKind::kMark) continue;
    for (const char32_t lower : settings_.lowercase ? lowercase(part) : std::u32string(1, part)) {
      assert(out.num_bytes + 4U <= out.bytes_array.size());
      out.num_bytes += static_cast<std::uint8_t>(encode_utf8(lower, out.bytes_array.data() + out.num_bytes));
      ++out.num_characters;
    }
    out.role = alone ? NormalizedCharacter::kAlone : role_of(part, kind);
    if (settings_.strips_accents()) out.combining_class = combining_class(part);
  }
  if (out.num_characters > 1) out.combining_class = 0;
  return out;
}

void NormalizedText::clear() {
  bytes_.clear();
  origins_.clear();
  num_characters_ = 0;
}

void NormalizedText::add(const NormalizedCharacter& character, Span origin) {
  std::size_t place = bytes_.size();
  if (character.combining_class != 0) {
    while (place > 0) {
      std::size_t before = place - 1;
      while (is_utf8_continuation(bytes_[before])) --before;
      const char32_t previous = decode_utf8(std::string_view(bytes_).substr(before)).value;
      if (combining_class(previous) <= character.combining_class) break;
      place = before;
    }
  }
  bytes_.insert(place, character.bytes());
  // Origins stay in the order of the text: what changed places shares the span of what it changed with.
  origins_.insert(origins_.end(), character.num_bytes, origin);
  num_characters_ += character.num_characters;
}

NormalizedText normalize(const Normalizer& normalizer, std::string_view text) {
  NormalizedText out;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_utf8(text.substr(at));
    const NormalizedCharacter& character = normalizer(c.value);
    const bool spaced = normalizer.settings().handle_chinese_chars && is_ideograph(c.value);
    const Span origin{at, at + c.size};
    if (spaced) out.add(kSpaceCharacter, origin);
    if (character.role != NormalizedCharacter::kRemoved) out.add(character, origin);
    if (spaced) out.add(kSpaceCharacter, origin);
    at += c.size;
  }
  return out;
}

}  // namespace riverbank
