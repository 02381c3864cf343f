#include "lib/insight/why_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "riverbank/transformer.h"
#include "tests/support/browser.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

namespace riverbank {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

WhyHit hit() {
  const std::string text = "</script><b>river</b> bank";
  return {.title = "1  0.93  <file>.md:3-7",
          .sums = {"score: 0.930 = cosine 0.600 + bm25 0.330"},
          .texts = {{.name = "The passage's words",
                     .text = text,
                     .words = {{{12, 17}, 0.25}, {{22, 26}, -0.125}},
                     .marked = {12, 17},
                     .rest = "[CLS] 0.180"}}};
}

TEST(WhyPage, ShadesWordsByTheirShareAndTellsIt) {
  const std::string page = why_page("river", "Why?", {hit()}, {});
  EXPECT_THAT(page, HasSubstr(R"(<span class="word best" style="--strength:1.000" title="+0.2500">river</span>)"));
  EXPECT_THAT(page, HasSubstr(R"(<span class="word against" style="--strength:0.500" title="-0.1250">bank</span>)"));
  EXPECT_THAT(page, HasSubstr("score: 0.930 = cosine 0.600 + bm25 0.330"));
  EXPECT_THAT(page, HasSubstr("<td class=\"text\">river</td><td>+0.2500</td>"));
  EXPECT_THAT(page, Not(HasSubstr("id=\"attention\"")));
}

TEST(WhyPage, ShowsHostileTextHarmlessly) {
  const std::string page = why_page("<img src=x>", "\xE2\x80\xAE", {hit()}, {});
  EXPECT_THAT(page, HasSubstr("&lt;/script&gt;&lt;b&gt;"));
  EXPECT_THAT(page, HasSubstr("&lt;file&gt;.md"));
  EXPECT_THAT(page, Not(HasSubstr("<b>")));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, Not(HasSubstr("\xE2\x80\xAE")));
}

TEST(WhyPage, HoldsTheAttentionOverThePassages) {
  const auto model = testing::share(testing::tiny_model());
  const std::vector<std::string_view> texts{"She sat on the bank of the river."};
  const Trace trace = Transformer(model).trace(texts[0]);
  const std::vector<AttentionFigure> figures{figure_of(trace, texts[0])};
  const std::string page = why_page("river", "Why?", {hit()}, figures);
  EXPECT_THAT(page, HasSubstr("id=\"attention\""));
  EXPECT_THAT(page, HasSubstr("class=\"word best\""));
  EXPECT_EQ(page.find("<h1"), page.rfind("<h1"));  // one page, one heading
}

TEST(WhyPage, OpensInABrowserWithoutAnError) {
  RIVERBANK_NEEDS_CHROMIUM();
  const testing::TemporaryFolder folder;
  const std::string text = "She sat on the bank of the river.";
  AttentionFigure figure = figure_of(Transformer(testing::share(testing::tiny_model())).trace(text), text);
  figure.name = "1  file.md:3-7";
  const std::string page = why_page("the river", "Why?", {hit()}, std::vector<AttentionFigure>{figure});
  testing::Browser browser;
  for (const bool is_dark : {false, true}) {
    browser.open(folder.write("why.html", page), 500, 900, is_dark);
    EXPECT_EQ(browser.text(".word.best"), "river");
    EXPECT_EQ(browser.evaluate("document.querySelectorAll('h1').length"), 1);
    EXPECT_LT(browser.evaluate("document.documentElement.scrollWidth").get<int>(), 501);
    browser.hover("#query-2");
    EXPECT_EQ(browser.text("#row-title"), "What “sat” attends to");
  }
  EXPECT_TRUE(browser.errors().empty());
}

}  // namespace
}  // namespace riverbank
