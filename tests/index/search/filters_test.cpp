#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>

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
using ::testing::UnorderedElementsAre;
using testing::words_of;
using namespace std::chrono_literals;

/// A thousand records; "share" is how many of them a search for it lets through.
class Selectivity : public ::testing::Test {
 protected:
  static constexpr unsigned kRecords = 1000;
  static void SetUpTestSuite() {
    box_ = new Sandbox;
    index_ = new Index(box_->open());
    std::vector<Record> records;
    for (unsigned i = 0; i < kRecords; ++i) {
      Record record{"r" + std::to_string(i), words_of(i, 8) + " river", "", {}};
      for (const unsigned share : {1U, 3U, 10U, 100U, 500U, 999U}) {
        if (i % 1000 * 7919 % 1000 < share) record.metadata["share" + std::to_string(share)] = "yes";
      }
      records.push_back(std::move(record));
    }
    index_->add(records);
  }
  static void TearDownTestSuite() {
    delete index_;
    delete box_;
  }
  static std::vector<std::string> ask(unsigned question, SearchMode mode, unsigned share, bool exact) {
    SearchOptions options;
    options.mode = mode;
    options.top_k = 20;
    options.best_sentences = false;
    options.exact = exact;
    if (share < kRecords) options.metadata = {{"share" + std::to_string(share), "yes"}};
    const SearchResult result = index_->search("river " + words_of(question, 3), options);
    EXPECT_EQ(result.searched, share);
    EXPECT_EQ(result.hits.size(), std::min<std::size_t>(share, options.top_k));
    return documents_of(result);
  }
  static Sandbox* box_;
  static Index* index_;
};
Sandbox* Selectivity::box_ = nullptr;
Index* Selectivity::index_ = nullptr;

TEST_F(Selectivity, FromOnePassageToAllGivesWhatTheScanGives) {
  for (const unsigned share : {1U, 3U, 10U, 100U, 500U, 999U, kRecords}) {
    for (unsigned question = 2000; question < 2005; ++question) {
      for (const SearchMode mode : kModes) {
        EXPECT_EQ(ask(question, mode, share, false), ask(question, mode, share, true)) << share;
      }
    }
  }
}

/// A folder of files that differ in all that can be filtered by.
class Filters : public ::testing::Test {
 protected:
  Filters() {
    box_.write("guide/river.md", "# Rivers\n\n## Banks of a river\n\nReeds grow on the bank of the river.\n", 24h);
    box_.write("guide/Money.MD", "# Money\n\nThe bank lends money near the river.\n", 240h);
    box_.write("guide/deep/notes.txt", "The river bank, in notes.\n", 24h);
    box_.write("code/bank.py", "def bank(river):\n    return river\n", 2400h);
    box_.update(index_);
    index_.add(
        {.id = "record.md", .text = "A river in a record of the bank.", .title = "", .metadata = {{"kind", "r"}}});
  }

  std::vector<std::string> with(const std::function<void(SearchOptions&)>& set, const std::string& question = "river") {
    std::vector<std::string> found;
    for (const SearchMode mode : kModes) {
      SearchOptions options;
      options.mode = mode;
      options.top_k = 50;
      options.best_sentences = false;
      set(options);
      const SearchResult result = index_.search(question, options);
      std::vector<std::string> documents = documents_of(result);
      std::sort(documents.begin(), documents.end());
      EXPECT_EQ(result.searched, documents.size());
      if (mode != kModes[0]) {
        EXPECT_EQ(documents, found);
      }
      found = documents;
    }
    return found;
  }

  Sandbox box_;
  Index index_ = box_.open();
};

