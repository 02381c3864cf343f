#pragma once

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include "lib/model/model.h"

namespace riverbank::testing {

/// The vocabulary of tiny_model(), one piece a line: the special tokens, some words, all lower-case letters alone and
/// as continuations, so that no Latin word is unknown.
inline std::string tiny_vocabulary() {
  std::string lines = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
  for (const char* word :
       {"the", "river", "bank", "money", "boat", "water", "she",  "he", "sat", "on", "of", "at",
        "in",  "loan",  "reed", "tree",  "##s",  "##ing", "##ed", ".",  ",",   "?",  ":",  "query"}) {
    lines += std::string(word) + "\n";
  }
  for (char letter = 'a'; letter <= 'z'; ++letter) lines += std::string(1, letter) + "\n";
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    if (letter != 's') lines += std::string("##") + letter + "\n";
  }
  return lines;
}

inline EncoderConfig tiny_config() {
  EncoderConfig config;
  config.model_type = "bert";
  config.num_layers = 2;
  config.d_model = 24;
  config.num_heads = 3;
  config.d_ff = 40;
  config.max_positions = 40;
  config.num_token_types = 2;
  const std::string vocabulary = tiny_vocabulary();
  config.vocabulary_size = std::count(vocabulary.begin(), vocabulary.end(), '\n');
  return config;
}

/// A model of random weights, made in memory in a millisecond: 2 layers, d_model 24, 3 heads, 32 tokens at most.
inline Model tiny_model(Pooling pooling = Pooling::kMean, int layers = 2) {
  EncoderConfig config = tiny_config();
  config.num_layers = layers;
  EmbeddingConfig embedding;
  embedding.pooling = pooling;
  embedding.max_tokens = 32;
  return Model{.name = "tiny",
               .folder = "/nowhere/tiny",
               .config = config,
               .embedding = embedding,
               .tokenizer = Tokenizer::from_vocabulary(tiny_vocabulary(), /*lowercase=*/true, "tiny vocabulary"),
               .weights = random_encoder_weights(config, /*seed=*/7),
               .fingerprint = "00000000000000000000000000000000"};
}

inline std::shared_ptr<const Model> share(Model model) { return std::make_shared<const Model>(std::move(model)); }

}  // namespace riverbank::testing
