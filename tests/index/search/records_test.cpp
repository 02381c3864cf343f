#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/index/search/sandbox.h"
#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using testing::documents_of;
using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::IsEmpty;
using testing::keyword_documents;
using testing::Sandbox;
using testing::words_of;

TEST(Records, AreAddedReplacedAndRemoved) {
  const Sandbox box;
  Index index = box.open();
  const Record record{"a", "The river.", "", {{"kind", "note"}}};
  EXPECT_EQ(index.add(record).files_read, 1U);
  EXPECT_EQ(index.add(record).files_unchanged, 1U);
  EXPECT_EQ(index.update(Record{"a", "The river.", "", {{"kind", "memo"}}}).chunks_encoded, 0U);
  SearchOptions memo;
  memo.metadata = {{"kind", "memo"}};
  EXPECT_THAT(documents_of(index.search("river", memo)), ElementsAre("a"));
  EXPECT_EQ(index.update(Record{"a", "The money.", "", {}}).chunks_encoded, 1U);
  EXPECT_THAT(keyword_documents(index, "river"), IsEmpty());
  expect_error(ErrorKind::kNotFound, "nothing under b", [&] { index.update(Record{"b", "x", "", {}}); });
  expect_error(ErrorKind::kNotFound, "nothing under b", [&] { index.remove("b"); });
  expect_error(ErrorKind::kInvalidArgument, "not empty", [&] { index.add(Record{"", "x", "", {}}); });
  index.remove("a");
  EXPECT_EQ(index.status().records, 0U);
  EXPECT_EQ(index.status().vectors, 0U);
}

TEST(Records, AnyBytesAreAText) {
  const Sandbox box;
  Index index = box.open();
  const std::vector<Record> records{{"\xff\n", std::string("river \0\xff\xc3 bank", 15), "\xfe", {{"k\xff", "v\n"}}},
                                    {"empty", "", "", {}},
                                    {"space", " \n\t", "", {}}};
  EXPECT_EQ(index.add(records).files_read, 3U);
  EXPECT_THAT(keyword_documents(index, "river"), ElementsAre("\xff\n"));
  EXPECT_THAT(index.verify(), IsEmpty());
  EXPECT_EQ(index.add(records).files_unchanged, 3U);
}

TEST(Records, WholeDocumentsAreOnePassageEach) {
  const Sandbox box;
  IndexOptions options = box.options();
  options.whole_documents = true;
  Index index = box.open(options);
  index.add({.id = "a", .text = words_of(1, 500), .title = "Title", .metadata = {}});
  EXPECT_EQ(index.status().chunks, 1U);
  EXPECT_EQ(index.search(words_of(1, 5)).hits.at(0).text, words_of(1, 500));
  EXPECT_TRUE(Index::open(box.index()).status().whole_documents);
}

}  // namespace
}  // namespace riverbank
