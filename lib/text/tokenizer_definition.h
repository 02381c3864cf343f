#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/text/added_tokens.h"
#include "lib/text/normalizer.h"
#include "lib/text/vocabulary.h"

namespace riverbank {

/// All that a tokenizer is, as its files say it.
struct TokenizerDefinition {
  Vocabulary vocabulary;
  std::int32_t unknown_id = 0;
  std::int32_t cls_id = 0;
  std::int32_t sep_id = 0;
  std::size_t max_word_characters = 100;  ///< a longer word is unknown as a whole
  NormalizerSettings normalizer;
  std::vector<AddedToken> added_tokens;
};

/// Reads a tokenizer.json. Its own truncation, padding and decoder are of no concern: the model's limit rules.
/// `name` is what messages call it. Throws Error: kCorrupt (what is wrong where), kUnsupported (another kind of
/// normalizer, pre-tokenizer, post-processor or model, by its name).
TokenizerDefinition read_tokenizer_json(std::string_view json, const std::string& name);

/// Reads a vocab.txt: one piece a line, its line number is its id. [UNK], [CLS], [SEP] must be there; these, [PAD] and
/// [MASK] are looked for in texts. Throws Error kCorrupt (a duplicate, a missing piece, not UTF-8).
TokenizerDefinition read_vocabulary_txt(std::string_view text, const NormalizerSettings& normalizer,
                                        const std::string& name);

/// The settings that stand in a tokenizer_config.json (do_lower_case, strip_accents, tokenize_chinese_chars).
/// Throws Error kCorrupt.
NormalizerSettings read_tokenizer_config(std::string_view json, const std::string& name);

}  // namespace riverbank
