#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/text/span.h"

namespace riverbank {

/// The settings of BERT's normalizer, under the names that tokenizer.json gives them.
struct NormalizerSettings {
  bool clean_text = true;            ///< control characters vanish, all white space is a space
  bool handle_chinese_chars = true;  ///< each ideograph is a word of its own
  bool lowercase = true;
  std::optional<bool> strip_accents;  ///< decompose and drop the marks; when not said, as `lowercase`

  bool strips_accents() const { return strip_accents.value_or(lowercase); }
};

/// What becomes of one code point: some normalised characters (their UTF-8), and what they are to the word splitter.
struct NormalizedCharacter {
  enum Role : std::uint8_t {
    kUnknown,  ///< of an entry not made yet
    kInWord,   ///< part of a word
    kAlone,    ///< a word of its own: punctuation, ideographs
    kSpace,    ///< between words
    kRemoved,  ///< nothing is left of it
  };

  Role role = kUnknown;
  std::uint8_t num_bytes = 0;
  std::uint8_t num_characters = 0;
  std::uint8_t combining_class = 0;    ///< of a mark that is kept, and may have to go before those in front of it
  std::array<char, 12> bytes_array{};  ///< three characters of four bytes are the longest there is

  std::string_view bytes() const { return {bytes_array.data(), num_bytes}; }
};

/// BERT's cleaning, ideograph spacing, accent stripping and lowercasing, one code point at a time, from a table that is
/// made as its parts are first asked for (256 code points at once). Any number of threads.
class Normalizer {
 public:
  explicit Normalizer(const NormalizerSettings& settings);
  ~Normalizer();
  Normalizer(const Normalizer&) = delete;
  Normalizer& operator=(const Normalizer&) = delete;

  const NormalizerSettings& settings() const { return settings_; }

  /// For a scalar value of Unicode. The reference lives as long as the normalizer.
  const NormalizedCharacter& operator()(char32_t c) const {
    const Page* page = pages_[c >> 8U].load(std::memory_order_acquire);
    if (page == nullptr) page = make_page(c >> 8U);
    return (*page)[c & 0xFFU];
  }

 private:
  static constexpr std::size_t kPages = 0x110000 >> 8U;
  using Page = std::array<NormalizedCharacter, 256>;

  const Page* make_page(std::size_t index) const;
  NormalizedCharacter make(char32_t c) const;

  NormalizerSettings settings_;
  mutable std::vector<std::atomic<const Page*>> pages_;
};

/// Characters as they come out of a normalizer, with where each byte comes from in the original text.
class NormalizedText {
 public:
  void clear();
  /// Appends a character that stands at `origin`, in canonical order (The Unicode Standard, D109).
  void add(const NormalizedCharacter& character, Span origin);

  std::string_view bytes() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }
  std::size_t num_characters() const { return num_characters_; }
  /// Where the bytes [begin, end) come from; begin < end.
  Span origin(std::size_t begin, std::size_t end) const { return {origins_[begin].begin, origins_[end - 1].end}; }

 private:
  std::string bytes_;
  std::vector<Span> origins_;  ///< (bytes_.size())
  std::size_t num_characters_ = 0;
};

/// All of `text` normalised, as one string with spaces around the ideographs.
NormalizedText normalize(const Normalizer& normalizer, std::string_view text);

}  // namespace riverbank
