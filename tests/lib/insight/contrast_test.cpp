#include "lib/insight/contrast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "riverbank/transformer.h"
#include "tests/support/browser.h"
#include "tests/support/expect_error.h"
#include "tests/support/needs_model.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

namespace riverbank {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Contrast compare(const std::vector<std::string>& names, const std::vector<std::string>& sentences) {
  return contrast(testing::share(testing::tiny_model()), names, sentences);
}

Matrix symmetric(Eigen::Index n, std::vector<float> upper) {
  Matrix out = Matrix::Identity(n, n);
  std::size_t next = 0;
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = i + 1; j < n; ++j) out(i, j) = out(j, i) = upper[next++];
  }
  return out;
}

TEST(Contrast, StartsAsOneVectorAndEndsAsTwo) {
  const std::vector<std::string> sentences{"She sat on the bank.", "The bank gave a loan in money."};
  const Contrast result = compare({"bank", "bank"}, sentences);
  EXPECT_THAT(result.layers, ElementsAre(kWordTable, 0, 1, 2));
  EXPECT_NEAR(result.cosines[0](0, 1), 1, 1e-6);
  EXPECT_LT(result.cosines[1](0, 1), 1);
  const Transformer transformer(testing::share(testing::tiny_model()));
  const Trace first = transformer.trace(sentences[0]);
  const Trace second = transformer.trace(sentences[1]);
  for (std::size_t l = 1; l < 4; ++l) {
    EXPECT_NEAR(result.cosines[l](0, 1), cosine(first.hidden_state(l - 1, 5), second.hidden_state(l - 1, 2)), 1e-6);
    EXPECT_EQ(result.cosines[l](0, 1), result.cosines[l](1, 0));
  }
  EXPECT_THAT(reading_of(result), HasSubstr("starts as one vector everywhere; after layer 2 the cosine is "));
}

TEST(Contrast, SaysWhatWasAttendedToAndHowMuchWasLeftOut) {
  const Contrast result = compare({"bank", "bank"}, {"She sat on the river's bank.", "The bank."});
  ASSERT_EQ(result.attended.size(), 2U);
  std::vector<std::string> names;
  double sum = result.left_out[1][0];
  for (const AttendedWord& word : result.attended[1][0]) {
    names.push_back(word.word);
    sum += word.weight;
  }
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("She", "sat", "on", "the", "river's"));
  EXPECT_NEAR(sum, 1, 1e-5);
  EXPECT_GE(result.attended[1][0][0].weight, result.attended[1][0][1].weight);
}

TEST(Contrast, TakesAnotherWordOrPlaceForEachSentence) {
  const std::string text = "The bank on the bank.";
  const Contrast result = compare({"bank", "bank#2"}, {text, text});
  EXPECT_EQ(result.sentences[1].place.span.begin, 16U);
  EXPECT_EQ(result.sentences[1].occurrences, 2U);
  EXPECT_THAT(compare({"boats", "bank"}, {"the boats", "the bank"}).sentences[0].pieces, ElementsAre("boat", "##s"));
  EXPECT_THAT(reading_of(compare({"boats", "bank"}, {"the boats", "the bank"})), HasSubstr("start as vectors of"));
}

TEST(Contrast, ReadsWhatIsAroundTheWordInATextThatIsTooLong) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "the river ";
  const Contrast result = compare({"bank", "bank"}, {text + "bank " + text, "the bank"});
  EXPECT_TRUE(result.sentences[0].is_part);
  EXPECT_EQ(result.sentences[0].tokens, 163U);
  EXPECT_EQ(result.sentences[0].place.span.of(result.sentences[0].text), "bank");
}

TEST(Contrast, NeedsTwoSentencesThatHoldTheWord) {
  expect_error(ErrorKind::kInvalidArgument, "at least two sentences", [] { compare({"bank"}, {"the bank"}); });
  expect_error(ErrorKind::kInvalidArgument, "\"the river\" does not have the word \"bank\"", [] {
    compare({"bank", "bank"}, {"the bank", "the river"});
  });
}

