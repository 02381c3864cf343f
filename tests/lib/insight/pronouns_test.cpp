#include "lib/insight/pronouns.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "lib/insight/attention_rows.h"
#include "lib/insight/head_combination.h"
#include "riverbank/transformer.h"
#include "tests/support/expect_error.h"
#include "tests/support/needs_model.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

namespace riverbank {
namespace {

using testing::expect_error;
using testing::share;
using testing::TemporaryFolder;
using testing::tiny_model;

constexpr char kHeader[] = "ID\tText\tPronoun\tPronoun-offset\tA\tA-offset\tA-coref\tB\tB-offset\tB-coref\tURL\n";

PronounCase case_of(const std::string& text, const std::string& pronoun, const std::string& a, const std::string& b,
                    int right) {
  const auto span = [&](const std::string& word) {
    const std::size_t begin = text.find(word);
    return Span{begin, begin + word.size()};
  };
  return {"one", text, span(pronoun), {span(a), span(b)}, right};
}

TEST(PronounCases, AreRowsWithOneTrueName) {
  const TemporaryFolder folder;
  const auto file =
      folder.write("gap.tsv", std::string(kHeader) +
                                  "t1\tAda met Bo and she sat.\tshe\t15\tAda\t0\tTRUE\tBo\t8\tFALSE\tu\r\n"
                                  "t2\tAda met Bo and she sat.\tshe\t15\tAda\t0\tFALSE\tBo\t8\tFALSE\tu\n"
                                  "t3\tZoë met Bö. He sat.\tHe\t12\tZoë\t0\tfalse\tBö\t8\ttrue\tu\n");
  const auto cases = read_pronoun_cases(file);
  ASSERT_EQ(cases.size(), 2U);
  EXPECT_EQ(cases[0].id, "t1");
  EXPECT_EQ(cases[0].right, 0);
  EXPECT_EQ(cases[0].names[1], (Span{8, 10}));
  // Offsets count characters: ë and ö take two bytes each.
  EXPECT_EQ(cases[1].right, 1);
  EXPECT_EQ(cases[1].pronoun, (Span{14, 16}));
  EXPECT_EQ(cases[1].names[0], (Span{0, 4}));
  EXPECT_DOUBLE_EQ(first_name_right(cases).value(), 0.5);
}

TEST(PronounCases, SayTheLineOfWhatIsWrong) {
  const TemporaryFolder folder;
  const auto refuse = [&](const std::string& text, const std::string& message) {
    const auto file = folder.write("bad.tsv", text);
    expect_error(ErrorKind::kCorrupt, message, [&] { read_pronoun_cases(file); });
  };
  refuse("", "bad.tsv:1: the first line must name");
  refuse("ID\tText\tPronoun\tPronoun-offset\tA\tA-offset\tB\tB-offset\n", "missing: A-coref, B-coref");
  const std::string header = kHeader;
  refuse(header + "t1\tAda\tshe\n", "bad.tsv:2: the line has 3 columns");
  refuse(header + "t1\tAda, she\tshe\t5\tAda\t0\tmaybe\tBo\t8\tFALSE\tu\n", "A-coref must be TRUE or FALSE");
  refuse(header + "t1\tAda, she\tshe\t6\tAda\t0\tTRUE\tshe\t5\tFALSE\tu\n", "\"she\" does not stand at character 6");
  refuse(header + "t1\tAda, she\tshe\t-1\tAda\t0\tTRUE\tshe\t5\tFALSE\tu\n", "Pronoun-offset must be a whole number");
  refuse(header + "t1\tAda, she\tshe\t99999999999999999999\tAda\t0\tTRUE\tshe\t5\tFALSE\tu\n", "whole number");
  refuse(header + "t1\tAda, she\tshe\t4000000000\tAda\t0\tTRUE\tshe\t5\tFALSE\tu\n", "(Pronoun-offset)");
  refuse(header + "t1\tAda, she\tshe\t5\tA\x1b[2J\t0\tTRUE\tshe\t5\tFALSE\tu\n", "A\\x1b[2J");
  refuse(header + "t1\tAda, she\tshe\t5\t\t0\tTRUE\tshe\t5\tFALSE\tu\n", "\"\" does not stand");
  expect_error(ErrorKind::kNotFound, "none.tsv", [&] { read_pronoun_cases(folder.path() / "none.tsv"); });
}

TEST(AttentionRows, AreThoseOfTheWholeMatrix) {
  const auto model = share(tiny_model());
  const std::string text = "She sat on the bank of the river.";
  const Trace trace = Transformer(model).trace(text);
  LayeredEncoder encoder(model, 1);
  const std::vector<Encoding> texts{model->tokenizer.encode(text, 32)};
  const std::vector<std::size_t> rows{1, 5, 0};
  float worst = 0;
  encoder.run(texts, [&](std::size_t, std::size_t layer, const MatrixView& H) {
    if (layer == encoder.layers()) return;
    const Matrix attention = attention_rows(model->weights.layers[layer].attention, 3, H, rows);
    ASSERT_EQ(attention.rows(), 9);
    for (std::size_t head = 0; head < 3; ++head) {
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto expected = trace.attention_of(layer, head, rows[i]);
        for (std::size_t t = 0; t < expected.size(); ++t) {
          const auto row = static_cast<Eigen::Index>(head * rows.size() + i);
          worst = std::max(worst, std::abs(attention(row, static_cast<Eigen::Index>(t)) - expected[t]));
        }
      }
    }
    expect_error(ErrorKind::kInvalidArgument, "token 99",
                 [&] { attention_rows(model->weights.layers[layer].attention, 3, H, std::vector<std::size_t>{99}); });
  });
  EXPECT_LT(worst, 1e-6);
}

TEST(Pronouns, AverageThePiecesThatLookAndSumThoseThatAreSeen) {
  const auto model = share(tiny_model());
  // "boats" and "reeds" are two pieces each, "banking" too.
  const PronounCase one = case_of("the boats sat, banking at the reeds", "banking", "boats", "reeds", 0);
  LayeredEncoder encoder(model, 2);
  const auto attention = attend_from_pronouns(encoder, std::vector{one});
  const Trace trace = Transformer(model).trace(one.text);
  std::vector<std::size_t> words[3];
  for (std::size_t t = 0; t < trace.tokens.size(); ++t) {
    const auto& token = trace.tokens[t];
    const Span spans[3]{one.pronoun, one.names[0], one.names[1]};
    for (std::size_t w = 0; w < 3; ++w) {
      if (token.end > token.begin && token.begin >= spans[w].begin && token.end <= spans[w].end) words[w].push_back(t);
    }
  }
  ASSERT_EQ(words[0].size(), 2U);
  ASSERT_EQ(words[1].size(), 2U);
  for (std::size_t layer = 0; layer < 2; ++layer) {
    for (std::size_t head = 0; head < 3; ++head) {
      for (std::size_t name = 0; name < 2; ++name) {
        double to = 0;
        double from = 0;
        for (const std::size_t p : words[0]) {
          for (const std::size_t n : words[1 + name]) {
            to += trace.attention_of(layer, head, p)[n] / static_cast<double>(words[0].size());
            from += trace.attention_of(layer, head, n)[p] / static_cast<double>(words[1 + name].size());
          }
        }
        const std::size_t place = (layer * 3 + head) * 2 + name;
        EXPECT_NEAR(attention[0].to_names[place], to, 1e-6);
        EXPECT_NEAR(attention[0].from_names[place], from, 1e-6);
      }
    }
  }
}

TEST(Pronouns, AreReadToTheEndOfThePositionTable) {
  const auto model = share(tiny_model());  // its limit is 32 tokens, its table has 40 positions
  std::string text = "she";
  for (int i = 0; i < 33; ++i) text += " sat";
  text += " river";
  std::string longer = text;
  for (int i = 0; i < 20; ++i) longer += " sat";
  longer += " money";
  LayeredEncoder encoder(model, 1);
  const auto attention = attend_from_pronouns(
      encoder, std::vector{case_of(text, "she", "river", "she", 0), case_of(longer, "she", "money", "river", 0)});
  EXPECT_GT(attention[0].to_names[0], 0);
  EXPECT_EQ(attention[1].to_names[0], 0);  // cut off
  EXPECT_GT(attention[1].to_names[1], 0);
}

TEST(Pronouns, TableCountsAndChoosesTheFirstOfEquals) {
  const std::vector<PronounCase> cases{case_of("ada bo she", "she", "ada", "bo", 0),
                                       case_of("ada bo she", "she", "ada", "bo", 1)};
  // (layers 1, heads 3, 2): head 0 always says the first, 1 and 2 are always right; equal weights count as wrong.
  const std::vector<PronounAttention> attention{{{.6F, .2F, .9F, .1F, .5F, .2F}, {}},
                                                {{.6F, .6F, .1F, .2F, 0, .1F}, {}}};
  const HeadTable table = count_right(cases, attention, 1, 3);
  EXPECT_DOUBLE_EQ(table.at({0, 0}).value(), 0.5);
  EXPECT_DOUBLE_EQ(table.at({0, 2}).value(), 1.0);
  EXPECT_EQ(table.best().head, 1U);
}

/// Two heads that are right in six of ten cases each, independently, and one that knows nothing.
void make_cases(std::size_t count, unsigned seed, std::vector<PronounCase>& cases,
                std::vector<PronounAttention>& attention) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  for (std::size_t i = 0; i < count; ++i) {
    cases.push_back(case_of("ada bo she", "she", "ada", "bo", random() % 2 == 0 ? 0 : 1));
    const float side = cases.back().right == 0 ? 1 : -1;
    PronounAttention one;
    for (const float strength : {1.F, 1.F, 0.F}) {
      const float ratio = strength * side + normal(random);
      one.to_names.push_back(0.1F * std::exp(ratio / 2));
      one.to_names.push_back(0.1F * std::exp(-ratio / 2));
      for (int name = 0; name < 2; ++name) one.from_names.push_back(0.1F * std::exp(0.1F * normal(random)));
    }
    attention.push_back(one);
  }
}

