#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "index/store/store.h"
#include "index/store/store_writer.h"
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
using ::testing::UnorderedElementsAre;
using testing::words_of;

TEST(Incremental, UnchangedFolderEncodesNothingAndNeedsNoModel) {
  Sandbox box;
  box.write("a.md", "# River\n\nThe boat sat on the river.");
  box.write("sub/b.txt", "She took a loan at the bank.");
  const UpdateReport first = box.update();
  EXPECT_EQ(first.files_read, 2U);
  EXPECT_EQ(first.chunks_encoded, 2U);
  EXPECT_EQ(first.chunks_total, 2U);
  EXPECT_GT(first.tokens_encoded, 10U);

  std::filesystem::remove_all(box.model());  // whoever wants it now fails
  Index index = Index::open(box.index());
  const UpdateReport second = index.update();
  EXPECT_EQ(second.files_read, 0U);
  EXPECT_EQ(second.files_unchanged, 2U);
  EXPECT_EQ(second.chunks_encoded, 0U);
  EXPECT_EQ(second.chunks_total, 2U);
}

TEST(Incremental, TouchedFileIsReadAndFoundTheSame) {
  Sandbox box;
  box.write("a.md", "The river.");
  box.update();
  box.write("a.md", "The river.", std::chrono::hours(2));
  const UpdateReport touched = box.update();
  EXPECT_EQ(touched.files_read, 0U);
  EXPECT_EQ(touched.files_unchanged, 1U);
  EXPECT_EQ(touched.chunks_written, 0U);
}

TEST(Incremental, FileChangedWithinTheTickOfTheClockIsNoticed) {
  Sandbox box;
  box.write("a.md", "The river.", std::chrono::seconds(0));
  const auto time = std::filesystem::last_write_time(box.docs() / "a.md");
  box.update();
  box.write("a.md", "The money.");
  std::filesystem::last_write_time(box.docs() / "a.md", time);  // same size, same time, another text
  Index index = box.open();
  EXPECT_EQ(box.update(index).files_read, 1U);
  EXPECT_THAT(keyword_documents(index, "money"), ElementsAre("a.md"));
}

TEST(Incremental, ChangedFileEncodesItsChangedChunksAlone) {
  Sandbox box;
  const std::string one = "# One\n\n" + words_of(1, 8) + "\n\n", two = "# Two\n\n" + words_of(2, 8) + "\n\n",
                    three = "# Three\n\n" + words_of(3, 8) + "\n";
  box.write("a.md", one + two + three);
  Index index = box.open();
  const UpdateReport first = box.update(index);
  ASSERT_EQ(first.chunks_total, 3U);
  box.write("a.md", one + "# Two\n\n" + words_of(4, 8) + "\n\n" + three, std::chrono::hours(2));
  const UpdateReport second = box.update(index);
  EXPECT_EQ(second.files_read, 1U);
  EXPECT_EQ(second.chunks_written, 3U);
  EXPECT_EQ(second.chunks_encoded, 1U);
  EXPECT_EQ(index.status().vectors, 3U) << "the old chunk's vector is gone";
}

TEST(Incremental, DeletedFileDisappears) {
  Sandbox box;
  box.write("a.md", "The river.");
  box.write("b.md", "The money.");
  Index index = box.open();
  box.update(index);
  EXPECT_THAT(keyword_documents(index, "money"), ElementsAre("b.md"));
  std::filesystem::remove(box.docs() / "b.md");
  const UpdateReport report = box.update(index);
  EXPECT_EQ(report.files_removed, 1U);
  EXPECT_THAT(keyword_documents(index, "money"), IsEmpty());
  EXPECT_THAT(documents_of(index.search("money")), ElementsAre("a.md"));
  EXPECT_EQ(index.status().vectors, 1U);
  EXPECT_THAT(index.verify(), IsEmpty());
}

