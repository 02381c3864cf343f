#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/text/span.h"

namespace riverbank {

/// A text as the encoder reads it.
struct Encoding {
  std::vector<std::int32_t> ids;       ///< (T) rows of the embedding table, [CLS] first and [SEP] last
  std::vector<std::int32_t> type_ids;  ///< (T) 0 for the first text, 1 for the second
  std::vector<Span> offsets;           ///< (T) where each piece stands in its text, in bytes; empty for special tokens
  bool truncated = false;              ///< whether pieces were left out to keep to the limit

  std::size_t size() const { return ids.size(); }
};

/// One word piece of a text, without special tokens.
struct Piece {
  std::int32_t id = 0;
  Span span;                 ///< bytes of the original text
  bool starts_word = false;  ///< false for a continuation ("##ing")
};

/// How a tokenizer is kept for later processes, which then parse nothing.
struct TokenizerCache {
  /// What its files are, as a sum of them that names no others: up to 64 hex digits. Empty: it is not kept.
  std::string source;
  /// Told, in a sentence, when a damaged file of the cache is made again. May be empty.
  std::function<void(const std::string& message)> notice;
};

/// BERT's tokenizer: cleaning, splitting and WordPiece (arXiv:1810.04805, section 3; Wu et al., arXiv:1609.08144).
/// Immutable after loading: any number of threads may use one.
class Tokenizer {
 public:
  /// From a model's folder: tokenizer.json, or else vocab.txt (with tokenizer_config.json when it is there).
  /// Large ones are mapped as an earlier process packed them, or packed for the next.
  /// Throws Error: kNotFound, kCorrupt, kUnsupported (another kind of tokenizer is refused by its name).
  static Tokenizer from_folder(const std::filesystem::path& folder, const TokenizerCache& cache = {});
  /// From the text of a tokenizer.json; `name` is what messages call it.
  static Tokenizer from_json(std::string_view json, const std::string& name);
  /// From the text of a vocab.txt: one piece a line, its line number is its id.
  static Tokenizer from_vocabulary(std::string_view vocab_txt, bool lowercase, const std::string& name);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  /// [CLS] text [SEP], cut after max_tokens - 2 pieces. Any bytes are a text: what is not UTF-8 is read as U+FFFD.
  /// Throws Error kInvalidArgument when max_tokens < 2.
  Encoding encode(std::string_view text, std::size_t max_tokens) const;

  /// [CLS] first [SEP] second [SEP], cut from whichever is longer ("longest first"). max_tokens >= 3.
  Encoding encode_pair(std::string_view first, std::string_view second, std::size_t max_tokens) const;

  /// All pieces of a text, no special tokens, no limit: what the chunker counts.
  std::vector<Piece> pieces(std::string_view text) const;

  std::size_t vocabulary_size() const;
  /// The piece with this id, "##" and all. Throws Error kInvalidArgument for an id that is none.
  std::string_view piece(std::int32_t id) const;
  std::int32_t cls_id() const;
  std::int32_t sep_id() const;
  std::int32_t unknown_id() const;

 private:
  struct Parts;
  explicit Tokenizer(std::unique_ptr<const Parts> parts);
  std::unique_ptr<const Parts> parts_;
};

}  // namespace riverbank