TEST(HeadCombination, IsBetterThanItsBestHeadOnCasesNotLearnedFrom) {
  std::vector<PronounCase> cases;
  std::vector<PronounCase> others;
  std::vector<PronounAttention> attention;
  std::vector<PronounAttention> other_attention;
  make_cases(400, 1, cases, attention);
  make_cases(2000, 2, others, other_attention);
  const HeadCombination learned = HeadCombination::learn(cases, attention);
  const HeadTable table = count_right(others, other_attention, 1, 3);
  const double together = learned.count_right(others, other_attention).value();
  // One head is right where N(1, 1) > 0, 84.1 %; two together where N(2, 2) > 0, 92.1 %.
  EXPECT_NEAR(table.at({0, 0}).value(), 0.841, 0.025);
  EXPECT_NEAR(together, 0.921, 0.02);
  EXPECT_NEAR(learned.cross_validated().value(), 0.921, 0.05);
  EXPECT_FALSE(learned.both_directions());  // the names' attention is noise here
  EXPECT_LT(std::abs(learned.weights()[2]), 0.25 * learned.weights()[0]);

  // The same again, and the opposite when the names change places.
  EXPECT_EQ(HeadCombination::learn(cases, attention).weights(), learned.weights());
  for (PronounCase& one : others) one.right = 1 - one.right;
  for (PronounAttention& one : other_attention) {
    for (std::size_t head = 0; head < 3; ++head) {
      std::swap(one.to_names[2 * head], one.to_names[2 * head + 1]);
      std::swap(one.from_names[2 * head], one.from_names[2 * head + 1]);
    }
  }
  EXPECT_DOUBLE_EQ(learned.count_right(others, other_attention).value(), together);
}