TEST(Incremental, RenamedAndMovedFilesEncodeNothing) {
  Sandbox box;
  box.write("a.md", "# River\n\nThe boat sat on the river.");
  box.write("b.txt", "No heading, so that the name is the title. Money.");
  Index index = box.open();
  box.update(index);
  std::filesystem::create_directories(box.docs() / "sub/deep");
  std::filesystem::rename(box.docs() / "a.md", box.docs() / "sub/deep/a.md");
  std::filesystem::rename(box.docs() / "b.txt", box.docs() / "renamed.txt");
  const UpdateReport report = box.update(index);
  EXPECT_EQ(report.files_renamed, 2U);
  EXPECT_EQ(report.files_removed, 0U);
  EXPECT_EQ(report.chunks_encoded, 0U);
  EXPECT_THAT(keyword_documents(index, "boat"), ElementsAre("sub/deep/a.md"));
  const SearchResult renamed = index.search("money");
  ASSERT_THAT(documents_of(renamed), ::testing::Contains("renamed.txt"));
  for (const Hit& hit : renamed.hits) {
    if (hit.document == "renamed.txt") {
      EXPECT_EQ(hit.title, "renamed.txt");
    }
  }
}

TEST(Incremental, SameContentTwiceIsEncodedOnceAndBothAreFound) {
  Sandbox box;
  box.write("a.md", "# River\n\nThe boat sat on the river.");
  box.write("copy/a.md", "# River\n\nThe boat sat on the river.");
  Index index = box.open();
  const UpdateReport report = box.update(index);
  EXPECT_EQ(report.chunks_written, 2U);
  EXPECT_EQ(report.chunks_encoded, 1U);
  SearchOptions each;
  each.fold_similar = false;
  EXPECT_THAT(documents_of(index.search("boat", each)), UnorderedElementsAre("a.md", "copy/a.md"));
  std::filesystem::remove(box.docs() / "a.md");
  box.update(index);
  EXPECT_THAT(documents_of(index.search("boat")), ElementsAre("copy/a.md"));
}

// The second half comes together while the encoder is at the first.
TEST(Incremental, PassagesOfABatchThatIsBeingEncodedAreNotEncodedAgain) {
  Sandbox box;
  constexpr unsigned kFiles = 1500;
  for (unsigned i = 0; i < kFiles; ++i) {
    box.write("d" + std::to_string(1000 + i) + ".md", "# River\n\n" + words_of(i % 750, 6));
  }
  Index index = box.open();
  const UpdateReport report = box.update(index);
  EXPECT_EQ(report.chunks_written, kFiles);
  EXPECT_EQ(report.chunks_encoded, 750U);
  EXPECT_EQ(index.status().vectors, 750U);
  EXPECT_THAT(index.verify(), IsEmpty());
}

