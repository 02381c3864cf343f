#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <list>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/bench/attention_cost.h"
#include "cli/output/plot.h"
#include "lib/math/matrix.h"
#include "tests/cli/fixture.h"
#include "tests/cli/peak_memory.h"
#include "tests/support/expect_error.h"

namespace riverbank::cli {
namespace {

class Bench : public ProgramTest {
 protected:
  static nlohmann::json run_as_json(const testing::Program& program, const char* longest) {
    const Outcome outcome = program.run({"bench", "attention", "--json", "--max-length", longest});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    return nlohmann::json::parse(outcome.out);
  }
};

TEST_F(Bench, MeasuresEveryFormAtEveryLength) {
  const auto json = run_as_json(program, "300");
  EXPECT_EQ(json.at("d_k"), 32);
  EXPECT_EQ(json.at("threads"), 1);
  std::vector<std::string> functions;
  for (const auto& form : json.at("forms")) {
    functions.push_back(form.at("function"));
    ASSERT_EQ(form.at("costs").size(), 3U);  // 64, 128, 256
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(form.at("costs")[i].at("tokens"), 64 << i);
      EXPECT_GT(form.at("costs")[i].at("seconds"), 0);
      EXPECT_GE(form.at("costs")[i].at("bytes"), (64U << i) * 32 * sizeof(float));  // the result at least
    }
  }
  EXPECT_THAT(functions, ::testing::ElementsAre("attention", "streaming_attention", "sliding_window_attention",
                                                "sparse_attention", "linear_attention"));
}

/// The dense form's memory grows with the square of the length, the others' does not.
TEST_F(Bench, MemoryGrowsAsThePapersSay) {
  const auto json = run_as_json(program, "1024");
  for (const auto& form : json.at("forms")) {
    const double exponent = form.at("memory_exponent");
    if (form.at("name") == "dense") {
      EXPECT_NEAR(exponent, 2, 0.02);
    } else {
      EXPECT_LT(exponent, 1.02) << form.at("name");
    }
  }
}

TEST_F(Bench, PrintsATableAndDrawsAPlot) {
  const Outcome outcome = program.run({"bench", "attention", "--max-length", "128", "--svg", path("cost.svg")});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("streaming"));
  EXPECT_THAT(outcome.out, HasSubstr("     128"));
  EXPECT_THAT(outcome.out, HasSubstr("grows as"));
  EXPECT_THAT(outcome.err, HasSubstr("cost.svg"));
  std::ostringstream svg;
  svg << std::ifstream(path("cost.svg")).rdbuf();
  EXPECT_THAT(svg.str(), StartsWith("<svg xmlns="));
  EXPECT_THAT(svg.str(), HasSubstr("prefers-color-scheme:dark"));
  EXPECT_THAT(svg.str(), HasSubstr("BigBird"));
  EXPECT_THAT(svg.str(), Not(HasSubstr("nan")));
  EXPECT_THAT(svg.str(), Not(HasSubstr("inf")));
}

TEST_F(Bench, RefusesWhatItCannotMeasure) {
  for (const char* length : {"0", "63", "99999999"}) {
    const Outcome outcome = program.run({"bench", "attention", std::string("--max-length=") + length});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr(std::string("up to ") + length + " tokens cannot be measured"));
  }
  EXPECT_EQ(program.run({"bench"}).exit_code, 2);
  const Outcome folder = program.run({"bench", "attention", "--max-length", "64", "--svg", path("no/such/cost.svg")});
  EXPECT_EQ(folder.exit_code, 2);
  EXPECT_THAT(folder.err, HasSubstr("no/such"));
}