TEST_F(Filters, ByPathTypeDocumentAndHeading) {
  EXPECT_THAT(with([](auto& o) { o.path_glob = "guide/**"; }),
              UnorderedElementsAre("guide/river.md", "guide/Money.MD", "guide/deep/notes.txt"));
  EXPECT_THAT(with([](auto& o) { o.types = {"md"}; }), UnorderedElementsAre("guide/river.md", "guide/Money.MD"));
  EXPECT_THAT(with([](auto& o) {
                o.types = {".MD", "code"};
              }),
              UnorderedElementsAre("guide/river.md", "guide/Money.MD", "code/bank.py"));
  EXPECT_THAT(with([](auto& o) {
                o.types = {"markdown", "text"};
              }),
              UnorderedElementsAre("guide/river.md", "guide/Money.MD", "guide/deep/notes.txt"));
  EXPECT_THAT(with([](auto& o) { o.document = "guide/river.md"; }), ElementsAre("guide/river.md"));
  EXPECT_THAT(with([](auto& o) { o.document = "record.md"; }), ElementsAre("record.md"));
  EXPECT_THAT(with([](auto& o) { o.heading = "BANK"; }), ElementsAre("guide/river.md"));
  EXPECT_THAT(with([](auto& o) { o.metadata = {{"kind", "r"}}; }), ElementsAre("record.md"));
}

TEST_F(Filters, ByTime) {
  const auto now = std::chrono::system_clock::now();
  EXPECT_THAT(with([&](auto& o) { o.modified_since = now - 48h; }),
              UnorderedElementsAre("guide/river.md", "guide/deep/notes.txt"));
  EXPECT_THAT(with([&](auto& o) { o.modified_until = now - 48h; }),
              UnorderedElementsAre("guide/Money.MD", "code/bank.py"));
  EXPECT_THAT(with([&](auto& o) { o.modified_since = now - 480h, o.modified_until = now - 48h; }),
              ElementsAre("guide/Money.MD"));
  EXPECT_THAT(with([&](auto& o) { o.modified_since = now + 1h; }), IsEmpty());
}

TEST_F(Filters, AreCombined) {
  EXPECT_THAT(with([](auto& o) { o.path_glob = "guide/**", o.types = {"md"}, o.heading = "rivers"; }),
              ElementsAre("guide/river.md"));
  EXPECT_THAT(with([](auto& o) { o.path_glob = "code/**", o.types = {"md"}; }), IsEmpty());
}

TEST_F(Filters, OfTheQuestionHoldInEveryMode) {
  const auto none = [](SearchOptions&) {};
  EXPECT_THAT(with(none, "\"bank of the river\""), ElementsAre("guide/river.md"));
  EXPECT_THAT(with(none, "river -money -record -def"), UnorderedElementsAre("guide/river.md", "guide/deep/notes.txt"));
  EXPECT_THAT(with(none, "\"the bank\" -record"), UnorderedElementsAre("guide/river.md", "guide/Money.MD"));
  EXPECT_THAT(with(none, "\"bank of the sea\""), IsEmpty());
  EXPECT_EQ(index_.search("river -money").excluded, std::vector<std::string>{"money"});
  SearchOptions plain;
  plain.syntax = false;
  plain.top_k = 50;
  EXPECT_EQ(index_.search("\"bank of the sea\"", plain).hits.size(), 5U);
}

TEST_F(Filters, ThatMakeNoSenseAreRefused) {
  const auto refused = [&](const char* message, const std::function<void(SearchOptions&)>& set) {
    SearchOptions options;
    set(options);
    expect_error(ErrorKind::kInvalidArgument, message, [&] { index_.search("river", options); });
  };
  refused("[a", [](auto& o) { o.path_glob = "[a"; });
  refused("\"***\" has none", [](auto& o) { o.heading = "***"; });
  refused("0 hits", [](auto& o) { o.top_k = 0; });
  refused("between 0", [](auto& o) { o.mmr = 1.5; });
  refused("between 0", [](auto& o) { o.mmr = std::numeric_limits<double>::quiet_NaN(); });
  refused("not \"?\"", [](auto& o) { o.plus = {"?"}; });
  refused("keyword mode does not have", [](auto& o) { o.minus = {"money"}, o.mode = SearchMode::kKeyword; });
}

}  // namespace
}  // namespace riverbank
