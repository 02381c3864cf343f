#include "lib/text/packed_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "lib/base/hash.h"
#include "lib/text/tokenizer.h"
#include "tests/lib/text/small_tokenizer.h"
#include "tests/support/environment.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace riverbank {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::pieces_of;
using testing::small_tokenizer_json;

const std::string kText = "The Riverbank's CAFÉ [MASK] word7 word1999ing 河岸 naïve\u0301 [custom] zzz";
constexpr std::size_t kHeaderBytes = 104;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// The bytes with both checksums made right again, as whoever forges a file would.
std::string with_sums(std::string bytes) {
  const auto put = [&](std::size_t at, std::uint64_t value) { std::memcpy(bytes.data() + at, &value, sizeof value); };
  const auto sum = [&](std::size_t from, std::size_t count) {
    return checksum64(std::as_bytes(std::span(bytes).subspan(from, count)));
  };
  put(80, bytes.size() - kHeaderBytes);
  put(88, sum(kHeaderBytes, bytes.size() - kHeaderBytes));
  put(96, sum(0, 96));
  return bytes;
}

class PackedTokenizer : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<std::string> pieces = {"the", "river", "##bank", "cafe", "'", "s", "naive", "河", "岸", "##ing"};
    for (int i = 0; i < 2000; ++i) pieces.push_back("word" + std::to_string(i));
    nlohmann::json json = small_tokenizer_json(pieces);
    json["added_tokens"].push_back(
        {{"id", pieces.size() + 5}, {"content", "[CUSTOM]"}, {"normalized", true}, {"lstrip", true}});
    model_.write("tokenizer.json", json.dump());
    expected_ = pieces_of(Tokenizer::from_folder(model_.path()), kText);
    ASSERT_THAT(expected_, HasSubstr("river ##bank"));
    ASSERT_FALSE(fs::exists(folder())) << "a tokenizer without a source left something on the disk";
  }

  Tokenizer load(const std::string& source = "ab12") {
    notices_.clear();
    return Tokenizer::from_folder(
        model_.path(), {.source = source, .notice = [&](const std::string& message) { notices_.push_back(message); }});
  }
  std::string read_with(const std::string& source = "ab12") { return pieces_of(load(source), kText); }

  fs::path folder() const { return cache_.path() / "riverbank" / "packed"; }
  fs::path file() const { return packed_tokenizer_file("ab12"); }

  /// The file, changed, is told, not used, and made again.
  void expect_repair(const std::function<void(std::string&)>& change, const std::string& part) {
    ASSERT_EQ(read_with(), expected_);
    const std::string good = read(file());
    std::string bad = good;
    change(bad);
    write(file(), bad);
    EXPECT_EQ(read_with(), expected_);
    ASSERT_EQ(notices_.size(), 1U) << part;
    EXPECT_THAT(notices_[0], HasSubstr("the packed tokenizer in "));
    EXPECT_THAT(notices_[0], HasSubstr(part));
    EXPECT_THAT(notices_[0], HasSubstr("packing it again"));
    EXPECT_EQ(read(file()), good);
    EXPECT_EQ(read_with(), expected_);
    EXPECT_TRUE(notices_.empty());
  }

  testing::TemporaryFolder cache_;
  testing::EnvironmentVariable variable_{"XDG_CACHE_HOME", cache_.path().string()};
  testing::TemporaryFolder model_;
  std::string expected_;
  std::vector<std::string> notices_;
};

