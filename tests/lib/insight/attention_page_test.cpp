#include "lib/insight/attention_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "lib/insight/html.h"
#include "lib/insight/rollout.h"
#include "riverbank/transformer.h"
#include "tests/support/browser.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

namespace riverbank {
namespace {

using testing::Browser;
using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kText = "She sat on the river's bank.";

Trace trace_of(std::string_view text) { return Transformer(testing::share(testing::tiny_model())).trace(text); }

/// Queries "a b", keys "x y z", one layer of two heads.
AttentionFigure rectangular() {
  AttentionFigure figure;
  figure.name = "Decoder over the source";
  figure.caption = "Rows are the translation, columns the source.";
  figure.queries = {"so far", {{"a", 0, false}, {"b", 1, false}}, {"a", "b"}};
  figure.keys = {"source", {{"x", 0, false}, {"@@y", 0, false}, {"</s>", 1, true}}, {"xy", "</s>"}};
  figure.layers = 1;
  figure.heads = 2;
  figure.weights = {0.5F, 0.25F, 0.25F, 0.1F, 0.2F, 0.7F, 1.0F, 0.0F, 0.0F, 0.3F, 0.3F, 0.4F};
  return figure;
}

std::string page_of(const std::vector<AttentionFigure>& figures, const FigureView& view = {}) {
  return attention_page("title", "lead", figures, view);
}

TEST(AttentionPage, WillNotDrawWhatDoesNotFit) {
  expect_error(ErrorKind::kInvalidArgument, "no figure", [] { page_of({}); });
  AttentionFigure figure = rectangular();
  figure.layers = 2;
  expect_error(ErrorKind::kInvalidArgument, "12 weights, but 2 layers of 2 heads over 2 x 3",
               [&] { page_of({figure}); });
  figure = rectangular();
  figure.weights[0] = 0.9F;
  expect_error(ErrorKind::kInvalidArgument, "sums to 1.4000", [&] { page_of({figure}); });
  figure.weights[0] = std::nanf("");
  expect_error(ErrorKind::kInvalidArgument, "instead of 1", [&] { page_of({figure}); });
  figure = rectangular();
  figure.keys.tokens[0].word = 7;
  expect_error(ErrorKind::kInvalidArgument, "a word it lacks", [&] { page_of({figure}); });
  expect_error(ErrorKind::kInvalidArgument, "layer 1, head -1", [] { page_of({rectangular()}, {.layer = 1}); });
  expect_error(ErrorKind::kInvalidArgument, "token 2", [] { page_of({rectangular()}, {.token = 2}); });
}

TEST(AttentionPage, RefusesWhatNoBrowserWouldOpen) {
  AttentionFigure figure = rectangular();
  figure.queries.tokens.resize(1000, {"a", 0, false});
  figure.keys.tokens.resize(3001, {"x", 0, false});
  figure.weights.assign(2U * 1000 * 3001, 1.0F / 3001);
  expect_error(ErrorKind::kInvalidArgument, "at most 6000000 fit", [&] { page_of({figure}); });
}

TEST(AttentionPage, HoldsSixtyFourTokensOfTwelveByTwelveHeadsInTwoMegabytes) {
  AttentionFigure figure;
  figure.queries.words = {"word"};
  figure.queries.tokens.resize(64, {"token", 0, false});
  figure.keys = figure.queries;
  figure.layers = figure.heads = 12;
  figure.weights.assign(12U * 12 * 64 * 64, 1.0F / 64);
  EXPECT_LT(page_of({figure}).size(), 2'000'000U);
}

TEST(AttentionPage, FigureOfATraceJoinsWordsAndKnowsSpecialTokens) {
  const AttentionFigure figure = figure_of(trace_of(kText), kText);
  EXPECT_THAT(figure.queries.words, ElementsAre("[CLS]", "She", "sat", "on", "the", "river's", "bank", ".", "[SEP]"));
  EXPECT_TRUE(figure.queries.tokens.front().special);
  EXPECT_EQ(figure.queries.tokens[7].label, "s");
  EXPECT_EQ(figure.queries.tokens[7].word, 5U);
  EXPECT_TRUE(figure.is_self);
  const Trace pair = Transformer(testing::share(testing::tiny_model())).trace_pair("the bank", "a boat");
  EXPECT_THAT(figure_of(pair, "the bank", "a boat").queries.words,
              ElementsAre("[CLS]", "the", "bank", "[SEP]", "a", "boat", "[SEP]"));
}

/// The pages in a real browser. Each test starts one, so they are few.
class AttentionPageInABrowser : public ::testing::Test {
 protected:
  void open(Browser& browser, const std::string& page, int width = 1280, bool is_dark = false) const {
    browser.open(folder_.write("page.html", page), width, 1000, is_dark);
  }
  static double row_sum(Browser& browser) {
    return std::stod(browser.evaluate("byId('row-sum').dataset.sum").get<std::string>());
  }
  static std::string first_cell(Browser& browser) { return browser.text("#row tbody tr .name"); }
  static std::string title(Browser& browser) { return browser.text("#picture-title"); }