TEST(Contrast, GroupsAreThoseThatEveryPairSupports) {
  const auto two = separated_groups(symmetric(4, {.8F, .5F, .6F, .55F, .6F, .7F}));
  ASSERT_TRUE(two);
  EXPECT_THAT(two->members, ElementsAre(ElementsAre(0, 1), ElementsAre(2, 3)));
  EXPECT_FLOAT_EQ(static_cast<float>(two->farthest_within), .7F);
  EXPECT_FLOAT_EQ(static_cast<float>(two->nearest_across), .6F);
  // Nobody is left alone without need, though the gap would be wider: 3 and 4 at .9.
  EXPECT_THAT(separated_groups(symmetric(4, {.7F, .6F, .6F, .6F, .6F, .9F}))->members,
              ElementsAre(ElementsAre(0, 1), ElementsAre(2, 3)));
  EXPECT_THAT(separated_groups(symmetric(3, {.9F, .1F, .1F}))->members, ElementsAre(ElementsAre(0, 1), ElementsAre(2)));
  // 1-2 and 2-3 are near, 1-3 is not: a chain is no group.
  EXPECT_FALSE(separated_groups(symmetric(3, {.9F, .2F, .9F})));
  EXPECT_FALSE(separated_groups(symmetric(2, {.9F})));
}

/// Two sentences at a river and two about money: what the demonstration shows.
TEST(Contrast, BankIsTwoWordsToARealModelFromTheSecondLayerOn) {
  RIVERBANK_NEEDS_MODEL("bge-small-en-v1.5");
  const std::vector<std::string> names(4, "bank");
  const Contrast result =
      contrast(load_model("bge-small-en-v1.5"), names,
               std::vector<std::string>{"He sat on the bank of the river.", "They fished from the bank of the stream.",
                                        "She opened an account at the bank.", "He asked the bank for a loan."});
  for (std::size_t l = 0; l < result.layers.size(); ++l) {
    SCOPED_TRACE(layer_name(result.layers[l]));
    const Matrix& c = result.cosines[l];
    const float across = std::max({c(0, 2), c(0, 3), c(1, 2), c(1, 3)});
    if (result.layers[l] == kWordTable) {
      EXPECT_NEAR(c.minCoeff(), 1, 1e-5);
    } else if (result.layers[l] >= 2) {
      EXPECT_GT(std::min(c(0, 1), c(2, 3)), across);
    }
  }
  ASSERT_TRUE(result.groups);
  EXPECT_EQ(result.groups_from, 2);
  EXPECT_THAT(reading_of(result), HasSubstr("1 and 2 (0.804); 3 and 4 (0.859); the nearest pair across them has 0.733. "
                                            "That is so at every layer from 2 on."));
}

TEST(ContrastPage, ShowsALayerOfHostileSentences) {
  RIVERBANK_NEEDS_CHROMIUM();
  const Contrast result =
      compare({"bank", "bank", "bank"},
              {"the bank </script><b>", "she sat on the bank \xe2\x80\xae", "money in the bank \x1b[31m"});
  const std::string page = contrast_page(result, "tiny");
  EXPECT_THAT(page, Not(HasSubstr("\xe2\x80\xae")));
  const testing::TemporaryFolder folder;
  testing::Browser browser;
  browser.open(folder.write("contrast.html", page), 400);
  EXPECT_EQ(browser.text("#layer-title"), "After layer 2");
  EXPECT_EQ(browser.evaluate("document.querySelectorAll('#chart polyline').length"), 6);
  EXPECT_EQ(browser.text("#sentences li mark"), "bank");
  EXPECT_THAT(browser.text("#sentences li:nth-child(2)"), HasSubstr("\\u202e"));
  browser.click("#layer");  // the middle of the slider
  browser.press("Home");
  EXPECT_EQ(browser.text("#layer-name"), "word");
  EXPECT_EQ(browser.text("#cosines tr:nth-child(3) td:nth-child(3)"), "1.000");
  EXPECT_THAT(browser.text("#attended"), HasSubstr("No attention yet"));
  browser.press("End");
  EXPECT_THAT(browser.text("#attended"), HasSubstr("In 1, attention layer 1"));
  EXPECT_LT(browser.evaluate("document.documentElement.scrollWidth").get<int>(), 401);
  EXPECT_THAT(browser.errors(), IsEmpty());
}

}  // namespace
}  // namespace riverbank
