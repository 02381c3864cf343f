#include "lib/insight/senses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "lib/insight/senses_page.h"
#include "lib/model/model.h"
#include "riverbank/model.h"
#include "tests/support/browser.h"
#include "tests/support/environment.h"
#include "tests/support/expect_error.h"
#include "tests/support/labelled_words.h"
#include "tests/support/needs_model.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

namespace riverbank {
namespace {

using ::testing::Contains;
using testing::expect_error;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::share;
using testing::tiny_model;

std::vector<std::string> used(const std::string& text, const std::string& word) {
  std::vector<std::string> found;
  for (const Span& span : find_uses(text, word)) found.emplace_back(span.of(text));
  return found;
}

TEST(Uses, AreTheWordItsPluralAndItsPossessive) {
  using List = std::vector<std::string>;
  EXPECT_EQ(used("A bank, two Banks, the bank's roof; the banks' roofs.", "bank"),
            (List{"bank", "Banks", "bank", "banks"}));
  EXPECT_EQ(used("Embankment banking banked bankers riverbank", "bank"), List{});
  EXPECT_EQ(used("Two matches were struck; the match\u2019s head.", "match"), (List{"matches", "match"}));
  EXPECT_EQ(used("Le caf\u00e9, the CAFE", "cafe"), (List{"caf\u00e9", "CAFE"}));
  EXPECT_EQ(used("New York, new york's, York, New  York", "new york"), (List{"New York", "new york", "New  York"}));
  EXPECT_EQ(used("", "bank"), List{});
  EXPECT_EQ(used("bank", " .. "), List{});
  EXPECT_EQ(used(std::string("\xff\xfe bank \xe2\x82"), "bank"), List{"bank"});
}

TEST(Senses, OfFewUsesAreOne) {
  const auto model = share(tiny_model());
  const SenseGrouping one = group_by_sense(model, std::vector<Usage>{{"the bank", {4, 8}}});
  ASSERT_EQ(one.senses.size(), 1U);
  EXPECT_TRUE(one.separations.empty());
  EXPECT_NEAR(one.centrality[0], 1, 1e-5);
  expect_error(ErrorKind::kInvalidArgument, "no use", [&] { group_by_sense(model, {}); });
  const std::vector<Usage> two{{"the bank", {4, 8}}, {"", {0, 0}}};
  expect_error(ErrorKind::kInvalidArgument, "3 senses were asked for, but there are 2 uses",
               [&] { group_by_sense(model, two, {.count = 3}); });
  expect_error(ErrorKind::kInvalidArgument, "0 senses", [&] { group_by_sense(model, two, {.count = 0}); });
  EXPECT_EQ(group_by_sense(model, two, {.count = 2}).senses.size(), 2U);
}

TEST(Senses, AreTheSameWithAnyThreads) {
  const auto model = share(tiny_model());
  std::vector<Usage> usages;
  for (const char* text :
       {"bank of the river", "bank loan", "bank money", "bank reed", "bank tree", "bank he", "bank she"}) {
    usages.push_back({text, {0, 4}});
  }
  const SenseGrouping one = group_by_sense(model, usages, {.count = 3, .threads = 1});
  const SenseGrouping two = group_by_sense(model, usages, {.count = 3, .threads = 3});
  EXPECT_EQ(one.sense_of, two.sense_of);
  EXPECT_EQ(one.x, two.x);
  EXPECT_GE(one.senses[0].usages.size(), one.senses[1].usages.size());
  EXPECT_GE(one.centrality[one.senses[0].usages[0]], one.centrality[one.senses[0].usages.back()]);
}

/// Groups every word of a set; prints each with its number of senses and adjusted Rand index.
struct Tally {
  std::size_t words = 0, right = 0;
  double rand_index = 0;  // mean over the words of several senses
};

Tally group_all(const std::shared_ptr<const Model>& model, const std::string& set) {
  Tally tally;
  std::size_t several = 0;
  for (const auto& [word, uses] : testing::labelled_words(set)) {
    std::vector<Usage> usages;
    std::vector<std::string> senses;
    for (const auto& use : uses) {
      const std::vector<Span> places = find_uses(use.sentence, word);
      if (places.empty()) ADD_FAILURE() << word << " is not in: " << use.sentence;
      usages.push_back({use.sentence, places.empty() ? Span{} : places.back()});
      senses.push_back(use.sense);
    }
    const SenseGrouping found = group_by_sense(model, usages);
    const std::size_t truth = std::set<std::string>(senses.begin(), senses.end()).size();
    const double index = testing::adjusted_rand_index(senses, found.sense_of);
    std::cout << set << ' ' << word << ": " << truth << " senses, " << found.senses.size() << " found";
    if (truth > 1) std::cout << ", adjusted Rand index " << index;
    std::cout << '\n';
    ++tally.words;
    tally.right += truth == found.senses.size() ? 1 : 0;
    if (truth > 1) tally.rand_index += index;
    several += truth > 1 ? 1 : 0;
  }
  tally.rand_index /= static_cast<double>(several);
  std::cout << set << ": " << tally.right << " of " << tally.words << " right, mean adjusted Rand index "
            << tally.rand_index << '\n';
  return tally;
}

TEST(Senses, OfLabelledWordsAreCountedRight) {
  RIVERBANK_NEEDS_MODEL("bge-small-en-v1.5");
  const auto model = load_model("bge-small-en-v1.5");
  const Tally chosen_on = group_all(model, "criterion");
  EXPECT_EQ(chosen_on.words, 8U);
  EXPECT_GE(chosen_on.right, 7U);
  const Tally confirmed = group_all(model, "confirmation");
  EXPECT_EQ(confirmed.words, 10U);
  EXPECT_GE(confirmed.right, 7U);
  EXPECT_GT(confirmed.rand_index, 0.6);
}

/// A model that was never measured has a stated bound; one that was, by its weights, wherever it lies.
TEST(Senses, OfAModelOfOnesOwnHaveABoundThatIsSaid) {
  const auto own = share(tiny_model());
  const std::vector<Usage> usages(8, Usage{"the bank", {4, 8}});
  const SenseGrouping found = group_by_sense(own, usages);
  EXPECT_FALSE(found.is_measured);
  EXPECT_EQ(found.threshold, 0.1);
  EXPECT_EQ(found.senses.size(), 1U);
  RIVERBANK_NEEDS_MODEL("all-MiniLM-L6-v2");
  const testing::TemporaryFolder folder;
  const testing::EnvironmentVariable cache("XDG_CACHE_HOME", (folder.path() / "cache").string());
  std::filesystem::copy(find_model("all-MiniLM-L6-v2"), folder.path() / "own",
                        std::filesystem::copy_options::recursive);
  const SenseGrouping copied = group_by_sense(load_model((folder.path() / "own").string()), usages);
  EXPECT_TRUE(copied.is_measured);
  EXPECT_EQ(copied.threshold, 0.145);
}

TEST(Senses, AreMarkedByTheWordsBesideThem) {
  RIVERBANK_NEEDS_MODEL("bge-small-en-v1.5");
  std::vector<Usage> usages;
  const auto labelled = testing::labelled_words("criterion");
  for (const auto& use : labelled.at("seal")) {
    usages.push_back({use.sentence, find_uses(use.sentence, "seal").front()});
  }
  const SenseGrouping found = group_by_sense(load_model("bge-small-en-v1.5"), usages);
  ASSERT_EQ(found.senses.size(), 2U);
  std::set<std::string> marks;
  for (const SenseCluster& sense : found.senses) {
    for (const SenseMarker& marker : sense.markers) marks.insert(marker.word);
    EXPECT_THAT(sense.markers, Not(Contains(Field(&SenseMarker::word, "the"))));
    EXPECT_THAT(sense.markers, Not(Contains(Field(&SenseMarker::word, "seal"))));
  }
  EXPECT_THAT(marks, Contains("door"));
}

TEST(SensesPage, ShowsHostileTextHarmlessly) {
  const std::vector<SenseGroup> groups{{"2 uses: <b>"}, {"1 use"}};
  const std::vector<SensePoint> points{
      {0.1, 0.2, 0, "a.md:1", "</script><script>alert(1)</script> ", "bank", "\"><img src=x onerror=alert(1)>"},
      {-0.3, 0.1, 0, "b\u202e.md:2", "the ", "bank", "\x1b[2J"},
      {1e300, -1e300, 1, "c.md:3", "", "bank", ""}};
  const std::string html = senses_page("The senses of <i>bank</i>", "lead & more", groups, points);
  EXPECT_THAT(html, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(html, Not(HasSubstr("<img")));
  EXPECT_THAT(html, Not(HasSubstr("<i>bank")));
  EXPECT_EQ(html.find('\x1b'), std::string::npos);
  EXPECT_EQ(html.find("\u202e"), std::string::npos);
  EXPECT_THAT(html, HasSubstr("data-place=\"a.md:1\""));
  EXPECT_THAT(html, Not(HasSubstr("nan")));
}

TEST(SensesPage, ShowsThePassageUnderThePointerAndByKeys) {
  RIVERBANK_NEEDS_CHROMIUM();
  const testing::TemporaryFolder folder;
  const std::vector<SenseGroup> groups{{"2 uses: river"}, {"1 use: loan"}};
  const std::vector<SensePoint> points{{0.3, 0.2, 0, "a.md:1", "the </script> ", "bank", " of the river"},
                                       {-0.3, 0.1, 0, "b.md:2", "a muddy ", "bank", ""},
                                       {0, -0.4, 1, "c.md:3", "the ", "bank", "'s loan"}};
  testing::Browser browser;
  browser.open(folder.write("senses.html", senses_page("The senses of bank", "lead", groups, points)), 900, 900, true);
  browser.hover("[data-place='c.md:3']");
  EXPECT_EQ(browser.text("#passage"), "sense 2   c.md:3the bank's loan");
  EXPECT_EQ(browser.text("#passage mark"), "bank");
  EXPECT_NE(browser.evaluate("getComputedStyle(document.querySelector('#passage mark')).backgroundColor"),
            "rgba(0, 0, 0, 0)");
  browser.evaluate("document.getElementById('plane').focus()");
  browser.press("ArrowRight");
  EXPECT_THAT(browser.text("#passage"), HasSubstr("the </script> bank of the river"));
  browser.press("ArrowLeft");
  EXPECT_THAT(browser.text("#passage"), HasSubstr("c.md:3"));
  EXPECT_EQ(browser.evaluate("document.querySelector('[data-place=\"b.md:2\"]').getAttribute('aria-label')"),
            "sense 1, b.md:2: a muddy bank");
  EXPECT_TRUE(browser.errors().empty());
}

}  // namespace
}  // namespace riverbank
