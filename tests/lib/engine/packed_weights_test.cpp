#include "lib/engine/packed_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "lib/base/parallel.h"
#include "lib/engine/engine.h"
#include "lib/math/cpu.h"
#include "lib/math/kernels.h"
#include "tests/lib/engine/reference.h"
#include "tests/support/environment.h"
#include "tests/support/temporary_folder.h"

namespace riverbank {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::RandomBatch;
using testing::RandomModel;

const EncoderConfig kConfig{.model_type = "bert",
                            .num_layers = 2,
                            .d_model = 96,
                            .num_heads = 3,
                            .d_ff = 160,
                            .vocabulary_size = 50,
                            .max_positions = 64,
                            .num_token_types = 2,
                            .layer_norm_epsilon = 1e-12F};

constexpr std::size_t kSampleAt = 144;  // as lib/engine/packed_weights.cpp says

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

class PackedWeightsOf : public ::testing::TestWithParam<Precision> {
 protected:
  void SetUp() override {
    const std::vector<Precision> supported = supported_precisions(supported_instruction_sets().back());
    if (std::ranges::find(supported, GetParam()) == supported.end()) GTEST_SKIP() << "not on this machine";
    expected_ = run(model_, "");
    ASSERT_FALSE(fs::exists(folder())) << "a model without a fingerprint left something on the disk";
  }

  Matrix run(const RandomModel& model, const std::string& fingerprint) {
    notices_.clear();
    Engine engine(
        model.config(), model.weights(),
        {.precision = GetParam(), .threads = 2, .fingerprint = fingerprint, .notice = [&](const std::string& message) {
           notices_.push_back(message);
         }});
    return engine.forward(batch_.view());
  }

  fs::path folder() const { return cache_.path() / "riverbank" / "packed"; }
  fs::path file() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder())) files.push_back(entry.path());
    EXPECT_EQ(files.size(), 1U);
    return files.at(0);
  }

  /// The file, changed, is told, not used, and made again.
  void expect_repair(const std::function<void(std::string&)>& change, const std::string& part) {
    ASSERT_EQ(run(model_, "m"), expected_);
    const std::string good = read(file());
    std::string bad = good;
    change(bad);
    write(file(), bad);
    EXPECT_EQ(run(model_, "m"), expected_);
    ASSERT_EQ(notices_.size(), 1U) << part;
    EXPECT_THAT(notices_[0], HasSubstr(part));
    EXPECT_THAT(notices_[0], HasSubstr("packing them again"));
    EXPECT_EQ(read(file()), good);
    EXPECT_EQ(run(model_, "m"), expected_);
    EXPECT_TRUE(notices_.empty());
  }

  testing::TemporaryFolder cache_;
  testing::EnvironmentVariable variable_{"XDG_CACHE_HOME", cache_.path().string()};
  RandomModel model_{kConfig, 1};
  RandomBatch batch_{kConfig, {30, 7, 64}, 2};
  Matrix expected_;
  std::vector<std::string> notices_;
};

INSTANTIATE_TEST_SUITE_P(All, PackedWeightsOf,
                         ::testing::Values(Precision::kFloat32, Precision::kBFloat16, Precision::kInt8),
                         [](const auto& precision) { return std::string(to_string(precision.param)); });

