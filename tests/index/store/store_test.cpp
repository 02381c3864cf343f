#include "index/store/store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <thread>

#include "tests/index/store/store_fixture.h"
#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using testing::expect_error;
using testing::file;
using testing::found;
using testing::key;
using testing::put;
using testing::record;
using testing::TemporaryFolder;
using Ids = std::vector<std::int64_t>;

class StoreTest : public ::testing::Test {
 protected:
  std::vector<std::string> problems() const { return store_.check(); }

  TemporaryFolder folder_;
  Store store_{folder_.path() / "index", Access::kReadWrite};
};

TEST_F(StoreTest, GivesBackADocumentAsItWasPut) {
  StoreWriter writer = store_.write();
  StoredDocument document = file(writer.add_root("/home/me/book"), "a/b \xff\n.md");
  document.size = std::numeric_limits<std::int64_t>::max();
  document.modified_ns = -5;
  document.content_hash = std::string("\0\xff\x01", 3);
  document.title = "Ti\"tle \xe2\x82\xac";
  document.metadata = {{"author", "O'Neil"}, {"", "empty name"}, {"zero", std::string("a\0b", 3)}};
  writer.put_document(document);
  writer.commit();
  const auto read = store_.read().find_file(document.root, document.path);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->size, document.size);
  EXPECT_EQ(read->modified_ns, -5);
  EXPECT_EQ(read->content_hash, document.content_hash);
  EXPECT_EQ(read->title, document.title);
  EXPECT_EQ(read->metadata, document.metadata);
  EXPECT_EQ(store_.read().documents_with_hash(document.content_hash).size(), 1U);
  EXPECT_EQ(store_.read().roots().at(0).path, "/home/me/book");
}

