#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clocale>
#include <cmath>

#include "cli/output/explanation.h"
#include "cli/output/json.h"
#include "cli/output/npy.h"
#include "cli/output/numbers.h"
#include "cli/output/wrap.h"
#include "tests/support/expect_error.h"

namespace riverbank::cli {
namespace {

using ::testing::ElementsAre;

TEST(Json, HoldsNothingThatATerminalObeys) {
  const std::string text =
      "a\xc2\x9b"
      "b\xe2\x80\xae"
      "c\x7f\x1b 東京 é 🐦";
  const std::string json = dump({{"text", text}});
  EXPECT_NE(json.find("a\\u009bb\\u202ec\\u007f\\u001b 東京 é 🐦"), std::string::npos) << json;
  EXPECT_EQ(nlohmann::json::parse(json).at("text"), text);
}

TEST(Numbers, HaveThousandsSeparatorsAndUnits) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(1000), "1,000");
  EXPECT_EQ(with_thousands(1234567), "1,234,567");
  EXPECT_EQ(counted(1, "file", "files"), "1 file");
  EXPECT_EQ(counted(2000, "file", "files"), "2,000 files");
  EXPECT_EQ(in_bytes(1023), "1023 bytes");
  EXPECT_EQ(in_bytes(133466304), "127.3 MiB");
  EXPECT_EQ(in_seconds(0.0123), "12 ms");
  EXPECT_EQ(in_seconds(6.13), "6.1 s");
  EXPECT_EQ(in_seconds(190), "3 min 10 s");
  EXPECT_EQ(in_seconds(7260), "2 h 1 min");
}

TEST(Numbers, ReadsSizesAsPeopleWriteThem) {
  EXPECT_EQ(parse_bytes("0"), 0U);
  EXPECT_EQ(parse_bytes("1000"), 1000U);
  EXPECT_EQ(parse_bytes("500KB"), 500'000U);
  EXPECT_EQ(parse_bytes("64MiB"), std::uint64_t{64} << 20U);
  EXPECT_EQ(parse_bytes("2G"), std::uint64_t{2} << 30U);
  EXPECT_EQ(parse_bytes("1.5 gb"), 1'500'000'000U);
  for (const char* wrong : {"", "MiB", "-1", "12 parsecs", "1e99", "nan", "5kg"}) {
    SCOPED_TRACE(wrong);
    testing::expect_error(ErrorKind::kInvalidArgument, "is not a size", [&] { parse_bytes(wrong); });
  }
}

TEST(Sums, HaveTheStoredCosineBesideThemWhereItDiffers) {
  Hit hit;
  hit.cosine = 0.5;
  hit.steps.push_back({.name = "vector", .sides = {{.name = "cosine", .value = 0.5}}, .result = 0.5});
  Explanation why;
  why.passage.words.push_back({"river", 0.5005, 0, 5});
  for (const auto& [cosine, expected] :
       {std::pair{0.5009, "cosine 0.501 = "}, std::pair{0.502, "cosine 0.502 (stored 0.500) = "}}) {
    why.cosine = cosine;
    const auto sums = sums_of(hit, why);
    ASSERT_EQ(sums.size(), 3U);
    EXPECT_EQ(sums[0], std::pair(std::string("score"), std::string("0.500 = cosine 0.500")));
    EXPECT_THAT(sums[2].second, ::testing::StartsWith(expected));
  }
}

TEST(Sums, AreToldStepByStep) {
  Hit hit;
  hit.steps.push_back({.name = "ranks",
                       .sides = {{.name = "rank by cosine", .weight = 0.5, .is_rank = true, .value = 2}},
                       .result = 0.5 * 61 / 62});
  hit.steps.push_back({.name = "cross-encoder",
                       .sides = {{.name = "cross-encoder", .weight = 0.25, .centre = -1, .spread = 2, .value = -3}},
                       .base = 0.1,
                       .result = 0});
  Explanation why;
  why.relevance = ScoreStep{.name = "relevance",
                            .sides = {{.name = "cosine", .weight = 10, .value = 0.5}},
                            .base = -4,
                            .result = 1 / (1 + std::exp(-1))};
  const auto sums = sums_of(hit, why);
  ASSERT_EQ(sums.size(), 3U);
  EXPECT_EQ(sums[0].second, "0.731 = 1 / (1 + exp(−1.000)), 1.000 = −4.000 + cosine 5.000 (weight 10.00 × 0.500)");
  EXPECT_EQ(sums[1], std::pair(std::string("before"),
                               std::string("0.492 = rank by cosine 0.492 (weight 0.50 × 61 / (60 + 2))")));
  EXPECT_EQ(sums[2].second,
            "0.000, held between 0 and 1, = 0.100 − cross-encoder 0.250 (weight 0.25 × (−3.000 − −1.000) / 2.000)");
}

class Wrap : public ::testing::Test {
 protected:
  Wrap() {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    terminal_.choose_color(ColorChoice::kNever);
  }
  Terminal terminal_;
};

TEST_F(Wrap, BreaksAtSpacesAndIndents) {
  EXPECT_THAT(wrap({{"the quick  brown\nfox jumps", Style::kPlain}}, terminal_, 14, 2, 9),
              ElementsAre("  the quick", "  brown fox", "  jumps"));
}

TEST_F(Wrap, JoinsRunsWithoutASpaceOfTheirOwn) {
  EXPECT_THAT(wrap({{"a ", Style::kPlain}, {"b", Style::kMark}, {"c", Style::kPlain}}, terminal_, 40, 0, 9),
              ElementsAre("a bc"));
}

TEST_F(Wrap, SaysThatMoreWasToCome) {
  EXPECT_THAT(wrap({{"one two three four five six", Style::kPlain}}, terminal_, 12, 0, 2),
              ElementsAre("one two", "three four …"));
}

TEST_F(Wrap, BreaksAWordThatIsWiderThanTheLine) {
  EXPECT_THAT(wrap({{std::string(25, 'x'), Style::kPlain}}, terminal_, 10, 0, 9),
              ElementsAre(std::string(10, 'x'), std::string(10, 'x'), std::string(5, 'x')));
}

TEST_F(Wrap, CountsColumnsNotBytes) {
  EXPECT_EQ(columns_of("naïve"), 5U);
  EXPECT_EQ(columns_of("東京"), 4U);
  EXPECT_THAT(wrap({{"東京 東京 東京", Style::kPlain}}, terminal_, 12, 0, 9), ElementsAre("東京 東京", "東京"));
}

TEST(Npy, IsReadByItsOwnRules) {
  const std::vector<float> values{1, 2, 3, 4, 5, 6};
  const std::string file = as_npy(values, 2, 3);
  EXPECT_EQ(file.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  const std::size_t header = static_cast<unsigned char>(file[8]) + 256U * static_cast<unsigned char>(file[9]);
  EXPECT_EQ((10 + header) % 64, 0U);
  EXPECT_THAT(file.substr(10, header), ::testing::HasSubstr("'shape': (2, 3)"));
  EXPECT_EQ(file.substr(10 + header), as_f32(values));
}

}  // namespace
}  // namespace riverbank::cli
