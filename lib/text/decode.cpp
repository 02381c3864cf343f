#include <simdjson.h>
#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>

#include <algorithm>
#include <array>
#include <memory>

#include "lib/base/printable.h"
#include "lib/text/unicode.h"
#include "lib/text/utf8.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

/// ICU guesses by how often bytes follow each other; more than this does not make it wiser.
constexpr std::size_t kSampleBytes = std::size_t{64} << 10U;
/// One in so many bytes may be a control character that no text needs.
constexpr std::size_t kBytesPerControl = 64;

using Converter = std::unique_ptr<UConverter, void (*)(UConverter*)>;
using Detector = std::unique_ptr<UCharsetDetector, void (*)(UCharsetDetector*)>;

bool is_stray_control(char byte) {
  const auto c = static_cast<unsigned char>(byte);
  return (c < 0x20 && !(c >= '\b' && c <= '\r') && c != 0x1B) || c == 0x7F;
}

bool has_too_many_controls(std::string_view bytes) {
  const auto controls = static_cast<std::size_t>(std::count_if(bytes.begin(), bytes.end(), is_stray_control));
  return controls * kBytesPerControl > bytes.size();
}

/// `bytes` of that encoding in UTF-8, U+FFFD for what is ill-formed; nothing when ICU does not know the encoding.
std::optional<std::string> convert(std::string_view bytes, const char* encoding) {
  UErrorCode status = U_ZERO_ERROR;
  const Converter from(ucnv_open(encoding, &status), ucnv_close);
  const Converter to(ucnv_open("UTF-8", &status), ucnv_close);
  if (U_FAILURE(status) != 0) return std::nullopt;
  std::string out;
  std::array<char, 1 << 14> buffer;
  std::array<UChar, 1 << 12> pivot;
  UChar* pivot_source = pivot.data();
  UChar* pivot_target = pivot.data();
  const char* source = bytes.data();
  UBool reset = 1;
  do {
    char* target = buffer.data();
    status = U_ZERO_ERROR;
    ucnv_convertEx(to.get(), from.get(), &target, buffer.data() + buffer.size(), &source, bytes.data() + bytes.size(),
                   pivot.data(), &pivot_source, &pivot_target, pivot.data() + pivot.size(), reset, 1, &status);
    reset = 0;
    out.append(buffer.data(), target);
  } while (status == U_BUFFER_OVERFLOW_ERROR);
  if (U_FAILURE(status) != 0) return std::nullopt;
  return out;
}

/// UTF-16 without a mark shows by its zero bytes: of text in it, most high bytes are zero and no low ones are.
const char* utf16_by_zero_bytes(std::string_view bytes) {
  const std::string_view sample = bytes.substr(0, kSampleBytes);
  std::array<std::size_t, 2> zeros{};
  for (std::size_t i = 0; i < sample.size(); ++i) zeros[i % 2] += sample[i] == '\0' ? 1 : 0;
  const std::size_t units = sample.size() / 2;
  if (bytes.size() % 2 != 0 || units == 0) return nullptr;
  if (zeros[0] == 0 && zeros[1] * 4 > units) return "UTF-16LE";
  if (zeros[1] == 0 && zeros[0] * 4 > units) return "UTF-16BE";
  return nullptr;
}

/// Whether what is not UTF-8 in `bytes` is a slip in a text that otherwise is.
bool is_damaged_utf8(std::string_view bytes) {
  std::size_t good = 0;
  std::size_t bad = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const int length = utf8_sequence_length(bytes.substr(at));
    good += length > 1 ? 1 : 0;
    bad += length == 0 ? 1 : 0;
    at += static_cast<std::size_t>(std::max(length, 1));
  }
  return good >= 8 * bad;
}

std::string guess_encoding(std::string_view bytes) {
  const auto first = std::find_if(bytes.begin(), bytes.end(), [](char c) { return static_cast<signed char>(c) < 0; });
  const auto before = static_cast<std::size_t>(first - bytes.begin());
  const std::string_view sample = bytes.substr(before - std::min(before, kSampleBytes / 2), kSampleBytes);
  UErrorCode status = U_ZERO_ERROR;
  const Detector detector(ucsdet_open(&status), ucsdet_close);
  ucsdet_setText(detector.get(), sample.data(), static_cast<std::int32_t>(sample.size()), &status);
  const UCharsetMatch* match = ucsdet_detect(detector.get(), &status);
  const char* name = match != nullptr ? ucsdet_getName(match, &status) : nullptr;
  // UTF-8 was ruled out before. What ISO 8859-1 leaves empty, windows-1252 has curly quotes in.
  if (U_FAILURE(status) != 0 || name == nullptr || std::string_view(name).starts_with("UTF") ||
      std::string_view(name) == "ISO-8859-1") {
    return "windows-1252";
  }
  return name;
}

/// Text in an encoding that is known; nothing when it turns out to be none.
std::optional<DecodedText> decode_as(std::string_view bytes, const std::string& encoding) {
  std::optional<std::string> text = convert(bytes, encoding.c_str());
  if (!text || text->find('\0') != std::string::npos || has_too_many_controls(*text)) return std::nullopt;
  return DecodedText{*std::move(text), encoding};
}

}  // namespace

std::optional<DecodedText> decode_text(std::string_view bytes) {
  struct Mark {
    std::string_view bytes;
    const char* encoding;
  };
  using std::string_view_literals::operator""sv;
  // UTF-32LE's mark begins with UTF-16LE's.
  for (const Mark& mark :
       {Mark{"\xEF\xBB\xBF"sv, "UTF-8"}, Mark{"\xFF\xFE\0\0"sv, "UTF-32LE"}, Mark{"\0\0\xFE\xFF"sv, "UTF-32BE"},
        Mark{"\xFF\xFE"sv, "UTF-16LE"}, Mark{"\xFE\xFF"sv, "UTF-16BE"}}) {
    if (bytes.starts_with(mark.bytes)) return decode_as(bytes.substr(mark.bytes.size()), mark.encoding);
  }
  if (bytes.find('\0') != std::string_view::npos) {
    const char* encoding = utf16_by_zero_bytes(bytes);
    return encoding != nullptr ? decode_as(bytes, encoding) : std::nullopt;
  }
  if (has_too_many_controls(bytes)) return std::nullopt;
  if (simdjson::validate_utf8(bytes.data(), bytes.size())) return DecodedText{std::string(bytes), "UTF-8"};
  if (is_damaged_utf8(bytes)) return DecodedText{to_valid_utf8(bytes), "UTF-8"};
  const std::string encoding = guess_encoding(bytes);
  std::optional<DecodedText> out = decode_as(bytes, encoding);
  return out ? out : decode_as(bytes, "windows-1252");
}

std::string to_valid_utf8(std::string_view text) {
  if (simdjson::validate_utf8(text.data(), text.size())) return std::string(text);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint c = decode_utf8(text);
    std::array<char, 4> bytes;
    out.append(bytes.data(), encode_utf8(c.value, bytes.data()));
    text.remove_prefix(c.size);
  }
  return out;
}

}  // namespace riverbank