TEST_F(StoreTest, GivesBackAPassageAsItWasPut) {
  StoreWriter writer = store_.write();
  StoredChunk chunk;
  chunk.document = writer.put_document(file(writer.add_root("/r"), "p.md"));
  chunk.order = 3;
  chunk.begin = 10;
  chunk.end = 20;
  chunk.first_line = 2;
  chunk.last_line = 4;
  chunk.headings = {"One", "", "Two › Three"};
  chunk.text = "text \xf0\x9f\x8c\x8a";
  chunk.tokens = 7;
  chunk.vector = writer.put_vector(key("v"), std::vector<float>{1, 2});
  const std::int64_t id = writer.add_chunk(chunk);
  writer.commit();
  StoreReader reader = store_.read();
  const auto passages = reader.passages(Ids{id, 4'711});
  ASSERT_EQ(passages.size(), 1U);
  EXPECT_EQ(passages[0].root, "/r");
  EXPECT_EQ(passages[0].document.path, "p.md");
  const StoredChunk& read = passages[0].chunk;
  EXPECT_EQ(read.order, 3U);
  EXPECT_EQ(read.begin, 10U);
  EXPECT_EQ(read.end, 20U);
  EXPECT_EQ(read.first_line, 2U);
  EXPECT_EQ(read.last_line, 4U);
  EXPECT_EQ(read.headings, chunk.headings);
  EXPECT_EQ(read.text, chunk.text);
  EXPECT_EQ(read.tokens, 7U);
  EXPECT_EQ(read.vector, chunk.vector);
  EXPECT_EQ(reader.vector(read.vector), (std::vector<float>{1, 2}));
  EXPECT_EQ(reader.chunks_of(chunk.document).size(), 1U);
}

TEST_F(StoreTest, PuttingADocumentAgainReplacesItAndItsPassages) {
  const std::int64_t first = put(store_, record("a"), {"old words", "more words"});
  const std::int64_t second = put(store_, record("a"), {"new things"});
  EXPECT_NE(first, second);
  const StoreCounts counts = store_.read().counts();
  EXPECT_EQ(counts.records, 1U);
  EXPECT_EQ(counts.chunks, 1U);
  EXPECT_TRUE(found(store_, "words").empty());
  EXPECT_EQ(found(store_, "things").size(), 1U);
  EXPECT_EQ(problems(), std::vector<std::string>());
}

TEST_F(StoreTest, ARecordAndAFileMayHaveTheSameName) {
  StoreWriter writer = store_.write();
  put(writer, file(writer.add_root("/one"), "a"), {"x"});
  put(writer, file(writer.add_root("/two"), "a"), {"x"});
  put(writer, record("a"), {"x"});
  writer.commit();
  EXPECT_EQ(store_.read().counts().files, 2U);
  EXPECT_EQ(store_.read().counts().records, 1U);
  EXPECT_EQ(store_.read().documents_of(0).size(), 1U);
  EXPECT_EQ(store_.read().counts().vectors, 1U);
}

TEST_F(StoreTest, WithoutCommitNothingHappened) {
  const std::uint64_t before = store_.read().generation();
  {
    StoreWriter writer = store_.write();
    put(writer, record("a"), {"words"});
    writer.set_setting("model", "m");
    EXPECT_TRUE(writer.find_record("a"));
  }
  EXPECT_FALSE(store_.read().find_record("a"));
  EXPECT_FALSE(store_.read().setting("model"));
  EXPECT_EQ(store_.read().counts().vectors, 0U);
  EXPECT_EQ(store_.read().generation(), before);
}

TEST_F(StoreTest, ATransactionEndsWithItsCommit) {
  StoreWriter writer = store_.write();
  writer.commit();
  expect_error(ErrorKind::kInvalidArgument, "has ended", [&] { writer.set_setting("a", "b"); });
  store_.write().commit();  // the next one need not wait for the object to go
}

TEST_F(StoreTest, SettingsCanBeSetChangedAndRemoved) {
  StoreWriter writer = store_.write();
  writer.set_setting("model", "a");
  writer.set_setting("model", std::string("b\0c", 3));
  EXPECT_EQ(writer.setting("model"), std::string("b\0c", 3));
  writer.remove_setting("model");
  EXPECT_EQ(writer.setting("model"), std::nullopt);
}

TEST_F(StoreTest, AVectorLivesUntilNobodyUsesItAtTheEndOfAnUpdate) {
  put(store_, record("old name"), {"the text"});
  const auto id = store_.read().vector_with_key(key("the text"));
  ASSERT_TRUE(id);
  {  // a rename as an update may see it: first it is gone, then it is there
    StoreWriter writer = store_.write();
    writer.remove_document(writer.find_record("old name")->id);
    writer.commit();
  }
  put(store_, record("new name"), {"the text"});
  StoreWriter writer = store_.write();
  EXPECT_EQ(writer.remove_unused_vectors(), 0U);
  EXPECT_EQ(writer.vector_with_key(key("the text")), id);
  writer.remove_document(writer.find_record("new name")->id);
  EXPECT_EQ(writer.remove_unused_vectors(), 1U);
  EXPECT_FALSE(writer.vector_with_key(key("the text")));
  const std::int64_t next = writer.put_vector(key("the text"), std::vector<float>{1, 2});
  EXPECT_GT(next, *id) << "an id is never used twice";
}

TEST_F(StoreTest, TheGenerationGrowsWithTheVectorsOnly) {
  const auto generation = [&] { return store_.read().generation(); };
  std::uint64_t before = generation();
  put(store_, record("a"), {"one"});
  EXPECT_EQ(generation(), ++before);
  put(store_, record("b"), {"one"});
  EXPECT_EQ(generation(), before) << "a text that is known has its vector";
  const auto change = [&](auto&& what) {
    StoreWriter writer = store_.write();
    what(writer);
    writer.commit();
  };
  change([](StoreWriter& writer) { writer.remove_document(writer.find_record("a")->id); });
  change([](StoreWriter& writer) { EXPECT_EQ(writer.remove_unused_vectors(), 0U); });
  EXPECT_EQ(generation(), before);
  change([](StoreWriter& writer) { writer.remove_document(writer.find_record("b")->id); });
  change([](StoreWriter& writer) { EXPECT_EQ(writer.remove_unused_vectors(), 1U); });
  EXPECT_EQ(generation(), before + 1);
}

TEST_F(StoreTest, KnowsWhenVectorsWentLast) {
  EXPECT_FALSE(store_.read().last_removal());
  EXPECT_FALSE(store_.read().has_vectors());
  put(store_, record("a"), {"one"});
  EXPECT_EQ(store_.read().last_removal(), 1U) << "a store that never noted it begins with its next change";
  put(store_, record("b"), {"two"});
  put(store_, record("c"), {"three"});
  EXPECT_EQ(store_.read().last_removal(), 1U);
  const std::vector<std::int64_t> all = store_.read().vector_ids();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(store_.read().vector_ids(all[0]), (std::vector<std::int64_t>{all[1], all[2]}));
  StoreWriter writer = store_.write();
  writer.remove_document(writer.find_record("b")->id);
  EXPECT_EQ(writer.remove_unused_vectors(), 1U);
  writer.commit();
  EXPECT_EQ(store_.read().last_removal(), 4U);
  EXPECT_EQ(store_.read().generation(), 4U);
  StoreWriter another = store_.write();
  another.remove_all_vectors();
  another.commit();
  EXPECT_EQ(store_.read().last_removal(), 5U);
  EXPECT_FALSE(store_.read().has_vectors());
}

TEST_F(StoreTest, RemovingARootRemovesAllOfItsDocuments) {
  StoreWriter writer = store_.write();
  const std::int64_t root = writer.add_root("/one"), other = writer.add_root("/two");
  EXPECT_EQ(writer.add_root("/one"), root);
  put(writer, file(root, "a"), {"apple"});
  put(writer, file(root, "b"), {"pear"});
  put(writer, file(other, "a"), {"plum"});
  writer.remove_root(root);
  writer.commit();
  EXPECT_EQ(store_.read().counts().files, 1U);
  EXPECT_EQ(store_.read().counts().chunks, 1U);
  EXPECT_TRUE(found(store_, "apple pear").empty());
  EXPECT_EQ(problems(), std::vector<std::string>());
}

TEST_F(StoreTest, AMovedFileKeepsItsPassages) {
  StoreWriter writer = store_.write();
  StoredDocument document = file(writer.add_root("/one"), "a");
  document.id = put(writer, document, {"apple"});
  document.path = "deep/b";
  document.metadata = {{"k", "v"}};
  writer.move_document(document);
  writer.touch_document(document.id, 17, 18);
  writer.commit();
  StoreReader reader = store_.read();
  EXPECT_FALSE(reader.find_file(document.root, "a"));
  const auto moved = reader.find_file(document.root, "deep/b");
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->id, document.id);
  EXPECT_EQ(moved->size, 17U);
  EXPECT_EQ(moved->modified_ns, 18);
  EXPECT_EQ(moved->metadata, document.metadata);
  EXPECT_EQ(reader.chunks_of(document.id).size(), 1U);
}

TEST_F(StoreTest, VisitsVectorsByAscendingId) {
  put(store_, record("a"), {"1", "22", "333"});
  StoreReader reader = store_.read();
  const Ids ids = reader.vector_ids();
  ASSERT_EQ(ids.size(), 3U);
  Ids seen;
  reader.for_each_vector([&](std::int64_t id, std::span<const float> vector) {
    seen.push_back(id);
    EXPECT_EQ(vector[0], static_cast<float>(seen.size()));
    EXPECT_EQ(reader.vector(id).size(), 2U) << "asking while visiting is allowed";
  });
  EXPECT_EQ(seen, ids);
  seen.clear();
  reader.for_each_vector([&](std::int64_t id, std::span<const float>) { seen.push_back(id); }, ids[0]);
  EXPECT_EQ(seen, Ids(ids.begin() + 1, ids.end()));
  EXPECT_TRUE(reader.vector(4'711).empty());
}

TEST_F(StoreTest, FindsThePassagesOfVectorsUnderAFilter) {
  put(store_, record("a", "", {{"lang", "en"}}), {"same", "only a"});
  put(store_, record("b", "", {{"lang", "de"}}), {"same"});
  StoreReader reader = store_.read();
  const std::int64_t same = *reader.vector_with_key(key("same"));
  const std::int64_t only = *reader.vector_with_key(key("only a"));
  const auto all = reader.passages_of_vectors(Ids{only, same, 999});
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].vector, only);
  EXPECT_EQ(all[1].vector, same);
  PassageFilter german;
  german.metadata = {{"lang", "de"}};
  const auto filtered = reader.passages_matching(german);
  ASSERT_EQ(filtered.size(), 1U);
  EXPECT_EQ(filtered[0].document, reader.find_record("b")->id);
  EXPECT_EQ(filtered[0].vector, same);
  EXPECT_EQ(reader.passages_matching({}).size(), 3U);
}

TEST_F(StoreTest, ForgetsEveryVectorWhenTold) {
  put(store_, record("a"), {"one", "two"});
  StoreWriter writer = store_.write();
  writer.remove_all_vectors();
  writer.commit();
  const StoreCounts counts = store_.read().counts();
  EXPECT_EQ(counts.chunks, 0U);
  EXPECT_EQ(counts.vectors, 0U);
  EXPECT_EQ(problems(), std::vector<std::string>());
}

TEST_F(StoreTest, RefusesWhatMakesNoSense) {
  StoreWriter writer = store_.write();
  const std::vector<float> vector{1};
  expect_error(ErrorKind::kInvalidArgument, "a key of 16 to 64 bytes", [&] { writer.put_vector("short", vector); });
  expect_error(ErrorKind::kInvalidArgument, "at least one number", [&] { writer.put_vector(key("k"), {}); });
  StoredChunk chunk;
  chunk.document = 4'711;
  expect_error(ErrorKind::kInvalidArgument, "there is no document 4711", [&] { writer.add_chunk(chunk); });
  chunk.document = writer.put_document(record("a"));
  chunk.vector = 4'711;
  expect_error(ErrorKind::kInvalidArgument, "does not allow that", [&] { writer.add_chunk(chunk); });
  PassageFilter filter;
  filter.path_glob = "[a";
  expect_error(ErrorKind::kInvalidArgument, "a [ has no ]", [&] { writer.find_words("x", 5, filter); });
}

TEST_F(StoreTest, AReaderSeesOneMomentWhileAWriterGoesOn) {
  put(store_, record("a"), {"one"});
  StoreReader before = store_.read();
  EXPECT_EQ(before.counts().records, 1U);
  put(store_, record("b"), {"two"});
  EXPECT_EQ(before.counts().records, 1U);
  EXPECT_EQ(store_.read().counts().records, 2U);
}

TEST_F(StoreTest, ManyThreadsReadWhileOneWrites) {
  put(store_, record("0"), {"word number 0"});
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      do {
        StoreReader reader = store_.read();
        const StoreCounts counts = reader.counts();
        EXPECT_EQ(reader.find_words("word", 1'000).size(), counts.chunks);
        EXPECT_EQ(counts.chunks, counts.records);
      } while (!done);
    });
  }
  for (int i = 1; i < 60; ++i) put(store_, record(std::to_string(i)), {"word number " + std::to_string(i)});
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(store_.read().counts().records, 60U);
}

TEST_F(StoreTest, WritersOfOneProcessTakeTurns) {
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 3; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < 10; ++i) put(store_, record(std::to_string(writer) + "/" + std::to_string(i)), {"text"});
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(store_.read().counts().records, 30U);
  EXPECT_EQ(store_.read().counts().vectors, 1U);
}

TEST_F(StoreTest, TidyingLosesNothing) {
  for (int i = 0; i < 20; ++i) put(store_, record(std::to_string(i)), {std::string(5'000, 'x') + " word"});
  StoreWriter writer = store_.write();
  for (int i = 0; i < 19; ++i) writer.remove_document(writer.find_record(std::to_string(i))->id);
  writer.remove_unused_vectors();
  writer.commit();
  { const StoreWriter ended = std::move(writer); }
  const std::uint64_t before = store_.bytes();
  store_.tidy();
  EXPECT_LT(store_.bytes(), before);
  EXPECT_EQ(found(store_, "word"), std::vector<std::string>{"19"});
  EXPECT_EQ(problems(), std::vector<std::string>());
}

}  // namespace
}  // namespace riverbank