TEST(BenchAttention, LeavesOutWhatTheMemoryWillNotHold) {
  const auto nothing = [](const std::string&, std::int64_t, double) {};
  const auto curves = measure_attention(256, 200'000, nothing, {});  // 128 tokens take 131,072 bytes densely
  EXPECT_EQ(curves[0].costs.size(), 2U);
  EXPECT_EQ(curves[0].bytes_missing, 2U * 4 * 256 * 256);
  for (std::size_t i = 1; i < curves.size(); ++i) {
    EXPECT_EQ(curves[i].costs.size(), 3U);
    EXPECT_EQ(curves[i].bytes_missing, 0U);
  }
}

TEST(BenchAttention, StopsWhenTold) {
  std::stop_source source;
  source.request_stop();
  testing::expect_error(ErrorKind::kCancelled, "measuring attention", [&] {
    measure_attention(
        64, 1U << 30, [](const std::string&, std::int64_t, double) {}, source.get_token());
  });
}

TEST(PeakMemory, CountsWhatStandsAtOnce) {
  const auto matrix = [] { return Matrix(Matrix::Zero(100, 100)); };
  constexpr std::uint64_t kOne = 40'000;
  constexpr std::uint64_t kBookkeeping = 64;
  const auto expect_matrices = [&](std::uint64_t count, const std::function<void()>& work) {
    const std::uint64_t peak = peak_memory(work);
    EXPECT_GE(peak, count * kOne);
    EXPECT_LE(peak, count * (kOne + kBookkeeping));
  };
  std::list<Matrix> held;  // out of the optimiser's sight
  expect_matrices(2, [&] {
    held.push_back(matrix());
    held.push_back(matrix());
    held.pop_back();
    held.pop_back();
  });
  expect_matrices(1, [&] {
    for (int i = 0; i < 3; ++i) {
      held.push_back(matrix());
      held.pop_back();
    }
  });
  EXPECT_EQ(peak_memory([] {}), 0U);
  EXPECT_THROW(peak_memory([&] { throw Error(ErrorKind::kIo, "no"); }), Error);
  const Matrix before = matrix();
  EXPECT_EQ(peak_memory([&] { EXPECT_EQ(before.sum(), 0); }), 0U);
}

/// What the table says of each form's memory is what the form takes, every allocation counted.
TEST(PeakMemory, IsWhatTheBenchmarkSays) {
  constexpr std::uint64_t kBookkeeping = 256;   // malloc's
  constexpr std::uint64_t kLarge = 128 * 1024;  // from here on each matrix is rounded up to a page
  constexpr std::uint64_t kPages = 3 * 4096;
  for (const std::int64_t tokens : {64, 128, 256, 512, 1024, 2048, 4096}) {
    const BenchHead head = random_head(tokens);
    for (const AttentionForm& form : attention_forms()) {
      if (form.name == "dense" && tokens > 2048) continue;
      const std::uint64_t said = form.bytes(static_cast<std::uint64_t>(tokens));
      const std::uint64_t counted = peak_memory([&] { form.run(head); });
      fmt::print("{}, {} tokens: {} bytes said, {} counted\n", form.name, tokens, said, counted);
      EXPECT_GE(counted, said) << form.name << ", " << tokens << " tokens";
      EXPECT_LE(counted, said + (said < kLarge ? kBookkeeping : kPages)) << form.name << ", " << tokens << " tokens";
    }
  }
}

TEST(FittedExponent, IsThatOfAPower) {
  std::vector<AttentionCost> costs;
  for (const std::int64_t tokens : {64, 128, 256, 512, 1024}) {
    const auto n = static_cast<double>(tokens);
    costs.push_back({tokens, 3e-9 * n * n, static_cast<std::uint64_t>(tokens < 256 ? 5'000 : 10 * tokens)});
  }
  const auto seconds = [](const AttentionCost& cost) { return cost.seconds; };
  const auto bytes = [](const AttentionCost& cost) { return static_cast<double>(cost.bytes); };
  EXPECT_NEAR(fitted_exponent(costs, seconds).value(), 2, 1e-9);
  EXPECT_NEAR(fitted_exponent(costs, bytes).value(), 1, 1e-9);  // the lower half is not looked at
  EXPECT_FALSE(fitted_exponent({}, seconds).has_value());
  EXPECT_FALSE(fitted_exponent({costs[0]}, seconds).has_value());
  costs.back().bytes = 0;
  EXPECT_FALSE(fitted_exponent(costs, bytes).has_value());
}

TEST(Plot, EscapesItsTextsAndBearsHavingNothingToShow) {
  const auto number = [](double value) { return std::to_string(static_cast<int>(value)); };
  const std::string svg = as_svg("a < b", "\"x\" & y",
                                 {{"<p>", "t", {{"<s>", {{1, 2}, {8, 300}}}, {"none", {}}}, number, number, 10},
                                  {"empty", "t", {}, number, number, 10}});
  EXPECT_THAT(svg, HasSubstr("a &lt; b"));
  EXPECT_THAT(svg, HasSubstr("&lt;s&gt;"));
  EXPECT_THAT(svg, HasSubstr(">1000<"));  // the axis ends at a power of ten
  EXPECT_THAT(svg, Not(HasSubstr("<s>")));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, HasSubstr("empty"));
}

}  // namespace
}  // namespace riverbank::cli
