#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lib/text/tokenizer.h"

namespace riverbank::testing {

/// A tokenizer.json with these pieces (behind [PAD] [UNK] [CLS] [SEP] [MASK], ids 0 to 4) in the layout of BERT's.
inline nlohmann::json small_tokenizer_json(const std::vector<std::string>& pieces, bool lowercase = true) {
  nlohmann::json vocab = {{"[PAD]", 0}, {"[UNK]", 1}, {"[CLS]", 2}, {"[SEP]", 3}, {"[MASK]", 4}};
  nlohmann::json added = nlohmann::json::array();
  for (const auto& [content, id] : vocab.items()) {
    added.push_back({{"id", id}, {"content", content}, {"normalized", false}, {"special", true}});
  }
  for (const std::string& piece : pieces) vocab[piece] = vocab.size();
  const auto token = [](const char* id, int type) {
    return nlohmann::json{{"SpecialToken", {{"id", id}, {"type_id", type}}}};
  };
  const auto text = [](const char* id, int type) {
    return nlohmann::json{{"Sequence", {{"id", id}, {"type_id", type}}}};
  };
  return {{"version", "1.0"},
          {"truncation", {{"max_length", 3}}},  // of no concern
          {"padding", {{"strategy", {{"Fixed", 128}}}}},
          {"added_tokens", added},
          {"normalizer",
           {{"type", "BertNormalizer"},
            {"clean_text", true},
            {"handle_chinese_chars", true},
            {"strip_accents", nullptr},
            {"lowercase", lowercase}}},
          {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
          {"post_processor",
           {{"type", "TemplateProcessing"},
            {"single", {token("[CLS]", 0), text("A", 0), token("[SEP]", 0)}},
            {"pair", {token("[CLS]", 0), text("A", 0), token("[SEP]", 0), text("B", 1), token("[SEP]", 1)}},
            {"special_tokens",
             {{"[CLS]", {{"id", "[CLS]"}, {"ids", {2}}, {"tokens", {"[CLS]"}}}},
              {"[SEP]", {{"id", "[SEP]"}, {"ids", {3}}, {"tokens", {"[SEP]"}}}}}}}},
          {"decoder", {{"type", "WordPiece"}}},
          {"model",
           {{"type", "WordPiece"},
            {"unk_token", "[UNK]"},
            {"continuing_subword_prefix", "##"},
            {"max_input_chars_per_word", 100},
            {"vocab", vocab}}}};
}

inline Tokenizer small_tokenizer(const std::vector<std::string>& pieces, bool lowercase = true) {
  return Tokenizer::from_json(small_tokenizer_json(pieces, lowercase).dump(), "tokenizer.json");
}

/// "[CLS] river ##bank [SEP]": the pieces of a text, by name.
inline std::string pieces_of(const Tokenizer& tokenizer, std::string_view text) {
  std::string out;
  for (const Piece& piece : tokenizer.pieces(text)) {
    out += (out.empty() ? "" : " ") + std::string(tokenizer.piece(piece.id));
  }
  return out;
}

/// "river|bank": the original bytes that the pieces of a text stand on.
inline std::string places_of(const Tokenizer& tokenizer, std::string_view text) {
  std::string out;
  for (const Piece& piece : tokenizer.pieces(text)) out += (out.empty() ? "" : "|") + std::string(piece.span.of(text));
  return out;
}

}  // namespace riverbank::testing
