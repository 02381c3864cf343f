#include "lib/math/precision.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "lib/math/cpu.h"
#include "riverbank/embedder.h"
#include "tests/support/needs_model.h"
#include "tests/support/shared_data.h"

namespace riverbank {
namespace {

/// How near a precision must stay to float32: cosines over many texts.
struct Bound {
  double mean, least;
};

Bound bound_of(Precision precision) {
  return precision == Precision::kBFloat16 ? Bound{.mean = 0.999, .least = 0.998} : Bound{.mean = 0.995, .least = 0.99};
}

/// The first `count` texts of a file of JSON lines, titles in front.
std::vector<std::string> texts_of(const std::filesystem::path& path, std::size_t count) {
  std::ifstream file(path);
  std::vector<std::string> texts;
  for (std::string line; texts.size() < count && std::getline(file, line);) {
    const auto entry = nlohmann::json::parse(line);
    texts.push_back(entry.value("title", "") + " " + entry["text"].get<std::string>());
  }
  return texts;
}

Embeddings embed(const Embedder& embedder, const std::vector<std::string>& texts, TextKind kind) {
  return embedder.embed(std::vector<std::string_view>(texts.begin(), texts.end()), kind);
}

class RealModelIn : public ::testing::TestWithParam<const char*> {
 protected:
  static void expect_near(const Embeddings& exact, const Embeddings& coarse, Bound bound, const std::string& what) {
    ASSERT_EQ(exact.rows, coarse.rows);
    double sum = 0, least = 1;
    for (std::size_t i = 0; i < exact.rows; ++i) {
      const auto a = exact.row(i), b = coarse.row(i);
      const double cosine = std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
      sum += cosine;
      least = std::min(least, cosine);
    }
    fmt::print("{} {}: cosine to float32, mean {:.5f}, least {:.5f}\n", GetParam(), what,
               sum / static_cast<double>(exact.rows), least);
    EXPECT_GE(sum / static_cast<double>(exact.rows), bound.mean) << what;
    EXPECT_GE(least, bound.least) << what;
    EXPECT_NE(exact.values, coarse.values) << what << " was not what ran";
  }
};

INSTANTIATE_TEST_SUITE_P(Catalogue, RealModelIn, ::testing::Values("all-MiniLM-L6-v2", "bge-small-en-v1.5"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::ranges::replace_if(
                               name, [](unsigned char c) { return !std::isalnum(c); }, '_');
                           return name;
                         });

TEST_P(RealModelIn, EveryPrecisionStaysNearFloat32) {
  RIVERBANK_NEEDS_SHARED_DATA("scifact/corpus.jsonl");
  RIVERBANK_NEEDS_SHARED_DATA("xquad_en/queries.jsonl");
  RIVERBANK_NEEDS_MODEL(GetParam());
  const auto questions = texts_of(testing::shared_data("xquad_en/queries.jsonl"), 100);
  const auto abstracts = texts_of(testing::shared_data("scifact/corpus.jsonl"), 12);
  const Embedder exact = Embedder::load(GetParam(), {.precision = "f32"});
  const Embeddings exact_questions = embed(exact, questions, TextKind::kQuery);
  const Embeddings exact_abstracts = embed(exact, abstracts, TextKind::kPassage);
  for (const InstructionSet set : supported_instruction_sets()) {
    for (const Precision precision : supported_precisions(set)) {
      if (precision == Precision::kFloat32) continue;
      const std::string what = fmt::format("{} {}", to_string(set), to_string(precision));
      const Embedder coarse = Embedder::load(
          GetParam(), {.instruction_set = std::string(to_string(set)), .precision = std::string(to_string(precision))});
      ASSERT_EQ(coarse.info().precision, to_string(precision));
      expect_near(exact_questions, embed(coarse, questions, TextKind::kQuery), bound_of(precision),
                  what + " questions");
      expect_near(exact_abstracts, embed(coarse, abstracts, TextKind::kPassage), bound_of(precision),
                  what + " abstracts");
    }
  }
}

}  // namespace
}  // namespace riverbank
