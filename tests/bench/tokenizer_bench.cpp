#include <benchmark/benchmark.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "lib/text/sentences.h"
#include "lib/text/tokenizer.h"
#include "tests/support/shared_data.h"

namespace riverbank {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// English: the abstracts of SciFact, or where they are not at hand, words drawn by Zipf's law.
const std::vector<std::string>& english() {
  static const std::vector<std::string> texts = [] {
    std::vector<std::string> out;
    if (const std::filesystem::path path = testing::shared_data("scifact/corpus.jsonl"); !path.empty()) {
      std::ifstream file(path);
      for (std::string line; std::getline(file, line);) out.push_back(nlohmann::json::parse(line)["text"]);
      return out;
    }
    const std::vector<std::string> words = {"the",  "of",       "and",        "river",    "bank",        "in",
                                            "we",   "Cells",    "was",        "protein,", "expression.", "that",
                                            "with", "patients", "associated", "H3K4me3"};
    std::mt19937 random(1);
    for (int i = 0; i < 1'000; ++i) {
      std::string text;
      while (text.size() < 1'500) text += words[std::min<std::size_t>(random() % 16, random() % 16)] + " ";
      out.push_back(std::move(text));
    }
    return out;
  }();
  return texts;
}

/// The real vocabulary, or a small one that has the generated words and all letters.
const std::string& tokenizer_json() {
  static const std::string text = [] {
    if (const std::filesystem::path path = testing::shared_data("tokenizer/tokenizer.json"); !path.empty()) {
      return read(path);
    }
    nlohmann::json vocab = {{"[UNK]", 0}, {"[CLS]", 1}, {"[SEP]", 2}};
    for (const char* word : {"the", "of", "and", "river", "bank", "in", "we", "cells", "was", "protein", "expression",
                             "that", "with", "patients", "associated", ",", "."}) {
      vocab[word] = vocab.size();
    }
    for (char c = '0'; c <= 'z'; ++c) {
      if (c > '9' && c < 'a') continue;
      vocab[std::string(1, c)] = vocab.size();
      vocab["##" + std::string(1, c)] = vocab.size();
    }
    return nlohmann::json{
        {"normalizer", {{"type", "BertNormalizer"}}},
        {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
        {"post_processor", {{"type", "BertProcessing"}, {"cls", {"[CLS]", 1}}, {"sep", {"[SEP]", 2}}}},
        {"model", {{"type", "WordPiece"}, {"unk_token", "[UNK]"}, {"vocab", vocab}}}}
        .dump();
  }();
  return text;
}

std::int64_t total_bytes(const std::vector<std::string>& texts) {
  std::int64_t out = 0;
  for (const std::string& text : texts) out += static_cast<std::int64_t>(text.size());
  return out;
}

void BM_TokenizerEncode(benchmark::State& state) {
  const Tokenizer tokenizer = Tokenizer::from_json(tokenizer_json(), "tokenizer.json");
  for (auto _ : state) {
    for (const std::string& text : english()) benchmark::DoNotOptimize(tokenizer.encode(text, 1'000'000));
  }
  state.SetBytesProcessed(state.iterations() * total_bytes(english()));
}
BENCHMARK(BM_TokenizerEncode)->Unit(benchmark::kMillisecond);

void BM_TokenizerPieces(benchmark::State& state) {
  const Tokenizer tokenizer = Tokenizer::from_json(tokenizer_json(), "tokenizer.json");
  for (auto _ : state) {
    for (const std::string& text : english()) benchmark::DoNotOptimize(tokenizer.pieces(text));
  }
  state.SetBytesProcessed(state.iterations() * total_bytes(english()));
}
BENCHMARK(BM_TokenizerPieces)->Unit(benchmark::kMillisecond);

void BM_TokenizerLoad(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Tokenizer::from_json(tokenizer_json(), "tokenizer.json"));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(tokenizer_json().size()));
}
BENCHMARK(BM_TokenizerLoad)->Unit(benchmark::kMillisecond);

void BM_Sentences(benchmark::State& state) {
  for (auto _ : state) {
    for (const std::string& text : english()) benchmark::DoNotOptimize(sentences(text));
  }
  state.SetBytesProcessed(state.iterations() * total_bytes(english()));
}
BENCHMARK(BM_Sentences)->Unit(benchmark::kMillisecond);

void BM_Words(benchmark::State& state) {
  for (auto _ : state) {
    for (const std::string& text : english()) benchmark::DoNotOptimize(words(text));
  }
  state.SetBytesProcessed(state.iterations() * total_bytes(english()));
}
BENCHMARK(BM_Words)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace riverbank