  testing::TemporaryFolder folder_;
};

TEST_F(AttentionPageInABrowser, IsDrivenByMouseAndKeys) {
  RIVERBANK_NEEDS_CHROMIUM();
  const Trace trace = trace_of(kText);
  Browser browser;
  open(browser, page_of({figure_of(trace, kText)}, {.layer = 1, .head = 2, .token = 8}));
  EXPECT_EQ(title(browser), "Layer 1, head 2");
  EXPECT_EQ(browser.text("#row-title"), "What “bank” attends to");
  EXPECT_NEAR(row_sum(browser), 1.0, 1e-6);

  // Every number that the page knows, against ours.
  for (const int head : {2, FigureView::kMean, FigureView::kRollout}) {
    const Matrix map = head == 2                   ? head_map(trace, 1, 2)
                       : head == FigureView::kMean ? mean_of_heads(trace, 1)
                                                   : attention_rollout(trace, 1);
    const auto values = browser.evaluate("[...figures[0].map(1, " + std::to_string(head) + ").values]");
    ASSERT_EQ(static_cast<Eigen::Index>(values.size()), map.size());
    for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i].get<double>(), map.data()[i], 2e-5);
  }

  browser.hover("#query-2");  // a token: its row
  EXPECT_EQ(browser.text("#row-title"), "What “sat” attends to");
  browser.hover("#matrix", browser.evaluate("shown.place.left + 1.5 * shown.place.cell"),
                browser.evaluate("shown.place.top + 4.5 * shown.place.cell"));  // a cell: its number
  EXPECT_THAT(browser.text("#tip"), HasSubstr("the → she  "));
  EXPECT_EQ(browser.evaluate("byId('tip').hidden"), false);
  browser.hover("h1");
  EXPECT_EQ(browser.text("#row-title"), "What “bank” attends to");

  browser.click("[data-layer='0'][data-head='1']");  // a head of the grid
  EXPECT_EQ(title(browser), "Layer 0, head 1");
  for (const char* key : {"ArrowRight", "ArrowRight", "ArrowDown"}) browser.press(key);
  EXPECT_EQ(title(browser), "Layer 1, mean of heads");
  EXPECT_EQ(browser.evaluate("document.activeElement.getAttribute('aria-label')"), "layer 1, mean of heads");
  browser.press("r");
  EXPECT_EQ(title(browser), "Rollout up to layer 1");
  EXPECT_THAT(browser.text("#live"), HasSubstr("Rollout up to layer 1. bank is made of "));

  browser.click("#query-1");  // the picture: tokens, heads, layers
  EXPECT_EQ(browser.evaluate("document.activeElement.id"), "rows");
  browser.press("ArrowDown");
  EXPECT_EQ(browser.evaluate("byId('rows').getAttribute('aria-activedescendant')"), "query-2");
  EXPECT_EQ(browser.evaluate("byId('query-2').getAttribute('aria-selected')"), "true");
  browser.press("PageUp");
  browser.press("m");
  browser.press("ArrowLeft");
  EXPECT_EQ(title(browser), "Layer 0, head 2");
  browser.hover("h1");

