#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "index/search/best_sentence.h"
#include "tests/index/search/sandbox.h"
#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using testing::documents_of;
using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::IsEmpty;
using testing::kModes;
using testing::Sandbox;
using ::testing::SizeIs;
using testing::words_of;

class Search : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    box_ = new Sandbox;
    index_ = new Index(box_->open());
    std::vector<Record> records;
    for (unsigned i = 0; i < 400; ++i) {
      Record record{"r" + std::to_string(i), words_of(i, 10) + " river", "", {{"year", std::to_string(1990 + i % 20)}}};
      if (i % 40 == 0) record.metadata["rare"] = "yes";
      if (i == 399) record.metadata["only"] = "me";
      records.push_back(std::move(record));
    }
    records.push_back({"docs/a.md", "The boat sat on the river bank. She took a loan.", "Boats", {}});
    records.push_back({"docs/b.txt", "Money in the bank.", "", {}});
    index_->add(records);
  }
  static void TearDownTestSuite() {
    delete index_;
    delete box_;
  }
  static SearchOptions in(SearchMode mode) {
    SearchOptions options;
    options.mode = mode;
    return options;
  }
  static Sandbox* box_;
  static Index* index_;
};
Sandbox* Search::box_ = nullptr;
Index* Search::index_ = nullptr;

TEST_F(Search, AnswersWithEverythingThatIsKnown) {
  SearchOptions options;
  options.top_k = 1;
  options.path_glob = "docs/*.md";
  const SearchResult result = index_->search("boat on the river", options);
  ASSERT_THAT(result.hits, SizeIs(1));
  const Hit& hit = result.hits[0];
  EXPECT_EQ(hit.document, "docs/a.md");
  EXPECT_EQ(hit.title, "Boats");
  EXPECT_EQ(hit.root, "");
  EXPECT_EQ(hit.first_line, 0U);
  EXPECT_EQ(hit.text, "The boat sat on the river bank. She took a loan.");
  EXPECT_DOUBLE_EQ(hit.score, 1.0);
  EXPECT_NEAR(*hit.cosine, result.best_cosine, 1e-6);
  EXPECT_GT(*hit.bm25, 0);
  ASSERT_TRUE(hit.best_sentence.has_value());
  EXPECT_LT(hit.best_sentence->end, hit.text.size());
}

TEST_F(Search, QuestionWithoutWordsFindsNothing) {
  for (const SearchMode mode : kModes) {
    for (const char* question : {"", " \n\t ", "???", "-- ... !!", "\xff\xfe", "\x01\x02"}) {
      EXPECT_THAT(index_->search(question, in(mode)).hits, IsEmpty()) << question;
    }
  }
}

TEST_F(Search, AnyTextIsAQuestion) {
  std::string megabyte;
  while (megabyte.size() < (std::size_t{1} << 20U))
    megabyte += words_of(static_cast<unsigned>(megabyte.size()), 50) + " ";
  const std::string questions[] = {megabyte,
                                   "boat AND (river OR \"bank",
                                   "NEAR(boat river, 2) NOT text:*",
                                   "boat\" OR 1=1; DROP TABLE chunks; --",
                                   "{title} : ^boat + river*",
                                   std::string("boat\0river", 10),
                                   "boat \xff\xfe river"};
  for (const SearchMode mode : kModes) {
    for (const std::string& question : questions) {
      const SearchResult result = index_->search(question, in(mode));
      EXPECT_TRUE(mode == SearchMode::kKeyword || result.hits.size() == 5) << question.substr(0, 40);
    }
  }
  EXPECT_THAT(index_->verify(), IsEmpty());
}

TEST_F(Search, WhatMakesNoSenseIsRefused) {
  SearchOptions none;
  none.top_k = 0;
  expect_error(ErrorKind::kInvalidArgument, "0 hits", [&] { index_->search("river", none); });
  SearchOptions odd;
  odd.path_glob = "docs/[a";
  expect_error(ErrorKind::kInvalidArgument, "[a", [&] { index_->search("river", odd); });
}

TEST_F(Search, MoreIsAskedForThanThereIs) {
  for (const SearchMode mode : kModes) {
    SearchOptions options = in(mode);
    options.top_k = 100000;
    options.best_sentences = false;
    const SearchResult result = index_->search("river", options);
    const std::vector<std::string> found = documents_of(result);
    EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), mode == SearchMode::kKeyword ? 401U : 402U);
    EXPECT_TRUE(std::is_sorted(result.hits.begin(), result.hits.end(),
                               [](const Hit& a, const Hit& b) { return a.score > b.score; }));
  }
}

TEST_F(Search, FilterIsRightAtAnySelectivity) {
  const std::vector<std::map<std::string, std::string>> filters{{},
                                                                {{"year", "1995"}},
                                                                {{"rare", "yes"}},
                                                                {{"only", "me"}},
                                                                {{"year", "1995"}, {"rare", "yes"}},
                                                                {{"no", "body"}}};
  for (const SearchMode mode : kModes) {
    SearchOptions all = in(mode);
    all.top_k = 1000;
    all.best_sentences = false;
    all.exact = true;
    const std::vector<Hit> everything = index_->search("river " + words_of(3, 4), all).hits;
    for (const auto& metadata : filters) {
      std::vector<std::string> expected;
      for (const Hit& hit : everything) {
        const bool matches = std::ranges::all_of(metadata, [&](const auto& wanted) {
          const auto found = hit.metadata.find(wanted.first);
          return found != hit.metadata.end() && found->second == wanted.second;
        });
        if (matches) expected.push_back(hit.document);
      }
      SearchOptions options = in(mode);
      options.top_k = 1000;
      options.best_sentences = false;
      options.metadata = metadata;
      std::vector<std::string> found = documents_of(index_->search("river " + words_of(3, 4), options));
      if (mode == SearchMode::kHybrid) {  // min and max are those of the filtered, so that near scores may swap
        std::ranges::sort(found);
        std::ranges::sort(expected);
      }
      EXPECT_EQ(found, expected);
    }
  }
}

