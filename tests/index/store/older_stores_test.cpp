#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cctype>
#include <string>

#include "index/store/schema.h"
#include "index/store/store.h"
#include "tests/index/store/store_fixture.h"

namespace riverbank {
namespace {

using ::testing::ElementsAre;
using testing::found;
using ::testing::IsEmpty;
using testing::put;
using testing::record;
using testing::TemporaryFolder;

/// The tokenizer of version 1 as far as this test needs it: runs of bytes that are letters, digits or no ASCII.
int tokenize_as_version_1(Fts5Tokenizer*, void* context, int, const char* text, int size,
                          int (*token)(void*, int, const char*, int, int, int)) {
  const auto is_word = [&](int at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    return byte >= 0x80 || std::isalnum(byte) != 0;
  };
  for (int at = 0; at < size;) {
    int end = at;
    std::string word;
    for (; end < size && is_word(end); ++end) word += static_cast<char>(std::tolower(text[end]));
    if (end > at) {
      const int result = token(context, 0, word.data(), static_cast<int>(word.size()), at, end);
      if (result != SQLITE_OK) return result;
    }
    at = end + 1;
  }
  return SQLITE_OK;
}

int create(void*, const char**, int, Fts5Tokenizer** out) {
  static char nothing;
  *out = reinterpret_cast<Fts5Tokenizer*>(&nothing);
  return SQLITE_OK;
}

/// Makes of a store what version 1 would have written: the same tables, with that version's words.
void make_version_1(const std::filesystem::path& file) {
  SQLite::Database database(file.string(), SQLite::OPEN_READWRITE);
  fts5_api* api = nullptr;
  sqlite3_stmt* statement = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(database.getHandle(), "SELECT fts5(?1)", -1, &statement, nullptr), SQLITE_OK);
  sqlite3_bind_pointer(statement, 1, static_cast<void*>(&api), "fts5_api_ptr", nullptr);
  sqlite3_step(statement);
  sqlite3_finalize(statement);
  ASSERT_NE(api, nullptr);
  fts5_tokenizer tokenizer{create, [](Fts5Tokenizer*) {}, tokenize_as_version_1};
  ASSERT_EQ(api->xCreateTokenizer(api, "riverbank", nullptr, &tokenizer, nullptr), SQLITE_OK);
  database.exec("INSERT INTO words (words) VALUES ('rebuild')");
  database.exec("PRAGMA user_version = 1");
}

TEST(OlderStores, OfVersion1AreReadAsTheyAreAndGetTheirNewWordsWhenWritten) {
  const TemporaryFolder folder;
  {
    Store store(folder.path(), Access::kReadWrite);
    put(store, record("code"), {"The river calls parseHttpRequest there."});
    put(store, record("tokyo"), {"首都は東京都です。"});
  }
  make_version_1(folder.path() / Store::kFileName);
  {
    const Store old(folder.path(), Access::kReadOnly);
    EXPECT_THAT(found(old, "rivers"), ElementsAre("code"));
    EXPECT_THAT(found(old, "http"), IsEmpty());
    EXPECT_THAT(found(old, "東京"), IsEmpty());
    EXPECT_EQ(old.read().counts().vectors, 2U);
  }
  const Store store(folder.path(), Access::kReadWrite);
  EXPECT_THAT(found(store, "rivers"), ElementsAre("code"));
  EXPECT_THAT(found(store, "http"), ElementsAre("code"));
  EXPECT_THAT(found(store, "東京"), ElementsAre("tokyo"));
  EXPECT_EQ(store.read().counts().vectors, 2U);  // nothing to encode anew
  EXPECT_EQ(store.read().generation(), 2U);
  EXPECT_THAT(store.check(), IsEmpty());
  SQLite::Database database((folder.path() / Store::kFileName).string(), SQLite::OPEN_READONLY);
  EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt64(), kSchemaVersion);
}

}  // namespace
}  // namespace riverbank
