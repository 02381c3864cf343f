#include "index/search/question_words.h"

#include <gtest/gtest.h>

#include <cmath>

#include "index/search/collection_settings.h"
#include "index/store/store.h"
#include "riverbank/rerank.h"
#include "tests/index/search/sandbox.h"

namespace riverbank {
namespace {

TEST(Idf, IsThatOfBm25) {
  EXPECT_NEAR(idf(10, 1), std::log(1 + 9.5 / 1.5), 1e-12);
  EXPECT_NEAR(idf(10, 10), std::log(1 + 0.5 / 10.5), 1e-12);
  EXPECT_GT(idf(10, 0), idf(10, 1));
  EXPECT_GT(idf(0, 0), 0);
  EXPECT_EQ(idf(10, 11), idf(10, 10));  // counted while the collection shrank
}

TEST(Relevance, IsTheLogisticFunctionOfBoth) {
  const Calibration calibration{.unread = {.cosine = 10, .words = 4, .constant = -9},
                                .read = {.cosine = 5, .words = 2, .sentence = 8, .constant = -12}};
  EXPECT_NEAR(relevance(calibration, 0.7, 0.5, {}), 0.5, 1e-12);
  EXPECT_NEAR(relevance(calibration, 0.9, 0.5, {}), 1 / (1 + std::exp(-2.0)), 1e-12);
  EXPECT_GT(relevance(calibration, 0.7, 0.6, {}), relevance(calibration, 0.7, 0.5, {}));
  EXPECT_GE(relevance(calibration, -1, 0, {}), 0);
  EXPECT_LE(relevance(calibration, 1, 1, {}), 1);
  EXPECT_NEAR(relevance(calibration, 0.8, 0.5, 0.875), 0.5, 1e-12);
  EXPECT_GT(relevance(calibration, 0.8, 0.5, 0.9), relevance(calibration, 0.8, 0.5, 0.8));
}

class QuestionWordsTest : public ::testing::Test {
 protected:
  QuestionWordsTest() {
    Index index = box_.open();
    for (const auto& [id, text] :
         std::initializer_list<std::pair<const char*, const char*>>{{"a", "The boats on the river."},
                                                                    {"b", "The boat in the water."},
                                                                    {"c", "Loans, the bank."},
                                                                    {"d", "A reed"}}) {
      index.add(Record{id, text, "", {}});
    }
  }
  std::int64_t chunk_of(StoreReader& reader, const char* id) {
    return reader.chunks_of(reader.find_record(id)->id).at(0).id;
  }
  testing::Sandbox box_;
};

TEST_F(QuestionWordsTest, WeighsByHowFewPassagesHoldAWord) {
  const Store store(box_.index(), Access::kReadOnly);
  StoreReader reader = store.read();
  QuestionWords words(reader, "Which boat, the heron?");
  ASSERT_EQ(words.weights().size(), 4U);
  EXPECT_EQ(words.weights()[1].begin, 6U);
  EXPECT_EQ(words.weights()[1].end, 10U);
  EXPECT_NEAR(words.weights()[0].weight, idf(4, 0), 1e-12);  // "which": a stop word, and rare here
  EXPECT_NEAR(words.weights()[1].weight, idf(4, 2), 1e-12);  // boat and boats are one word
  EXPECT_NEAR(words.weights()[2].weight, idf(4, 3), 1e-12);
  EXPECT_NEAR(words.weights()[3].weight, idf(4, 0), 1e-12);
}

TEST_F(QuestionWordsTest, SaysWhichShareAPassageCovers) {
  const Store store(box_.index(), Access::kReadOnly);
  StoreReader reader = store.read();
  QuestionWords words(reader, "the boat, the boat on the river");
  const double both = idf(4, 2) + idf(4, 1);
  EXPECT_NEAR(words.covered(chunk_of(reader, "a")), 1, 1e-12);
  EXPECT_NEAR(words.covered(chunk_of(reader, "b")), idf(4, 2) / both, 1e-12);
  EXPECT_EQ(words.covered(chunk_of(reader, "c")), 0);
  QuestionWords stop_words(reader, "the");
  EXPECT_NEAR(stop_words.covered(chunk_of(reader, "a")), 1, 1e-12);
  EXPECT_EQ(stop_words.covered(chunk_of(reader, "d")), 0);
  QuestionWords none(reader, "?!");
  EXPECT_EQ(none.covered(chunk_of(reader, "a")), 0);
}

TEST(RankTexts, OrdersAndKeepsThePlaces) {
  const Embedder embedder(testing::share(testing::tiny_model()));
  const std::vector<std::string_view> texts{"She sat.", "the river bank", "", "Money. The river bank."};
  const std::vector<RankedText> ranked = rank_texts(embedder, "the river bank", texts);
  ASSERT_EQ(ranked.size(), texts.size());
  EXPECT_EQ(ranked[0].place, 1U);  // the question itself
  EXPECT_NEAR(ranked[0].score, 1, 0.01);
  EXPECT_EQ(ranked.back().place, 2U);
  EXPECT_FALSE(ranked.back().best_sentence.has_value());
  for (const RankedText& text : ranked) {
    if (text.place != 3) continue;
    ASSERT_TRUE(text.best_sentence.has_value());
    EXPECT_EQ(text.best_sentence->begin, 7U);
  }
  EXPECT_TRUE(rank_texts(embedder, "the", {}).empty());
}

}  // namespace
}  // namespace riverbank