TEST_F(Search, ExactAndGraphAgree) {
  for (unsigned i = 0; i < 20; ++i) {
    SearchOptions options = in(SearchMode::kVector);
    options.best_sentences = false;
    const auto by_graph = documents_of(index_->search(words_of(i, 5), options));
    options.exact = true;
    EXPECT_EQ(documents_of(index_->search(words_of(i, 5), options)), by_graph);
  }
}

TEST_F(Search, RelevanceIsAskedForInBoundsOfAModelThatKnowsIt) {
  SearchOptions options;
  for (const double outside : {-0.01, 1.01, std::nan("")}) {
    options.min_relevance = outside;
    expect_error(ErrorKind::kInvalidArgument, "between 0 and 1", [&] { index_->search("boat", options); });
  }
  options.min_relevance = 0.5;  // random weights were never calibrated
  expect_error(ErrorKind::kUnsupported, "not calibrated", [&] { index_->search("boat", options); });
  options.mode = SearchMode::kKeyword;
  expect_error(ErrorKind::kInvalidArgument, "keywords alone", [&] { index_->search("boat", options); });
  const SearchResult found = index_->search("boat on the river");
  ASSERT_THAT(found.hits, ::testing::Not(IsEmpty()));
  EXPECT_FALSE(found.hits[0].relevance.has_value());
  EXPECT_FALSE(found.best_relevance.has_value());
  EXPECT_EQ(found.min_relevance, 0);
}

TEST_F(Search, RerankKeepsTheSameFirstThirtyAndSaysScoresInOrder) {
  SearchOptions options;
  options.top_k = 20;
  const SearchResult before = index_->search("boat on the river", options);
  options.top_k = 30;
  const SearchResult first = index_->search("boat on the river", options);
  options.rerank = true;
  const SearchResult after = index_->search("boat on the river", options);
  EXPECT_THAT(documents_of(after), ::testing::UnorderedElementsAreArray(documents_of(first)));
  for (std::size_t i = 1; i < after.hits.size(); ++i) EXPECT_LE(after.hits[i].score, after.hits[i - 1].score);
  EXPECT_LE(after.hits[0].score, 1);
  ASSERT_GE(before.hits.size(), 5U);
}

TEST_F(Search, SentencesAreHitsOfTheirOwn) {
  SearchOptions options;
  options.sentences = true;
  options.top_k = 7;
  const SearchResult found = index_->search("boat on the river", options);
  ASSERT_THAT(found.hits, SizeIs(7));
  for (const Hit& hit : found.hits) {
    EXPECT_THAT(passage_sentences(hit.text), SizeIs(1)) << hit.text;
    ASSERT_TRUE(hit.best_sentence.has_value());
    EXPECT_EQ(hit.best_sentence->end, hit.text.size());
    EXPECT_GE(hit.score, 0);
    EXPECT_LE(hit.score, 1);
  }
}

TEST_F(Search, KeywordModeNeedsNoEncoder) {
  Sandbox other;
  Index index = other.open();
  index.add({.id = "a", .text = "The river.", .title = "", .metadata = {}});
  std::filesystem::remove_all(other.model());
  const Index again = Index::open(other.index());
  SearchOptions options = in(SearchMode::kKeyword);
  options.best_sentences = false;
  const SearchResult result = again.search("river", options);
  ASSERT_THAT(result.hits, SizeIs(1));
  EXPECT_FALSE(result.hits[0].cosine.has_value());
  EXPECT_EQ(result.best_cosine, 0);
}

TEST(SearchEmpty, IndexAnswersWithNothing) {
  const Sandbox box;
  Index index = box.open();
  for (const SearchMode mode : kModes) {
    SearchOptions options;
    options.mode = mode;
    EXPECT_THAT(index.search("river", options).hits, IsEmpty());
  }
  EXPECT_EQ(box.update(index).files_read, 0U);
  EXPECT_THAT(index.search("river").hits, IsEmpty());
  EXPECT_EQ(index.measure_recall().sampled, 0U);
}

TEST(SearchDuplicates, EveryPassageOfOneTextIsReachable) {
  const Sandbox box;
  Index index = box.open();
  std::vector<Record> records;
  for (int i = 0; i < 300; ++i) records.push_back({"same" + std::to_string(i), "The boat sat on the river.", "", {}});
  const UpdateReport report = index.add(records);
  EXPECT_EQ(report.chunks_encoded, 1U);
  SearchOptions options;
  options.top_k = 300;
  options.best_sentences = false;
  options.fold_similar = false;
  options.mode = SearchMode::kVector;
  const auto found = documents_of(index.search("river", options));
  EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), 300U);
  options.path_glob = "same299";
  EXPECT_THAT(documents_of(index.search("river", options)), ElementsAre("same299"));
}

}  // namespace
}  // namespace riverbank
