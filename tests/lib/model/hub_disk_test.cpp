// The hub's cache on the disk: other users, full disks, and the hub's own package.
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <fstream>

#include "riverbank/error.h"
#include "riverbank/model.h"
#include "tests/lib/model/hub_fixture.h"
#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using testing::expect_error;
using testing::FakeHub;
using testing::HttpConnection;
using testing::HttpRequest;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

/// Runs as nobody while it lives; only for root.
class AsNobody {
 public:
  AsNobody() { dropped_ = ::seteuid(65534) == 0; }
  ~AsNobody() {
    if (dropped_ && ::seteuid(0) != 0) std::abort();
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

 private:
  bool dropped_ = false;
};

TEST_F(Hub, UsesAReadOnlyCacheAndNamesItWhenItWouldHaveToGrow) {
  const fs::path folder = pull({.repository = FakeHub::kRepository, .revision = "main", .files = {}});
  for (const auto& entry : fs::recursive_directory_iterator(cache_.path())) {
    if (!entry.is_symlink()) fs::permissions(entry, entry.is_directory() ? fs::perms(0555) : fs::perms(0444));
  }
  fs::permissions(cache_.path(), fs::perms(0555));
  {
    const AsNobody nobody;  // the permissions of a folder do not bind root
    EXPECT_EQ(pull(), folder);
    EXPECT_EQ(pull({.repository = FakeHub::kRepository, .revision = "main", .files = {}}), folder);
    HubRequest other = hub_.request();
    other.repository = "owner/other";
    expect_error(ErrorKind::kIo, "cannot make the folder", [&] { pull(other); });
  }
  fs::permissions(cache_.path(), fs::perms(0755));
  for (const auto& entry : fs::recursive_directory_iterator(cache_.path())) {
    if (entry.is_directory() && !entry.is_symlink()) fs::permissions(entry, fs::perms(0755));
  }
}

/// A disk of its own, of one megabyte or so.
class SmallDisk {
 public:
  explicit SmallDisk(const fs::path& at, const char* size) : at_(at) {
    mounted_ = ::mount("riverbank-test", at.c_str(), "tmpfs", 0, size) == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(at_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool mounted() const { return mounted_; }

 private:
  fs::path at_;
  bool mounted_ = false;
};

TEST_F(Hub, SaysBeforehandThatTheDiskIsTooSmall) {
  const SmallDisk disk(cache_.path(), "size=512k");
  if (!disk.mounted()) GTEST_SKIP() << "needs to mount a small tmpfs";
  expect_error(ErrorKind::kIo, "the disk is full: owner/model needs 1.3 MB more in ", [&] { pull(); });
  EXPECT_THAT(hub_.server().requests(), IsEmpty());
}

TEST_F(Hub, SaysThatTheDiskFilledUpMeanwhile) {
  const SmallDisk disk(cache_.path(), "size=2m");
  if (!disk.mounted()) GTEST_SKIP() << "needs to mount a small tmpfs";
  hub_.always(kWeights, [&](const HttpRequest& request, const std::string& body, HttpConnection& connection) {
    std::ofstream(cache_.path() / "another-program's-file") << std::string(std::size_t{2} << 20U, 'x');
    FakeHub::honest(request, body, connection);
  });
  expect_error(ErrorKind::kIo, "the disk is full: ", [&] { pull(); });
  expect_nothing_usable();
}

/// The Python of ./dev, with the hub's own package.
fs::path python() { return fs::path(RIVERBANK_SOURCE_DIR) / "build/python/bin/python"; }

TEST_F(Hub, LeavesACacheThatTheHubsOwnPackageOpensOffline) {
  if (!fs::exists(python())) {
    const char* ci = std::getenv("CI");
    ASSERT_TRUE(ci == nullptr || std::string(ci) != "true") << "CI must have huggingface_hub; run ./dev python";
    GTEST_SKIP() << "needs the Python package huggingface_hub; run ./dev python";
  }
  hub_.add("1_Pooling/config.json", "{}");
  const fs::path folder = pull({.repository = FakeHub::kRepository, .revision = "main", .files = {}});
  const fs::path script = cache_.write("check.py", R"(
import sys
from huggingface_hub import snapshot_download, try_to_load_from_cache, scan_cache_dir
folder, commit = sys.argv[1:]
assert snapshot_download("owner/model", local_files_only=True) == folder
assert snapshot_download("owner/model", revision=commit, local_files_only=True) == folder
for name in ["config.json", "model.safetensors", "1_Pooling/config.json"]:
    assert try_to_load_from_cache("owner/model", name) == f"{folder}/{name}", name
assert try_to_load_from_cache("owner/model", "absent.json") is None
info = scan_cache_dir()
assert not [w for w in info.warnings if "models--" in str(w)], info.warnings
(repo,) = info.repos
(revision,) = repo.revisions
assert repo.repo_id == "owner/model" and revision.commit_hash == commit and revision.refs == {"main"}
assert {f.file_name for f in revision.files} == {"config.json", "model.safetensors", "tokenizer.json"}, revision.files
)");
  const std::string log = (cache_.path() / "log").string();
  const std::string command = "HF_HUB_OFFLINE=1 " + python().string() + " " + script.string() + " " + folder.string() +
                              " " + FakeHub::kCommit + " >" + log + " 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0) << read(log);
}

TEST_F(Hub, FindsWhatTheHubsOwnPackageLeft) {
  // The same layout, by hand: a branch, a small file by its git sum, a large one by its SHA-256.
  const fs::path snapshot = repository() / "snapshots" / FakeHub::kCommit;
  for (const char* folder : {"refs", "blobs"}) fs::create_directories(repository() / folder);
  fs::create_directories(snapshot);
  for (const HubFile& file : hub_.request().files) {
    const std::string bytes = file.path == kWeights ? weights_ : file.path == "config.json" ? "{}" : "[]";
    const std::string name = file.path == kWeights ? file.sha256 : git_blob_sha1(bytes);
    std::ofstream(repository() / "blobs" / name) << bytes;
    fs::create_symlink("../../blobs/" + name, snapshot / file.path);
  }
  std::ofstream(repository() / "refs/main") << FakeHub::kCommit;
  HubSettings settings = hub_.settings();
  settings.offline = true;
  EXPECT_EQ(pull_snapshot(settings, {.repository = FakeHub::kRepository, .revision = "main", .files = {}}, {}, {}),
            snapshot);
  EXPECT_EQ(hub_sum(snapshot / kWeights), to_hex(sha256(weights_)));
  EXPECT_EQ(hub_sum(snapshot / "config.json"), git_blob_sha1("{}"));
}

}  // namespace
}  // namespace riverbank