TEST(Incremental, OneLargeDocumentGoesThroughInPieces) {
  Sandbox box;
  box.write("large.txt", words_of(1, 30'000));
  box.write("small.txt", "The river.");
  Index index = box.open();
  const UpdateReport report = box.update(index);
  EXPECT_GT(report.chunks_encoded, 500U);
  EXPECT_EQ(report.chunks_written, report.chunks_total);
  EXPECT_THAT(keyword_documents(index, "river"), ElementsAre("small.txt"));
  EXPECT_THAT(index.verify(), IsEmpty());
}

TEST(Incremental, TheReportSaysWhereTheTimeWent) {
  Sandbox box;
  for (unsigned i = 0; i < 600; ++i) box.write("d" + std::to_string(i) + ".txt", words_of(i, 20));
  const UpdateReport report = box.update();
  for (const double part : {report.seconds_reading, report.seconds_tokenizing, report.seconds_encoding,
                            report.seconds_writing, report.seconds_graph}) {
    EXPECT_GT(part, 0);
    EXPECT_LT(part, report.seconds);
  }
  EXPECT_LE(report.seconds_both, std::min(report.seconds_encoding, report.seconds_graph));
  EXPECT_GT(report.seconds_neither(), 0);
  EXPECT_LT(report.seconds_neither(), report.seconds);
}

TEST(Incremental, WhatIsUnchangedIsNotWrittenEachTime) {
  Sandbox box;
  box.write("a.md", "The river.");
  box.update();
  const std::string updated = box.open().status().updated;
  EXPECT_FALSE(updated.empty());
  const auto written = std::filesystem::last_write_time(box.index() / "store.db");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(box.update().files_unchanged, 1U);
  EXPECT_EQ(std::filesystem::last_write_time(box.index() / "store.db"), written);
  EXPECT_EQ(box.open().status().updated, updated);
  {
    Store store(box.index(), Access::kReadWrite);
    StoreWriter writer = store.write();
    writer.set_setting("updated", "2001-01-01T00:00:00Z");
    writer.commit();
  }
  box.update();
  EXPECT_GE(box.open().status().updated, updated) << "what was found long ago is noted again";
}

TEST(Incremental, SkippedFilesAreNamedWithTheReason) {
  Sandbox box;
  box.write("a.md", "The river.");
  box.write("b.bin", std::string("\0\1\2\3", 4));
  box.write("large.txt", std::string(3000, 'x'));
  box.write("large.bin", std::string(20000, '\0'));
  UpdateOptions options;
  options.max_file_size = 2000;
  const UpdateReport report = box.update(options);
  std::map<std::string, std::string> reasons;
  for (const SkippedFile& file : report.skipped) reasons[file.path] = file.reason;
  EXPECT_EQ(reasons["b.bin"], "binary");
  EXPECT_EQ(reasons["large.txt"], "larger than 1.953 KiB");
  EXPECT_EQ(reasons.size(), 3U);
  EXPECT_EQ(report.files_read, 1U);
}

TEST(Incremental, FileThatBecameBinaryIsForgotten) {
  Sandbox box;
  box.write("a.md", "The river.");
  Index index = box.open();
  box.update(index);
  box.write("a.md", std::string("\0\1\2\3", 4), std::chrono::hours(2));
  const UpdateReport report = box.update(index);
  EXPECT_EQ(report.files_removed, 1U);
  EXPECT_EQ(report.skipped.size(), 1U);
  EXPECT_EQ(index.status().chunks, 0U);
  EXPECT_THAT(index.search("river").hits, IsEmpty());
}

TEST(Incremental, SingleFileIsARoot) {
  Sandbox box;
  box.write("a.md", "The river.");
  box.write("b.md", "The money.");
  Index index = box.open();
  const std::vector<std::filesystem::path> roots{box.docs() / "a.md"};
  index.update_folders(roots);
  const SearchResult result = index.search("river");
  ASSERT_EQ(result.hits.size(), 1U);
  EXPECT_EQ(result.hits[0].document, "a.md");
  EXPECT_EQ(result.hits[0].root, std::filesystem::canonical(box.docs()).string());
  EXPECT_THAT(index.status().roots, ElementsAre((std::filesystem::canonical(box.docs()) / "a.md").string()));
  std::filesystem::remove(box.docs() / "a.md");
  EXPECT_EQ(index.update().files_removed, 1U);
}

TEST(Incremental, FileBelowTwoRootsBelongsToTheInnerOne) {
  Sandbox box;
  box.write("a.md", "The river.");
  box.write("inner/b.md", "The money.");
  Index index = box.open();
  box.update(index);
  const std::vector<std::filesystem::path> inner{box.docs() / "inner"};
  const UpdateReport report = index.update_folders(inner);
  EXPECT_EQ(report.files_renamed, 1U);
  EXPECT_EQ(report.chunks_encoded, 0U);
  EXPECT_THAT(keyword_documents(index, "money"), ElementsAre("b.md"));
  index.update();
  EXPECT_EQ(index.status().documents, 2U);
  EXPECT_EQ(index.remove_path(box.docs() / "inner"), 1U);
  index.update();
  EXPECT_THAT(keyword_documents(index, "money"), ElementsAre("inner/b.md"));
}

TEST(Incremental, RootThatIsNotThereTodayStaysKnown) {
  Sandbox box;
  box.write("a.md", "The river.");
  Index index = box.open();
  box.update(index);
  std::filesystem::rename(box.docs(), box.docs().string() + ".away");
  const UpdateReport report = index.update();
  EXPECT_EQ(report.files_removed, 0U);
  ASSERT_EQ(report.skipped.size(), 1U);
  EXPECT_THAT(report.skipped[0].reason, ::testing::HasSubstr("not there"));
  EXPECT_THAT(keyword_documents(index, "river"), ElementsAre("a.md"));
  expect_error(ErrorKind::kNotFound, "docs", [&] { box.update(index); });
}

TEST(Incremental, PathsAreRemoved) {
  Sandbox box;
  box.write("a.md", "The river.");
  box.write("sub/b.md", "The money.");
  box.write("sub/c.md", "The boat.");
  box.write("subway.md", "The tree.");
  Index index = box.open();
  box.update(index);
  EXPECT_EQ(index.remove_path(box.docs() / "sub"), 2U);
  EXPECT_EQ(index.status().documents, 2U);
  expect_error(ErrorKind::kNotFound, "nothing under", [&] { index.remove_path(box.docs() / "sub"); });
  EXPECT_EQ(index.remove_path(box.docs()), 2U);
  EXPECT_THAT(index.status().roots, IsEmpty());
  EXPECT_THAT(index.search("river").hits, IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(box.graph_file())) << "nothing of the texts may stay behind";
}

TEST(Incremental, StopKeepsWhatWasWrittenAndTheNextUpdateGoesOn) {
  Sandbox box;
  constexpr unsigned kFiles = 1200;
  for (unsigned i = 0; i < kFiles; ++i) box.write("d" + std::to_string(i) + ".txt", words_of(i, 6));
  Index index = box.open();
  std::stop_source stop;
  UpdateOptions options;
  options.stop = stop.get_token();
  options.progress = [&](const IndexProgress& progress) {
    if (progress.chunks_done >= 300) stop.request_stop();
  };
  const UpdateReport stopped = box.update(index, options);
  EXPECT_TRUE(stopped.stopped);
  const IndexStatus half = index.status();
  EXPECT_GT(half.chunks, 100U);
  EXPECT_LT(half.chunks, kFiles);
  EXPECT_THAT(index.search(words_of(0, 6)).hits, ::testing::Not(IsEmpty()));

  const UpdateReport rest = box.update(index);
  EXPECT_FALSE(rest.stopped);
  EXPECT_EQ(index.status().chunks, kFiles);
  EXPECT_EQ(stopped.chunks_encoded + rest.chunks_encoded, kFiles) << "nothing is encoded twice";
  EXPECT_THAT(index.verify(), IsEmpty());
}

TEST(Incremental, StoppedBeforeItBeganDoesNothing) {
  Sandbox box;
  box.write("a.md", "The river.");
  std::stop_source stop;
  stop.request_stop();
  UpdateOptions options;
  options.stop = stop.get_token();
  EXPECT_TRUE(box.update(options).stopped);
  EXPECT_EQ(box.open().status().chunks, 0U);
}

TEST(Incremental, ProgressGrowsToTheEnd) {
  Sandbox box;
  for (unsigned i = 0; i < 50; ++i) box.write("d" + std::to_string(i) + ".txt", words_of(i, 20));
  UpdateOptions options;
  std::vector<IndexProgress> seen;
  options.progress = [&](const IndexProgress& progress) { seen.push_back(progress); };
  box.update(options);
  ASSERT_GT(seen.size(), 2U);
  double fraction = 0;
  std::size_t files = 0;
  for (const IndexProgress& progress : seen) {
    if (progress.phase != IndexProgress::Phase::kEncoding) continue;
    EXPECT_GE(progress.fraction, fraction);
    EXPECT_GE(progress.files_done, files);
    fraction = progress.fraction;
    files = progress.files_done;
  }
  EXPECT_EQ(files, 50U);
  EXPECT_NEAR(fraction, 1.0, 1e-9);
  EXPECT_EQ(seen.back().phase, IndexProgress::Phase::kGraph);
}

}  // namespace
}  // namespace riverbank
