#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "index/search/collection_settings.h"
#include "index/search/graph_keeper.h"
#include "index/search/source_file.h"
#include "index/store/writer_lock.h"
#include "tests/index/search/sandbox.h"
#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using ::testing::Contains;
using testing::documents_of;
using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::keyword_documents;
using testing::Sandbox;
using ::testing::SizeIs;
using testing::words_of;

void fill(const Sandbox& box, unsigned files) {
  for (unsigned i = 0; i < files; ++i) box.write("d" + std::to_string(i) + ".txt", words_of(i, 6) + " river");
}

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void overwrite(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

/// Runs `action` in a child process as the user nobody; 0 when it threw nothing and no expectation failed.
int as_nobody(const std::function<void()>& action) {
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr unsigned kNobody = 65534;
    if (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) ::_exit(9);
    try {
      action();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
      ::_exit(8);
    }
    ::_exit(::testing::Test::HasFailure() ? 7 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Graph, DamagedOneIsMadeAnewAndSaidSo) {
  const Sandbox box;
  fill(box, 100);
  box.update();
  const std::string whole = bytes_of(box.graph_file());
  SearchOptions search;
  search.best_sentences = false;
  const auto expected = documents_of(box.open().search("river", search));
  std::string flipped = whole;
  flipped[5'000] = static_cast<char>(flipped[5'000] ^ 1);  // among the codes, which every search compares
  const std::string damages[] = {whole.substr(0, whole.size() / 2), whole.substr(0, 10), flipped, "", "not a graph"};
  for (const std::string& damage : damages) {
    overwrite(box.graph_file(), damage);
    std::vector<std::string> notices;
    IndexOptions options = box.options();
    options.notice = [&](const std::string& notice) { notices.push_back(notice); };
    Index index = box.open(options);
    EXPECT_EQ(documents_of(index.search("river", search)), expected);
    EXPECT_THAT(notices, ElementsAre(::testing::AllOf(HasSubstr("graph.hnsw"), HasSubstr("a new graph is made"))));
    EXPECT_THAT(index.verify(), SizeIs(1));
    EXPECT_EQ(box.update(index).chunks_encoded, 0U);
    EXPECT_THAT(index.verify(), IsEmpty());
    EXPECT_THAT(notices, SizeIs(1));
  }
}

TEST(Graph, DamageThatNoSearchComesToIsFoundByVerifyAndMendedByAnUpdate) {
  const Sandbox box;
  fill(box, 100);
  box.update();
  std::string flipped = bytes_of(box.graph_file());
  flipped[flipped.size() / 2] =
      static_cast<char>(flipped[flipped.size() / 2] ^ 1);  // among the links; so few are scanned
  overwrite(box.graph_file(), flipped);
  std::vector<std::string> notices;
  IndexOptions options = box.options();
  options.notice = [&](const std::string& notice) { notices.push_back(notice); };
  Index index = box.open(options);
  EXPECT_THAT(index.search("river").hits, SizeIs(5));
  EXPECT_THAT(notices, IsEmpty());
  EXPECT_THAT(index.verify(), ElementsAre(HasSubstr("does not have its checksum")));
  UpdateOptions refresh;
  refresh.check_graph = false;
  index.update(refresh);
  EXPECT_THAT(notices, IsEmpty()) << "a refresh that changes nothing reads none of the graph";
  box.update(index);
  EXPECT_THAT(notices, ElementsAre(HasSubstr("a new graph is made")));
  EXPECT_THAT(index.verify(), IsEmpty());
}

TEST(Graph, ARefreshThatFindsNothingNewAsksTheFileItself) {
  const Sandbox box;
  fill(box, 100);
  box.update();
  const Store store(box.index(), Access::kReadOnly);
  std::vector<std::string> notices;
  GraphKeeper keeper(store, 1, [&](const std::string& notice) { notices.push_back(notice); });
  const auto graph = keeper.save(store.read().setting(SettingNames::kFingerprint).value(), /*check_all=*/false);
  ASSERT_NE(graph, nullptr);
  EXPECT_EQ(graph->size(), 100U);
  EXPECT_NE(dynamic_cast<const MappedGraph*>(graph.get()), nullptr) << "one that grows is a copy of everything";
  EXPECT_THAT(notices, IsEmpty());
}

TEST(Graph, OtherStoresGraphIsNotUsed) {
  const Sandbox one, other;
  fill(one, 30);
  one.update();
  other.write("a.md", "The boat.");
  other.update();
  for (const auto& entry : std::filesystem::directory_iterator(other.index())) {
    if (!entry.path().filename().string().starts_with("graph")) continue;
    std::filesystem::copy_file(entry.path(), one.index() / entry.path().filename(),
                               std::filesystem::copy_options::overwrite_existing);
  }
  std::vector<std::string> notices;
  IndexOptions options = one.options();
  options.notice = [&](const std::string& notice) { notices.push_back(notice); };
  Index index = one.open(options);
  EXPECT_THAT(index.search("river").hits, SizeIs(5));
  EXPECT_THAT(notices, ElementsAre(HasSubstr("is of another index")));
}

TEST(Graph, MissingOneIsMadeInMemoryAndThenWritten) {
  const Sandbox box;
  fill(box, 30);
  box.update();
  std::filesystem::remove(box.graph_file());
  IndexOptions options = box.options();
  options.access = Access::kReadOnly;
  EXPECT_THAT(box.open(options).search("river").hits, SizeIs(5));
  EXPECT_FALSE(std::filesystem::exists(box.graph_file()));
  box.update();
  EXPECT_TRUE(std::filesystem::exists(box.graph_file()));
}

TEST(Graph, FarBehindItIsLeftAloneAndAnswersAreRight) {
  const Sandbox box;
  Index index = box.open();
  std::vector<Record> records;
  for (unsigned i = 0; i < 1500; ++i) records.push_back({"r" + std::to_string(i), words_of(i, 5), "", {}});
  index.add(records);
  SearchOptions search;
  search.best_sentences = false;
  search.mode = SearchMode::kVector;
  const auto expected = documents_of(index.search(words_of(700, 5), search));
  std::filesystem::remove(box.graph_file());
  EXPECT_EQ(documents_of(box.open().search(words_of(700, 5), search)), expected);
  EXPECT_EQ(expected.front(), "r700");
}

TEST(Graph, ManyRemovedMakeANewOne) {
  const Sandbox box;
  fill(box, 200);
  std::vector<std::string> notices;
  IndexOptions options = box.options();
  options.notice = [&](const std::string& notice) { notices.push_back(notice); };
  Index index = box.open(options);
  box.update(index);
  for (unsigned i = 0; i < 120; ++i) std::filesystem::remove(box.docs() / ("d" + std::to_string(i) + ".txt"));
  box.update(index);
  EXPECT_THAT(notices, ElementsAre(HasSubstr("built anew")));
  EXPECT_THAT(index.verify(), IsEmpty());
  SearchOptions search;
  search.top_k = 1000;
  search.best_sentences = false;
  EXPECT_THAT(index.search("river", search).hits, SizeIs(80));
}

TEST(Model, AnotherOneIsRefusedWithTheWayOut) {
  const Sandbox box;
  fill(box, 3);
  box.update();
  const auto other = box.model().string() + "-2";
  testing::write_tiny_model(other, 8, 128);
  IndexOptions options = box.options();
  options.model = other;
  expect_error(ErrorKind::kInvalidArgument, "--reencode", [&] { box.open(options); });
  options.model = box.model().string() + "/../model";  // the same one under another name
  EXPECT_NO_THROW(box.open(options));
}

TEST(Model, ReencodingMakesAllVectorsAnew) {
  const Sandbox box;
  fill(box, 20);
  Index first = box.open();
  box.update(first);
  first.add({.id = "note", .text = "The boat.\n\n" + words_of(77, 60), .title = "Boats", .metadata = {{"a", "b"}}});
  const std::string old = first.status().fingerprint;
  const std::size_t chunks = first.status().chunks;

  IndexOptions options = box.options();
  options.model = box.model().string() + "-2";
  options.reencode = true;
  testing::write_tiny_model(options.model, 8, 128);
  Index index = box.open(options);
  const UpdateReport report = index.update();
  EXPECT_EQ(report.chunks_encoded, chunks);
  const IndexStatus status = index.status();
  EXPECT_NE(status.fingerprint, old);
  EXPECT_EQ(status.chunks, chunks);
  EXPECT_EQ(status.vectors, chunks);
  EXPECT_THAT(index.verify(), IsEmpty());
  EXPECT_THAT(documents_of(index.search(words_of(3, 6))), Contains("d3.txt"));
  SearchOptions only;
  only.metadata = {{"a", "b"}};
  const SearchResult note = index.search("boat", only);
  ASSERT_FALSE(note.hits.empty());
  EXPECT_EQ(note.hits[0].title, "Boats");
  EXPECT_EQ(index.update().chunks_encoded, 0U);
  EXPECT_NO_THROW(Index::open(box.index()).search("boat"));
}

TEST(Model, UnknownOneLeavesNothingBehind) {
  const Sandbox box;
  IndexOptions options = box.options();
  options.model = "./no-such-model";
  expect_error(ErrorKind::kNotFound, "no-such-model", [&] { box.open(options); });
  EXPECT_FALSE(Index::exists(box.index()));
  options = box.options();
  options.chunk_tokens = 3;
  expect_error(ErrorKind::kInvalidArgument, "at least 16", [&] { box.open(options); });
}

TEST(Access, ReadOnlyFolderIsSearchedByAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become nobody";
  const Sandbox box;
  fill(box, 10);
  box.update();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(box.index().parent_path())) {
    std::filesystem::permissions(entry, std::filesystem::perms::others_read | std::filesystem::perms::others_exec,
                                 std::filesystem::perm_options::add);
  }
  for (const auto& folder : {box.index(), box.index().parent_path()}) {
    std::filesystem::permissions(folder, std::filesystem::perms::others_read | std::filesystem::perms::others_exec,
                                 std::filesystem::perm_options::add);
  }
  EXPECT_EQ(as_nobody([&] {
              IndexOptions options = box.options();
              options.threads = 1;
              options.access = Access::kReadOnly;
              Index index = box.open(options);
              EXPECT_THAT(index.search("river").hits, SizeIs(5));
              EXPECT_THAT(index.verify(), IsEmpty());
              expect_error(ErrorKind::kInvalidArgument, "read-only", [&] { index.update(); });
            }),
            0);
  EXPECT_EQ(as_nobody([&] {
              IndexOptions options = box.options();
              options.threads = 1;
              expect_error(ErrorKind::kIo, "index", [&] { box.open(options); });
            }),
            0);
}