TEST_P(PackedWeightsOf, ALaterEngineGivesTheSameBits) {
  EXPECT_EQ(run(model_, "m"), expected_);
  const auto written = fs::last_write_time(file());
  EXPECT_EQ(run(model_, "m"), expected_);
  EXPECT_EQ(fs::last_write_time(file()), written);
  EXPECT_TRUE(notices_.empty());
  EXPECT_EQ(fs::status(file()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_P(PackedWeightsOf, AnotherModelsFileIsNotTaken) {
  run(model_, "m");
  const RandomModel other(kConfig, 3);
  const Matrix others = run(other, "n");
  EXPECT_NE(others, expected_);
  fs::path mine, theirs;
  for (const auto& entry : fs::directory_iterator(folder())) {
    (entry.path().filename().string().starts_with("m-") ? mine : theirs) = entry.path();
  }
  fs::copy_file(theirs, mine, fs::copy_options::overwrite_existing);
  EXPECT_EQ(run(model_, "m"), expected_);
  ASSERT_EQ(notices_.size(), 1U);
  EXPECT_THAT(notices_[0], HasSubstr("are of other weights"));
}

TEST_P(PackedWeightsOf, OtherWeightsUnderTheSameNameAreNotTaken) {
  const RandomModel other(kConfig, 3);
  const Matrix others = run(other, "");
  run(model_, "m");
  EXPECT_EQ(run(other, "m"), others);
  ASSERT_EQ(notices_.size(), 1U);
  EXPECT_THAT(notices_[0], HasSubstr("are of other weights"));
}

TEST_P(PackedWeightsOf, DamageIsToldAndRepaired) {
  expect_repair([](std::string& bytes) { bytes.clear(); }, "have 0 bytes instead of");
  expect_repair([](std::string& bytes) { bytes.resize(100); }, "have 100 bytes instead of");
  expect_repair([](std::string& bytes) { bytes.pop_back(); }, "they were cut");
  expect_repair([](std::string& bytes) { bytes += '\0'; }, "they were cut");
  expect_repair([](std::string& bytes) { bytes[0] = 'x'; }, "do not begin as such files do");
  expect_repair([](std::string& bytes) { bytes[8] = 7; }, "have version 7 of their format, not 1");
  expect_repair([](std::string& bytes) { bytes[20] ^= 1; }, "their header does not have its checksum");
  expect_repair([](std::string& bytes) { bytes[170] ^= 1; }, "their header does not have its checksum");
  expect_repair([](std::string& bytes) { bytes[180] ^= 1; }, "their header does not have its checksum");
  expect_repair([](std::string& bytes) { bytes[4096] ^= 1; }, "block 0 of ");
  expect_repair([](std::string& bytes) { bytes.back() ^= 0x40; }, " does not have its checksum");
}

TEST_P(PackedWeightsOf, TheEngineSaysWhereTheyAre) {
  const auto place_of = [&](const std::string& fingerprint) {
    return Engine(model_.config(), model_.weights(), {.precision = GetParam(), .fingerprint = fingerprint})
        .packed_weights();
  };
  EXPECT_EQ(place_of("").file, "");
  const PackedWeightsPlace packed = place_of("m"), mapped = place_of("m");
  EXPECT_EQ(packed.file, file().string());
  EXPECT_FALSE(packed.mapped);
  EXPECT_EQ(mapped.file, file().string());
  EXPECT_TRUE(mapped.mapped);
}

/// A header, sums and sizes that are right say nothing of how the bytes lie.
TEST_P(PackedWeightsOf, OfAnotherLayoutAreMadeAgain) {
  run(model_, "m");
  const fs::path place = file();
  PackedIdentity identity{.model = "m", .form = kernels_of(choose_instruction_set(), GetParam()).name};
  const std::string good = read(place);
  std::memcpy(&identity.sample, &good[kSampleAt], sizeof identity.sample);
  std::memcpy(&identity.bytes, &good[kSampleAt + sizeof identity.sample], sizeof identity.bytes);
  std::vector<std::byte> other(identity.bytes);
  ThreadPool pool(1);
  save_packed_weights(place, identity, other, pool);
  EXPECT_EQ(run(model_, "m"), expected_);
  ASSERT_EQ(notices_.size(), 1U);
  EXPECT_THAT(notices_.front(), HasSubstr("laid out as another version of riverbank reads them; packing them again"));
  EXPECT_TRUE(read(place) == good);
}

TEST_P(PackedWeightsOf, WhatIsNoFileStaysAndIsSaid) {
  run(model_, "m");
  const fs::path place = file();
  fs::remove(place);
  ASSERT_EQ(::mkfifo(place.c_str(), 0600), 0);  // waits for ever when it is opened to be written
  EXPECT_EQ(run(model_, "m"), expected_);
  ASSERT_EQ(notices_.size(), 1U);
  EXPECT_THAT(notices_.front(), HasSubstr(place.string() + " is no file; packing the weights for this process alone"));
  EXPECT_TRUE(fs::is_fifo(place));
  fs::remove(place);
  fs::create_directory(place);
  EXPECT_EQ(run(model_, "m"), expected_);
  ASSERT_EQ(notices_.size(), 1U);
  EXPECT_TRUE(fs::is_directory(place));
}

/// Processes that start together, none finding anything: each writes the whole file, and the last one's stays.
TEST_P(PackedWeightsOf, ManyAtOncePackAndNoneIsHurt) {
  constexpr int kProcesses = 4;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      bool right = true;
      for (int round = 0; round < 5; ++round) right = right && run(model_, "m") == expected_ && notices_.empty();
      ::_exit(right ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(run(model_, "m"), expected_);
  EXPECT_TRUE(notices_.empty());
  file();  // one, and nothing temporary beside it
}

TEST_P(PackedWeightsOf, WhatNobodyUsesGoes) {
  run(model_, "m");
  const fs::path mine = file();
  const auto now = fs::file_time_type::clock::now();
  const auto make = [&](const char* name, std::chrono::hours unused, std::uintmax_t bytes) {
    write(folder() / name, "");
    fs::resize_file(folder() / name, bytes);  // a hole: takes no room
    fs::last_write_time(folder() / name, now - unused);
  };
  constexpr std::uintmax_t kMiB = 1U << 20U;
  using std::chrono::hours;
  make("of-last-week", hours(7 * 24), kMiB);
  make("of-last-year", hours(365 * 24), kMiB);
  make("large", hours(48), 600 * kMiB);
  make("too-large-with-the-other", hours(72), 600 * kMiB);
  make("being-written.tmp-abcdef", hours(0), kMiB);
  make("left-behind.tmp-abcdef", hours(5), kMiB);
  run(model_, "n");
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder())) names.push_back(entry.path().filename());
  EXPECT_THAT(names, ::testing::UnorderedElementsAre(mine.filename().string(), ::testing::StartsWith("n-"),
                                                     "of-last-week", "large", "being-written.tmp-abcdef"));
}

TEST_P(PackedWeightsOf, UseIsNotedOnceADay) {
  run(model_, "m");
  const auto now = fs::file_time_type::clock::now();
  const auto time_after_use = [&](std::chrono::hours before) {
    fs::last_write_time(file(), now - before);
    run(model_, "m");
    return fs::last_write_time(file());
  };
  EXPECT_EQ(time_after_use(std::chrono::hours(20)), now - std::chrono::hours(20));
  EXPECT_GE(time_after_use(std::chrono::hours(30)), now - std::chrono::hours(1));
}

TEST_P(PackedWeightsOf, AFolderThatCannotBeIsDoneWithout) {
  const testing::EnvironmentVariable nowhere("XDG_CACHE_HOME", "/dev/null/cache");
  EXPECT_EQ(run(model_, "m"), expected_);
  EXPECT_TRUE(notices_.empty());
}

}  // namespace
}  // namespace riverbank
