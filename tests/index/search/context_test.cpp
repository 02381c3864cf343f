#include "riverbank/context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "index/search/best_sentence.h"
#include "index/search/context_pieces.h"
#include "lib/text/sentences.h"
#include "tests/index/search/sandbox.h"
#include "tests/support/expect_error.h"
#include "tests/support/needs_model.h"

namespace riverbank {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Sandbox;
using ::testing::SizeIs;
using ::testing::StartsWith;
using testing::tokens_of;
using testing::words_of;

Hit hit(const std::string& document, std::size_t position, const std::string& text, std::size_t first_line,
        std::size_t begin = 0) {
  Hit made;
  made.document = document;
  made.root = "/docs";
  made.position = position;
  made.text = text;
  made.first_line = first_line;
  made.last_line = first_line + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  made.range = {begin, begin + text.size()};
  return made;
}

ContextPiece whole(std::size_t index, const Hit& of) { return {index, {0, of.text.size()}}; }

TEST(ContextPieces, MergeNeighboursAndKeepTheRestApart) {
  const std::vector<Hit> hits{hit("b.md", 4, "Fourth.", 9, 42), hit("a.md", 0, "Alone.", 1),
                              hit("b.md", 3, "Third.\nMore.", 6, 29), hit("b.md", 7, "Far.", 30, 100),
                              hit("b.md", 5, "Same line.", 9, 50)};
  const auto passages =
      assemble(hits, {whole(0, hits[0]), whole(1, hits[1]), whole(2, hits[2]), whole(3, hits[3]), whole(4, hits[4])});
  ASSERT_THAT(passages, SizeIs(3));
  EXPECT_EQ(passages[0].text, "Third.\nMore.\n\nFourth. Same line.");
  EXPECT_EQ(passages[0].first_line, 6U);
  EXPECT_EQ(passages[0].last_line, 9U);
  EXPECT_EQ(passages[0].rank, 1U);
  EXPECT_EQ(passages[1].text, "Far.");
  EXPECT_EQ(passages[2].document, "a.md");
}

TEST(ContextPieces, ShortenedOnesJoinOnlyWhereTheyAreWhole) {
  const std::vector<Hit> hits{hit("a.md", 0, "One.\nTwo.", 1), hit("a.md", 1, "Three.\nFour.", 3, 10)};
  const auto apart = assemble(hits, {{0, {0, 4}}, whole(1, hits[1])});
  ASSERT_THAT(apart, SizeIs(2));
  EXPECT_TRUE(apart[0].shortened);
  EXPECT_EQ(apart[0].last_line, 1U);
  const auto joined = assemble(hits, {{0, {5, 9}}, whole(1, hits[1])});
  ASSERT_THAT(joined, SizeIs(1));
  EXPECT_EQ(joined[0].text, "Two.\nThree.\nFour.");
  EXPECT_EQ(joined[0].first_line, 2U);
}

class Contexts : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    box_ = new Sandbox;
    for (unsigned i = 0; i < 6; ++i) {
      std::string text = "# Heading " + words_of(200 + i, 1) + "\n\n";
      for (unsigned part = 0; part < 12; ++part) {
        text += "River " + tokens_of(10 * i + part, 4 + part % 5) + ". ";
        if (part % 4 == 3) text += "\n\n";
      }
      box_->write("d" + std::to_string(i) + ".md", text);
    }
    box_->write("copy.md", "The boat sat on the bank of the river in the water.\n");
    box_->write("copy too.md", "The boat sat on the bank of the river, in the water!\n");
    index_ = new Index(box_->open());
    box_->update(*index_);
  }
  static void TearDownTestSuite() {
    delete index_;
    delete box_;
  }
  static std::size_t cost(const std::string& text, BudgetUnit unit) {
    return unit == BudgetUnit::kWords ? words(text).size()
                                      : index_->embedder().count_tokens(text) - index_->embedder().count_tokens("");
  }
  /// Whether the passage ends where a sentence of its document does.
  static bool ends_a_sentence(const ContextPassage& passage) {
    return std::ranges::any_of(everything_.hits, [&](const Hit& hit) {
      return hit.document == passage.document &&
             std::ranges::any_of(passage_sentences(hit.text), [&](const TextRange& range) {
               return passage.text.ends_with(hit.text.substr(range.begin, range.end - range.begin));
             });
    });
  }
  static Sandbox* box_;
  static Index* index_;
  static SearchResult everything_;
};
Sandbox* Contexts::box_ = nullptr;
Index* Contexts::index_ = nullptr;
SearchResult Contexts::everything_;