TEST(Access, UnreadableFilesAreNamedAndFoldersThatCloseStayKnown) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become nobody";
  const auto read = [](const std::filesystem::path& file) { return read_source_file(file, 1000); };
  const Sandbox box;
  box.write("a.md", "The river.");
  std::filesystem::permissions(box.docs() / "a.md", std::filesystem::perms::none);
  std::filesystem::permissions(box.docs().parent_path(), std::filesystem::perms::others_exec,
                               std::filesystem::perm_options::add);
  EXPECT_EQ(as_nobody([&] {
              const auto outcome = read(box.docs() / "a.md");
              ASSERT_TRUE(std::holds_alternative<Unreadable>(outcome));
              EXPECT_EQ(std::get<Unreadable>(outcome).reason, "permission denied");
              EXPECT_TRUE(std::get<Unreadable>(outcome).keep);
            }),
            0);
  EXPECT_TRUE(std::get<Unreadable>(read(box.docs() / "nothing")).vanished);
  EXPECT_EQ(std::get<Unreadable>(read(box.docs())).reason, "not a regular file");
}

TEST(Access, FullDiskIsSaidAndNothingBreaks) {
  const Sandbox box;
  const std::filesystem::path disk = box.index().parent_path() / "disk";
  std::filesystem::create_directories(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=400k") != 0) GTEST_SKIP() << "needs to mount a small tmpfs";
  {
    Index index = Index::open(disk / "index", box.options());
    box.write("a.md", "The river.");
    box.update(index);
    fill(box, 3000);
    expect_error(ErrorKind::kIo, "full", [&] { box.update(index); });
    EXPECT_THAT(keyword_documents(index, "river"), Contains("a.md"));
  }
  ::umount(disk.c_str());
}

TEST(Updates, AnotherProcessAtItIsNamedOrWaitedFor) {
  const Sandbox box;
  fill(box, 3);
  Index index = box.open();
  {
    const WriterLock lock = WriterLock::acquire(box.index(), std::chrono::seconds(0));
    expect_error(ErrorKind::kBusy, std::to_string(::getpid()), [&] { box.update(index); });
    EXPECT_THAT(index.search("river").hits, IsEmpty());
  }
  auto lock = std::make_unique<WriterLock>(WriterLock::acquire(box.index(), std::chrono::seconds(0)));
  std::jthread letting_go([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    lock.reset();
  });
  UpdateOptions options;
  options.wait_seconds = 60;
  EXPECT_EQ(box.update(index, options).files_read, 3U);
}

TEST(Updates, TwoIndexesOfOnePlaceSeeEachOthersWork) {
  const Sandbox box;
  Index writer = box.open();
  Index reader = box.open();
  for (int i = 0; i < 5; ++i) {
    const std::string id = "r" + std::to_string(i);
    writer.add({.id = id, .text = words_of(static_cast<unsigned>(i), 8), .title = "", .metadata = {}});
    const auto found = documents_of(reader.search(words_of(static_cast<unsigned>(i), 8)));
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found.front(), id);
  }
  writer.remove("r2");
  EXPECT_THAT(documents_of(reader.search(words_of(2, 8))), ::testing::Not(Contains("r2")));
}