  const auto tokens = browser.evaluate("byId('rows').children.length").get<int>();
  browser.press("w");  // words, then no special tokens
  EXPECT_EQ(browser.evaluate("byId('rows').children.length"), tokens - 2);
  EXPECT_NEAR(row_sum(browser), 1.0, 1e-6);
  browser.press("s");
  EXPECT_EQ(browser.evaluate("byId('rows').children.length"), tokens - 4);
  EXPECT_LT(row_sum(browser), 1.0);
  EXPECT_THAT(browser.text("#row-sum"), StartsWith("What is hidden holds "));

  browser.press("v");
  EXPECT_EQ(browser.evaluate("byId('arcs').hasAttribute('hidden')"), false);
  EXPECT_GT(browser.evaluate("byId('arcs').querySelectorAll('path').length").get<int>(), 2);
  EXPECT_EQ(browser.evaluate("new Set([...byId('arcs').querySelectorAll('path')].map((p) => p.dataset.row)).size"), 1);
  browser.press("Escape");
  EXPECT_GT(browser.evaluate("new Set([...byId('arcs').querySelectorAll('path')].map((p) => p.dataset.row)).size"), 3);
  EXPECT_THAT(browser.errors(), IsEmpty());
}

TEST_F(AttentionPageInABrowser, IsHarmlessNarrowDarkAndRectangular) {
  RIVERBANK_NEEDS_CHROMIUM();
  const std::string hostile =
      "bank </script><script>document.title='taken'</script> \xe2\x80\xae gnab \x1b[31m \xff on";
  const Trace trace = trace_of(hostile);
  AttentionFigure self = figure_of(trace, hostile);
  const std::string page = attention_page(hostile, hostile, std::vector<AttentionFigure>{self, rectangular()}, {});
  EXPECT_THAT(page, Not(HasSubstr("\xe2\x80\xae")));
  EXPECT_THAT(page, Not(HasSubstr("<script>document.title")));
  Browser browser;
  open(browser, page, 400, /*is_dark=*/true);
  EXPECT_THAT(browser.evaluate("document.title").get<std::string>(), HasSubstr("bank </script>"));
  EXPECT_LT(browser.evaluate("document.documentElement.scrollWidth").get<int>(), 401);  // nothing sticks out
  EXPECT_EQ(browser.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(18, 22, 28)");
  browser.evaluate("byId('theme').value = 'light'; byId('theme').dispatchEvent(new Event('change'))");
  EXPECT_EQ(browser.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(250, 249, 246)");

  const auto is_shown = [&](const std::string& selector) {
    return browser.evaluate("document.querySelector('" + selector + "').checkVisibility()").get<bool>();
  };
  EXPECT_EQ(browser.text("#special-names"), "[CLS] and [SEP]");
  EXPECT_TRUE(is_shown(".of-self"));
  browser.evaluate("byId('figure').value = 1; byId('figure').dispatchEvent(new Event('change'))");
  EXPECT_EQ(title(browser), "Decoder over the source: All layers, mean of heads");
  EXPECT_EQ(browser.evaluate("shown.map.rows * 10 + shown.map.columns"), 23);
  EXPECT_EQ(browser.evaluate("[...byId('head').options].map((o) => o.text).join()"), "mean,0,1");  // no rollout
  EXPECT_FALSE(is_shown(".of-self"));
  EXPECT_EQ(browser.text("#special-names"), "</s>");
  browser.click("#query-1");
  browser.press("w");
  EXPECT_EQ(first_cell(browser), "</s>");
  EXPECT_THAT(browser.text("#row .value"), "55.0 %");
  EXPECT_EQ(browser.evaluate("shown.map.columns"), 2);
  EXPECT_THAT(browser.errors(), IsEmpty());
}

}  // namespace
}  // namespace riverbank