TEST_F(PackedTokenizer, ReadsAsTheOneItWasPackedFrom) {
  EXPECT_EQ(read_with(), expected_);
  const auto written = fs::last_write_time(file());
  EXPECT_EQ(fs::status(file()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  model_.write("tokenizer.json", std::string(100'000, '{'));  // nobody parses it any more
  const Tokenizer packed = load();
  EXPECT_EQ(pieces_of(packed, kText), expected_);
  EXPECT_EQ(fs::last_write_time(file()), written);
  EXPECT_TRUE(notices_.empty());
  EXPECT_EQ(packed.vocabulary_size(), 2016U);
  EXPECT_EQ(packed.piece(5), "the");
  EXPECT_EQ(packed.cls_id(), 2);
  EXPECT_EQ(packed.sep_id(), 3);
  EXPECT_EQ(packed.unknown_id(), 1);
}

TEST_F(PackedTokenizer, KeepsEverySetting) {
  for (const char* config : {R"({"do_lower_case": false})", R"({"do_lower_case": true, "strip_accents": false})",
                             R"({"tokenize_chinese_chars": false})"}) {
    fs::remove(model_.path() / "tokenizer.json");
    std::string lines = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nriver\n##bank\nRiver\ncafe\ncafé\n河岸\n";
    for (int i = 0; i < 3000; ++i) lines += "word" + std::to_string(i) + "\n";
    model_.write("vocab.txt", lines);
    model_.write("tokenizer_config.json", config);
    const std::string plain = pieces_of(Tokenizer::from_folder(model_.path()), kText);
    const std::string source = to_hex(sha256(config));
    EXPECT_EQ(read_with(source), plain);
    ASSERT_TRUE(fs::exists(packed_tokenizer_file(source)));
    EXPECT_EQ(read_with(source), plain) << config;
  }
}

TEST_F(PackedTokenizer, SmallOnesAreNotKept) {
  model_.write("tokenizer.json", small_tokenizer_json({"river"}).dump());
  EXPECT_EQ(load().vocabulary_size(), 6U);
  EXPECT_FALSE(fs::exists(folder()));
}

TEST_F(PackedTokenizer, AnotherSourceHasAFileOfItsOwn) {
  EXPECT_EQ(read_with(), expected_);
  model_.write("vocab.txt", "unused");
  nlohmann::json other = small_tokenizer_json({"river", std::string(20'000, 'x')});
  model_.write("tokenizer.json", other.dump());
  EXPECT_EQ(load("cd34").vocabulary_size(), 7U);
  EXPECT_TRUE(notices_.empty());
  fs::copy_file(packed_tokenizer_file("cd34"), file(), fs::copy_options::overwrite_existing);
  EXPECT_EQ(load().vocabulary_size(), 7U);
  ASSERT_EQ(notices_.size(), 1U);
  EXPECT_THAT(notices_[0], HasSubstr("is of another tokenizer; packing it again"));
}

TEST_F(PackedTokenizer, DamageIsToldAndRepaired) {
  expect_repair([](std::string& bytes) { bytes.clear(); }, "has 0 bytes: it was cut");
  expect_repair([](std::string& bytes) { bytes.resize(100); }, "has 100 bytes: it was cut");
  expect_repair([](std::string& bytes) { bytes.pop_back(); }, "it was cut");
  expect_repair([](std::string& bytes) { bytes[0] = 'x'; }, "does not begin as such files do");
  expect_repair([](std::string& bytes) { bytes[8] = 7; }, "has version 7 of its format, not 1");
  expect_repair([](std::string& bytes) { bytes[20] ^= 1; }, "its header does not have its checksum");
  expect_repair([](std::string& bytes) { bytes[85] ^= 1; }, "its header does not have its checksum");
  expect_repair([](std::string& bytes) { bytes[104] ^= 1; }, "is damaged: it does not have its checksum");
  expect_repair([](std::string& bytes) { bytes.back() ^= 0x40; }, "is damaged: it does not have its checksum");
}

TEST_F(PackedTokenizer, NoCutAndNoFlippedByteIsEverUsed) {
  read_with();
  const std::string good = read(file());
  for (std::size_t at = 0; at < good.size(); at += at < 200 ? 1 : 4999) {
    std::string bad = good;
    bad[at] ^= 0x20;
    for (const std::string& spoilt : {bad, good.substr(0, at)}) {
      write(file(), spoilt);
      EXPECT_THROW(open_packed_tokenizer(file(), "ab12"), Error) << at;
    }
  }
}

// Whoever makes the sums right still cannot make a look-up read beyond the file, or go on for ever.
TEST_F(PackedTokenizer, ForgedTablesAreRefused) {
  read_with();
  const std::string good = read(file());
  std::size_t refused = 0;
  for (std::size_t at = kHeaderBytes; at < good.size(); at += at < 600 ? 1 : 499) {
    std::string bad = good;
    bad[at] = static_cast<char>(~bad[at]);
    write(file(), with_sums(bad));
    try {
      const auto definition = open_packed_tokenizer(file(), "ab12");
      for (std::size_t id = 0; id < definition->vocabulary.size(); ++id) {
        const std::string_view piece = definition->vocabulary.piece(static_cast<std::int32_t>(id));
        EXPECT_LE(definition->vocabulary.find(piece), static_cast<std::int32_t>(definition->vocabulary.size()));
      }
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kCorrupt) << at << ": " << error.what();
      ++refused;
    }
  }
  EXPECT_GT(refused, 50U);
  std::string full = good;
  const std::size_t slots = full.find("##", kHeaderBytes);
  ASSERT_NE(slots, std::string::npos);
  const std::size_t first = (slots + 2 + 5 * 8 + 63) / 64 * 64;
  for (std::size_t at = first; at < first + std::size_t{8} * 4096 && at + 8 <= full.size(); at += 8) {
    std::memset(full.data() + at, 0, 8);  // a table without a free place
  }
  write(file(), with_sums(full));
  testing::expect_error(ErrorKind::kCorrupt, "its table is too full", [&] { open_packed_tokenizer(file(), "ab12"); });
}

TEST_F(PackedTokenizer, ACacheThatCannotBeWrittenCostsNothingElse) {
  const testing::EnvironmentVariable nowhere("XDG_CACHE_HOME", "/proc/nothing/can/be/made/here");
  EXPECT_EQ(read_with(), expected_);
  EXPECT_TRUE(notices_.empty());
}

TEST_F(PackedTokenizer, ProcessesThatPackAtOnceLeaveAWholeFile) {
  std::vector<pid_t> children;
  for (int child = 0; child < 4; ++child) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      bool right = true;
      for (int round = 0; round < 20; ++round) {
        if (round % 5 == 0) fs::remove(file());
        right = right && read_with() == expected_ && notices_.empty();
      }
      ::_exit(right ? 0 : 1);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(read_with(), expected_);
  EXPECT_TRUE(notices_.empty());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder()), {}), 1) << "something was left behind";
}

}  // namespace
}  // namespace riverbank