TEST(Threads, ManySearchWhileOneUpdates) {
  const Sandbox box;
  fill(box, 60);
  Index index = box.open();
  box.update(index);
  std::atomic<bool> done{false};
  std::atomic<std::size_t> answered{0};
  {
    std::vector<std::jthread> searching;
    for (unsigned t = 0; t < 3; ++t) {
      searching.emplace_back([&, t] {
        for (unsigned i = 0; !done || i < 5; ++i) {
          SearchOptions options;
          options.exact = i % 5 == 0;
          options.best_sentences = i % 3 == 0;
          const SearchResult result = index.search("river " + words_of(t * 20 + i % 20, 6), options);
          EXPECT_THAT(result.hits, SizeIs(5));
          ++answered;
        }
      });
    }
    for (unsigned round = 0; round < 4; ++round) {
      for (unsigned i = 0; i < 30; ++i) {
        box.write("n" + std::to_string(round) + "_" + std::to_string(i) + ".txt", words_of(1000 + round * 30 + i, 6));
      }
      std::filesystem::remove(box.docs() / ("d" + std::to_string(round + 20) + ".txt"));
      box.update(index);
      index.add({.id = "r" + std::to_string(round), .text = words_of(round, 9), .title = "", .metadata = {}});
    }
    done = true;
  }
  EXPECT_GE(answered, 15U);
  EXPECT_EQ(index.status().documents, 60U + 120U - 4U);
  EXPECT_THAT(index.verify(), IsEmpty());
}

TEST(IndexFiles, AreDestroyedButNothingOfOthers) {
  const Sandbox box;
  fill(box, 3);
  box.update();
  overwrite(box.index() / "letter.txt", "mine");
  Index::destroy(box.index());
  EXPECT_FALSE(Index::exists(box.index()));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(box.index()), {}), 1);
  expect_error(ErrorKind::kNotFound, "no index stands", [&] { Index::destroy(box.index()); });
}

}  // namespace
}  // namespace riverbank
