#include "index/search/diversity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/index/search/sandbox.h"

namespace riverbank {
namespace {

using testing::documents_of;
using ::testing::ElementsAre;
using testing::kModes;
using testing::Sandbox;
using ::testing::SizeIs;
using testing::tokens_of;
using testing::words_of;

TEST(Resemblance, IsOneForTheSameWordsAndFallsWithEachThatDiffers) {
  const std::string text = words_of(1, 60);
  EXPECT_DOUBLE_EQ(resemblance(text, text), 1);
  EXPECT_DOUBLE_EQ(resemblance("The  River,\nbank!", "the river bank"), 1);
  EXPECT_DOUBLE_EQ(resemblance("the river", "the bank"), 0);
  EXPECT_DOUBLE_EQ(resemblance(text, words_of(2, 60)), 0);
  EXPECT_DOUBLE_EQ(resemblance(text, words_of(1, 20)), 0);  // a part is not the same
  EXPECT_DOUBLE_EQ(resemblance("", ""), 1);
  // One word in the middle of 60 changes 4 of 57 runs: 53 are shared of 61.
  std::string changed = text;
  changed.replace(changed.find(' ', changed.size() / 2) + 1, 1, "9");
  EXPECT_DOUBLE_EQ(resemblance(text, changed), 53.0 / 61);
}

class Diversity : public ::testing::Test {
 protected:
  Diversity() {
    const std::string text = tokens_of(1, 30) + " river";
    std::vector<Record> records{{"a1", text, "", {}},
                                {"a2", text + "!", "", {}},
                                {"a3", "The " + text, "", {}},
                                {"b", tokens_of(2, 30) + " river", "", {}},
                                {"c", tokens_of(3, 30) + " river", "", {}}};
    std::string pages;
    for (unsigned i = 0; i < 6; ++i)
      pages += "# " + words_of(50 + i, 1) + "\n\n" + tokens_of(20 + i, 30) + " river\n\n";
    records.push_back({"many", pages, "", {}});
    index_.add(records);
  }
  SearchResult ask(SearchOptions options, const std::string& question = "river") const {
    options.best_sentences = false;
    return index_.search(question, options);
  }
  static SearchOptions all() {
    SearchOptions options;
    options.top_k = 50;
    return options;
  }
  Sandbox box_;
  Index index_ = box_.open();
};

TEST_F(Diversity, FoldsPassagesThatSayTheSame) {
  for (const SearchMode mode : kModes) {
    SearchOptions options = all();
    options.mode = mode;
    std::size_t folded = 0;
    const SearchResult result = ask(options);
    for (const Hit& hit : result.hits) folded += hit.similar.size();
    EXPECT_EQ(folded, 2U);
    options.fold_similar = false;
    EXPECT_THAT(ask(options).hits, SizeIs(result.hits.size() + 2));
  }
}

TEST_F(Diversity, SeesThoseThatWouldNotHaveBeenHitsThemselves) {
  SearchOptions options;
  options.top_k = 1;
  const SearchResult result = ask(options, tokens_of(1, 30));
  ASSERT_THAT(result.hits, SizeIs(1));
  EXPECT_EQ(result.hits[0].document[0], 'a');
  EXPECT_THAT(result.hits[0].similar, SizeIs(2));
}

TEST_F(Diversity, GivesNoMoreOfOneDocumentThanAskedFor) {
  for (const std::size_t most : {1U, 2U, 4U}) {
    SearchOptions options = all();
    options.per_document = most;
    std::map<std::string, std::size_t> count;
    for (const Hit& hit : ask(options).hits) ++count[hit.document];
    EXPECT_EQ(count.at("many"), most);
    EXPECT_EQ(count.at("b"), 1U);
  }
}

TEST_F(Diversity, MmrWithOneIsTheOrderByScore) {
  SearchOptions options = all();
  options.top_k = 4;
  const auto by_score = documents_of(ask(options));
  options.mmr = 1;
  EXPECT_EQ(documents_of(ask(options)), by_score);
}

/// MMR as its formula stands, over all pairs each time.
TEST_F(Diversity, MmrTakesWhatItsFormulaSays) {
  SearchOptions plain = all();
  plain.mode = SearchMode::kVector;
  plain.fold_similar = false;
  plain.path_glob = "[abc]*";  // those of one passage, whose text is what was encoded
  const std::vector<Hit> pool = ask(plain).hits;
  ASSERT_THAT(pool, SizeIs(5));
  std::map<std::string, std::vector<float>> vectors;
  for (const Hit& hit : pool) vectors[hit.document] = index_.embedder().embed(hit.text);
  const auto cosine = [&](const Hit& a, const Hit& b) {
    double sum = 0;
    for (std::size_t i = 0; i < 24; ++i) {
      sum += static_cast<double>(vectors.at(a.document)[i]) * vectors.at(b.document)[i];
    }
    return sum;
  };
  double low = 1;
  for (const Hit& a : pool) {
    for (const Hit& b : pool) low = std::min(low, cosine(a, b));
  }
  for (const double lambda : {0.0, 0.3, 0.7}) {
    std::vector<Hit> left = pool;
    std::vector<Hit> taken;
    while (!left.empty()) {
      std::size_t best = 0;
      double best_value = -1e9;
      for (std::size_t i = 0; i < left.size(); ++i) {
        double alike = 0;
        for (const Hit& other : taken) alike = std::max(alike, (cosine(left[i], other) - low) / (1 - low));
        const double value = lambda * left[i].score - (1 - lambda) * alike;
        if (value > best_value + 1e-6) best = i, best_value = value;
      }
      taken.push_back(left[best]);
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(best));
    }
    SearchOptions diverse = plain;
    diverse.mmr = lambda;
    EXPECT_EQ(documents_of(ask(diverse)), documents_of({.hits = taken})) << lambda;
  }
}

}  // namespace
}  // namespace riverbank