TEST(HeadCombination, NeedsCasesAndTheSameHeads) {
  std::vector<PronounCase> cases;
  std::vector<PronounAttention> attention;
  make_cases(40, 3, cases, attention);
  expect_error(ErrorKind::kInvalidArgument, "from 19 rows",
               [&] { HeadCombination::learn(std::span(cases).first(19), std::span(attention).first(19)); });
  const HeadCombination learned = HeadCombination::learn(cases, attention);
  for (PronounAttention& one : attention) {
    one.to_names.resize(4);
    one.from_names.resize(4);
  }
  expect_error(ErrorKind::kInvalidArgument, "of 3 heads, but the attention has 2",
               [&] { static_cast<void>(learned.count_right(cases, attention)); });
}

// statsmodels 0.14, proportion_confint(count, n, method="wilson").
TEST(Share, HasWilsonsInterval) {
  EXPECT_NEAR((Share{8, 10}.low()), 0.4901624, 1e-6);
  EXPECT_NEAR((Share{8, 10}.high()), 0.9433178, 1e-6);
  EXPECT_NEAR((Share{0, 10}.low()), 0, 1e-12);
  EXPECT_NEAR((Share{0, 10}.high()), 0.2775328, 1e-6);
}

TEST(Heads, OfARealModelPointFromPronounsToNames) {
  RIVERBANK_NEEDS_MODEL("all-MiniLM-L6-v2");
  RIVERBANK_NEEDS_SHARED_DATA("gap");
  const TemporaryFolder folder;
  std::ifstream all(testing::shared_data("gap/gap-development.tsv"));
  std::string rows;
  std::string line;
  for (int i = 0; i <= 120 && std::getline(all, line); ++i) rows += line + "\n";
  HeadsOptions options;
  options.file = folder.write("few.tsv", rows);
  options.test = options.file;
  options.model = "all-MiniLM-L6-v2";
  options.combine = true;
  const HeadsReport report = measure_heads(options);
  EXPECT_GT(report.chosen_on.rows, 90U);
  EXPECT_GT((report.chosen_on.table.at({3, 1}).value()), 0.62);  // of all rows 73.3 %; by chance 50 %
  EXPECT_LT((report.chosen_on.table.at({0, 0}).value()), 0.62);
  EXPECT_EQ(report.test->table.at(report.best).right, report.chosen_on.table.at(report.best).right);
  EXPECT_GT(report.combined->test->value(), report.combined->cross_validated.value());  // it has seen them
}

TEST(Heads, WithNothingToCountAreAnError) {
  const TemporaryFolder folder;
  HeadsOptions options;
  options.model = "all-MiniLM-L6-v2";
  RIVERBANK_NEEDS_MODEL("all-MiniLM-L6-v2");
  options.file = folder.write("none.tsv", kHeader);
  expect_error(ErrorKind::kInvalidArgument, "no row with exactly one true name", [&] { measure_heads(options); });
}

}  // namespace
}  // namespace riverbank
