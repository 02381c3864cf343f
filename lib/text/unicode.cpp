#include "lib/text/unicode.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <string>

#include "lib/text/utf8.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

/// An ICU call that only fails when ICU itself is broken or out of memory.
void check(UErrorCode status, const char* what) {
  if (U_FAILURE(status) != 0) {
    throw Error(ErrorKind::kUnsupported,
                std::string("ICU cannot ") + what + " (" + u_errorName(status) + "); is libicu complete?");
  }
}

const icu::Normalizer2& nfd() {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = icu::Normalizer2::getNFDInstance(status);
  check(status, "normalise text");
  return *normalizer;
}

constexpr std::size_t kMaxFoldBytes = std::size_t{1} << 30U;

/// Whether a character of decomposed text is a mark that spellings differ in: an accent (class 200 and up), a Hebrew or
/// an Arabic point (10 to 36). The other classes are viramas, nuktas, voicing marks, vowels and tones.
bool is_accent(UChar32 c) {
  const std::uint8_t combining = u_getCombiningClass(c);
  return (combining >= 10 && combining <= 36) || combining >= 200;
}

/// Whether Unicode 8.0 had this code point. Those that are never characters count as there.
bool is_in_unicode_8(char32_t c) {
  UVersionInfo age;
  u_charAge(static_cast<UChar32>(c), age);
  return age[0] <= 8;
}

/// The general category that Unicode 8.0 gave a code point; since then few have changed between the kinds.
int general_category(char32_t c) {
  switch (c) {
    case 0x166D:   // CANADIAN SYLLABICS CHI SIGN, Po until 12.0
    case 0x111C9:  // SHARADA SANDHI MARK, Po until 11.0
      return U_OTHER_PUNCTUATION;
    case 0x1734:  // HANUNOO SIGN PAMUDPOD, Mn until 14.0
      return U_NON_SPACING_MARK;
    case 0x1885:  // MONGOLIAN LETTER ALI GALI BALUDA, Lo until 9.0
    case 0x1886:
      return U_OTHER_LETTER;
    case 0xA9BD:  // JAVANESE CONSONANT SIGN KERET, Mc until 11.0
      return U_COMBINING_SPACING_MARK;
    default:
      return is_in_unicode_8(c) ? u_charType(static_cast<UChar32>(c)) : int{U_UNASSIGNED};
  }
}

}  // namespace

CharacterKind character_kind(char32_t c) {
  if (c == '\t' || c == '\n' || c == '\r') return CharacterKind::kSpace;
  const std::uint32_t category = U_MASK(general_category(c));
  if ((category & (U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK)) != 0) return CharacterKind::kControl;
  if (is_white_space(c)) return CharacterKind::kSpace;
  if ((category & U_GC_P_MASK) != 0) return CharacterKind::kPunctuation;
  if (c < 0x80 && (category & U_GC_S_MASK) != 0) return CharacterKind::kPunctuation;
  return category == U_GC_MN_MASK ? CharacterKind::kMark : CharacterKind::kWord;
}

std::u32string canonical_decomposition(char32_t c) {
  icu::UnicodeString decomposed;
  if (c < 0x80 || !is_in_unicode_8(c) || nfd().getDecomposition(static_cast<UChar32>(c), decomposed) == 0) {
    return {c};
  }
  std::u32string out;
  for (int i = 0; i < decomposed.length(); i = decomposed.moveIndex32(i, 1)) {
    out.push_back(static_cast<char32_t>(decomposed.char32At(i)));
  }
  return out;
}

bool is_white_space(char32_t c) { return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0; }

bool is_word_character(char32_t c) {
  const auto code = static_cast<UChar32>(c);
  constexpr std::uint32_t kCategories = U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK;
  return (U_GET_GC_MASK(code) & kCategories) != 0 || u_hasBinaryProperty(code, UCHAR_ALPHABETIC) != 0 ||
         u_hasBinaryProperty(code, UCHAR_JOIN_CONTROL) != 0;
}

bool is_unspaced_script(char32_t c) {
  if (c < 0x0E00) return false;                 // all of them stand behind Devanagari and its sisters
  if (c == 0x30FC || c == 0xFF70) return true;  // the mark that makes a kana long belongs to no script
  UErrorCode status = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(static_cast<UChar32>(c), &status);
  check(status, "tell a script");
  switch (script) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_BOPOMOFO:
    case USCRIPT_HANGUL:
    case USCRIPT_YI:
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR:
      return true;
    default:
      return false;
  }
}

std::uint8_t combining_class(char32_t c) { return u_getCombiningClass(static_cast<UChar32>(c)); }

std::u32string lowercase(char32_t c) {
  if (c == 0x130) return U"i\u0307";  // LATIN CAPITAL LETTER I WITH DOT ABOVE, the only one that becomes two
  return {static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)))};
}

std::string fold_for_search(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    std::string out(text);
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    return out;
  }
  if (text.size() > kMaxFoldBytes) {
    throw Error(ErrorKind::kInvalidArgument, "A text of more than 1 GiB cannot be folded at once.");
  }
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* casefold = icu::Normalizer2::getNFKCCasefoldInstance(status);
  check(status, "fold case");
  const icu::UnicodeString folded =
      casefold->normalize(icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())}), status);
  const icu::UnicodeString decomposed = nfd().normalize(folded, status);
  check(status, "normalise text");
  icu::UnicodeString kept;
  for (int i = 0; i < decomposed.length(); i = decomposed.moveIndex32(i, 1)) {
    const UChar32 c = decomposed.char32At(i);
    if (!is_accent(c)) kept.append(c);
  }
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
  check(status, "normalise text");
  std::string out;
  nfc->normalize(kept, status).toUTF8String(out);
  check(status, "normalise text");
  return out;
}

}  // namespace riverbank
