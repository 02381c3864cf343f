#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lib/text/tokenizer.h"
#include "tests/support/shared_data.h"

namespace riverbank {
namespace {

/// For each byte of a text and its end: how many code points stand before it.
std::vector<std::size_t> code_points_before(const std::string& text) {
  std::vector<std::size_t> out;
  std::size_t count = 0;
  for (const char byte : text) {
    if ((static_cast<unsigned char>(byte) & 0xC0U) != 0x80U) ++count;
    out.push_back(count - 1);
  }
  out.push_back(count);
  return out;
}

/// What the reference tokenizer made of 1,257 texts (naughty strings, edge cases of Unicode, twelve languages).
class TokenizerConformance : public ::testing::TestWithParam<const char*> {};

TEST_P(TokenizerConformance, IdsAndOffsetsAreTheReferences) {
  RIVERBANK_NEEDS_SHARED_DATA("tokenizer/conformance.jsonl");
  const std::filesystem::path folder = testing::shared_data("tokenizer");
  const Tokenizer tokenizer = std::string(GetParam()) == "tokenizer.json"
                                  ? Tokenizer::from_folder(folder)
                                  : Tokenizer::from_vocabulary(
                                        [&] {
                                          std::ifstream file(folder / "vocab.txt", std::ios::binary);
                                          return std::string(std::istreambuf_iterator<char>(file), {});
                                        }(),
                                        true, "vocab.txt");
  std::ifstream file(folder / "conformance.jsonl");
  std::string line;
  int cases = 0;
  while (std::getline(file, line)) {
    const nlohmann::json row = nlohmann::json::parse(line);
    const std::string text = row["text"];
    const Encoding encoding = tokenizer.encode(text, 1'000'000);
    EXPECT_EQ(encoding.ids, row["ids"].get<std::vector<std::int32_t>>()) << row["text"];
    const std::vector<std::size_t> before = code_points_before(text);
    std::vector<std::vector<std::size_t>> offsets;
    for (const Span span : encoding.offsets) offsets.push_back({before[span.begin], before[span.end]});
    EXPECT_EQ(offsets, row["offsets"].get<std::vector<std::vector<std::size_t>>>()) << row["text"];
    for (std::size_t i = 0; i < encoding.size(); ++i) EXPECT_EQ(tokenizer.piece(encoding.ids[i]), row["tokens"][i]);
    EXPECT_FALSE(encoding.truncated);
    ++cases;
  }
  EXPECT_EQ(cases, 1257);
}

TEST(TokenizerPairs, AreCutLikeTheReferences) {
  RIVERBANK_NEEDS_SHARED_DATA("tokenizer/conformance_pairs.jsonl");
  const std::filesystem::path folder = testing::shared_data("tokenizer");
  const Tokenizer tokenizer = Tokenizer::from_folder(folder);
  std::ifstream file(folder / "conformance_pairs.jsonl");
  std::string line;
  int cases = 0;
  while (std::getline(file, line)) {
    const nlohmann::json row = nlohmann::json::parse(line);
    const Encoding encoding = tokenizer.encode_pair(row["a"].get<std::string>(), row["b"].get<std::string>(),
                                                    row["max_length"].get<std::size_t>());
    EXPECT_EQ(encoding.ids, row["ids"].get<std::vector<std::int32_t>>()) << row["a"];
    EXPECT_EQ(encoding.type_ids, row["type_ids"].get<std::vector<std::int32_t>>()) << row["a"];
    ++cases;
  }
  EXPECT_EQ(cases, 252);
}

INSTANTIATE_TEST_SUITE_P(From, TokenizerConformance, ::testing::Values("tokenizer.json", "vocab.txt"),
                         [](const auto& which) { return std::string(which.index == 0 ? "Json" : "Vocabulary"); });

}  // namespace
}  // namespace riverbank