TEST_F(Contexts, NeverGoOverTheBudgetAndNeverEndInsideASentence) {
  SearchOptions all;
  all.top_k = 1000;
  all.best_sentences = false;
  everything_ = index_->search("river bank", all);
  for (const BudgetUnit unit : {BudgetUnit::kTokens, BudgetUnit::kWords}) {
    for (const ContextFormat format : {ContextFormat::kText, ContextFormat::kMarkdown}) {
      std::size_t before = 0;
      for (std::size_t budget = 1; budget < 1500; budget += budget < 60 ? 7 : 1 + budget / 3) {
        SCOPED_TRACE(budget);
        ContextOptions options;
        options.budget = budget;
        options.unit = unit;
        options.format = format;
        Context context;
        try {
          context = gather_context(*index_, "river bank", options);
        } catch (const Error& error) {
          EXPECT_THAT(error.what(), HasSubstr("is too small for the place of a passage"));
          EXPECT_LT(budget, 40U);
          EXPECT_EQ(before, 0U) << "a smaller one was enough";
          continue;
        }
        ASSERT_FALSE(context.passages.empty());
        EXPECT_LE(context.cost, budget);
        EXPECT_EQ(context.cost, cost(context.text, unit));
        before = context.passages.size();
        std::size_t shortened = 0;
        for (const ContextPassage& passage : context.passages) {
          shortened += passage.shortened ? 1 : 0;
          EXPECT_TRUE(passage.cut ? passage.text.ends_with("…") : ends_a_sentence(passage)) << passage.text;
        }
        EXPECT_LE(shortened, 1U);
      }
    }
  }
}

TEST_F(Contexts, HoldEveryPassageOnceAndNumberedInTheOrderOfThePrompt) {
  ContextOptions options;
  options.budget = 100'000;
  options.order = ContextOrder::kRank;
  const Context context = gather_context(*index_, "the river bank boat", options);
  EXPECT_EQ(context.without_room, 0U);
  std::size_t at = 0;
  std::set<std::pair<std::string, std::size_t>> places;
  for (std::size_t i = 0; i < context.passages.size(); ++i) {
    const ContextPassage& passage = context.passages[i];
    const std::string mark = "[" + std::to_string(i + 1) + "] " + passage.document + ":" +
                             std::to_string(passage.first_line) + "-" + std::to_string(passage.last_line);
    at = context.text.find(mark, at);
    ASSERT_NE(at, std::string::npos) << mark;
    EXPECT_THAT(context.text.substr(at), HasSubstr(passage.text));
    EXPECT_TRUE(places.emplace(passage.document, passage.first_line).second);
    if (i > 0) {
      EXPECT_GT(passage.rank, context.passages[i - 1].rank);
    }
  }
  EXPECT_EQ(places.count({"copy.md", 1}) + places.count({"copy too.md", 1}), 1U);  // duplicates are dropped
}

TEST_F(Contexts, PutTheBestFirstAndLast) {
  ContextOptions options;
  options.budget = 100'000;
  options.search.per_document = 1;  // so that nothing is merged
  std::vector<std::size_t> ranks;
  for (const ContextPassage& passage : gather_context(*index_, "river", options).passages)
    ranks.push_back(passage.rank);
  ASSERT_GE(ranks.size(), 6U);
  EXPECT_EQ(ranks.front(), 1U);
  EXPECT_EQ(ranks.back(), 2U);
  EXPECT_EQ(ranks[1], 3U);
  EXPECT_EQ(ranks[ranks.size() - 2], 4U);
  options.order = ContextOrder::kDocument;
  options.search.per_document = 0;
  const Context by_document = gather_context(*index_, "river", options);
  for (std::size_t i = 1; i < by_document.passages.size(); ++i) {
    const ContextPassage &a = by_document.passages[i - 1], &b = by_document.passages[i];
    EXPECT_TRUE(a.document != b.document || a.last_line < b.first_line);
  }
}

TEST_F(Contexts, BecomeMarkdownAndMessages) {
  ContextOptions options;
  options.format = ContextFormat::kMarkdown;
  options.budget = 200;
  const Context context = gather_context(*index_, "river", options);
  EXPECT_THAT(context.text, StartsWith("**[1]** `"));
  EXPECT_THAT(context.text, HasSubstr("\n> "));
  const auto messages = chat_messages(context, "river?");
  ASSERT_THAT(messages, SizeIs(2));
  EXPECT_EQ(messages[0].role, "system");
  EXPECT_EQ(messages[1].role, "user");
  EXPECT_THAT(messages[1].content, StartsWith(context.text));
  EXPECT_THAT(messages[1].content, HasSubstr("Question: river?"));
}

TEST_F(Contexts, AreEmptyWhereNothingIsFoundAndRefuseANothingOfABudget) {
  ContextOptions options;
  options.search.path_glob = "nothing*";
  EXPECT_THAT(gather_context(*index_, "river", options).passages, IsEmpty());
  EXPECT_THAT(gather_context(*index_, "", {}).text, IsEmpty());
  options.budget = 0;
  expect_error(ErrorKind::kInvalidArgument, "a budget of 0", [&] { gather_context(*index_, "river", options); });
}

TEST(ContextOfALeaflet, HoldsTheParagraphOnSideEffects) {
  RIVERBANK_NEEDS_MODEL(kDefaultModel);
  const testing::TemporaryFolder folder;
  Index index = Index::open(folder.path() / "index");
  const std::vector<std::filesystem::path> leaflets{std::filesystem::path(RIVERBANK_SOURCE_DIR) / "samples/leaflets"};
  index.update_folders(leaflets);
  ContextOptions options;
  options.budget = 220;
  const Context context = gather_context(index, "side effects of aspirin", options);
  ASSERT_FALSE(context.passages.empty());
  EXPECT_THAT(context.passages[0].text, HasSubstr("heartburn, nausea, vomiting"));
}

}  // namespace
}  // namespace riverbank
