#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "lib/model/hub_api.h"
#include "lib/model/hub_cache.h"
#include "lib/model/hub_pull.h"
#include "lib/model/hub_settings.h"
#include "riverbank/error.h"
#include "riverbank/model.h"
#include "tests/support/environment.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace riverbank {
namespace {

using testing::EnvironmentVariable;
using testing::expect_error;
namespace fs = std::filesystem;

constexpr const char* kCommit = "0123456789abcdef0123456789abcdef01234567";

TEST(HubCache, StandsWhereTheEnvironmentSays) {
  const EnvironmentVariable home("HOME", "/home/a");
  const EnvironmentVariable xdg("XDG_CACHE_HOME", std::nullopt);
  const EnvironmentVariable hf_home("HF_HOME", std::nullopt);
  const EnvironmentVariable hf_cache("HF_HUB_CACHE", std::nullopt);
  EXPECT_EQ(hub_cache(), "/home/a/.cache/huggingface/hub");
  const EnvironmentVariable xdg_set("XDG_CACHE_HOME", "/x");
  EXPECT_EQ(hub_cache(), "/x/huggingface/hub");
  const EnvironmentVariable hf_home_set("HF_HOME", "/h");
  EXPECT_EQ(hub_cache(), "/h/hub");
  const EnvironmentVariable hf_cache_set("HF_HUB_CACHE", "/c");
  EXPECT_EQ(hub_cache(), "/c");
  EXPECT_EQ(hub_repository_folder("owner/name"), "/c/models--owner--name");
  EXPECT_EQ(hub_repository_folder("gpt2"), "/c/models--gpt2");
}

TEST(HubCache, SaysWhatToSetWhenNothingIs) {
  const EnvironmentVariable home("HOME", std::nullopt);
  const EnvironmentVariable xdg("XDG_CACHE_HOME", std::nullopt);
  const EnvironmentVariable hf_home("HF_HOME", std::nullopt);
  const EnvironmentVariable hf_cache("HF_HUB_CACHE", std::nullopt);
  expect_error(ErrorKind::kNotFound, "set HF_HOME to a folder", [] { hub_cache(); });
}

TEST(HubCache, TakesNoNameThatCouldLeaveIt) {
  for (const char* good : {"owner/name", "gpt2", "BAAI/bge-small-en-v1.5", "a_b/c-d.e"}) {
    EXPECT_TRUE(is_hub_repository(good)) << good;
  }
  for (const char* bad :
       {"",     "/",    "..",   "../x", "a/../b", "a/b/c",   "/a",    "a/",   "a//b",   "a--b/c",
        ".a/b", "a/.b", "-a/b", "a b",  "a/b\n",  "a\x1b/b", "a/b?c", "a\\b", "a/b%2f", "a/\xc3\xa9"}) {
    EXPECT_FALSE(is_hub_repository(bad)) << bad;
    EXPECT_FALSE(find_snapshot(bad)) << bad;
  }
  for (const char* good : {"main", "v1.0", "refs/pr/1", kCommit}) EXPECT_TRUE(is_hub_revision(good)) << good;
  for (const char* bad : {"", "../../x", "/main", "a b", "main/"}) EXPECT_FALSE(is_hub_revision(bad)) << bad;
}

TEST(HubCache, ListsItsSnapshotsAndOverlooksWhatIsNone) {
  const testing::TemporaryFolder cache;
  const EnvironmentVariable hf_cache("HF_HUB_CACHE", cache.path().string());
  EXPECT_TRUE(list_snapshots().empty());
  const std::string snapshot = std::string("/snapshots/") + kCommit;
  fs::create_directories(cache.path().string() + "/models--owner--name" + snapshot);
  fs::create_directories(cache.path().string() + "/models--gpt2" + snapshot);
  fs::create_directories(cache.path().string() + "/datasets--owner--name" + snapshot);
  fs::create_directories(cache.path() / "models--owner--name/snapshots/not-a-commit");
  fs::create_directories(cache.path() / "models--owner--empty");
  cache.write("models--a--file", "");
  const auto found = list_snapshots();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].repository, "gpt2");
  EXPECT_EQ(found[1].repository, "owner/name");
  EXPECT_EQ(found[1].commit, kCommit);
  EXPECT_EQ(found[1].folder, cache.path() / "models--owner--name/snapshots" / kCommit);
}

TEST(HubCache, BelievesAReferenceOnlyWhenItIsACommit) {
  const testing::TemporaryFolder cache;
  const EnvironmentVariable hf_cache("HF_HUB_CACHE", cache.path().string());
  fs::create_directories(cache.path() / "models--owner--name/snapshots" / kCommit);
  fs::create_directories(cache.path() / "elsewhere");
  EXPECT_FALSE(find_snapshot("owner/name", "main"));
  cache.write("models--owner--name/refs/main", std::string(kCommit) + "\n");
  EXPECT_TRUE(find_snapshot("owner/name", "main"));
  for (const std::string& bad : {std::string("../../../elsewhere"), std::string(), std::string(5000, 'a')}) {
    cache.write("models--owner--name/refs/main", bad);
    EXPECT_FALSE(find_snapshot("owner/name", "main")) << bad.substr(0, 50);
  }
}

TEST(HubCache, SumsAsGitDoes) {
  // printf 'hello\n' | git hash-object --stdin; git hash-object /dev/null
  EXPECT_EQ(git_blob_sha1("hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
  EXPECT_EQ(git_blob_sha1(""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
}

class HubSettingsTest : public ::testing::Test {
 protected:
  testing::TemporaryFolder home_;
  EnvironmentVariable hf_home_{"HF_HOME", home_.path().string()};
  EnvironmentVariable endpoint_{"HF_ENDPOINT", std::nullopt};
  EnvironmentVariable token_{"HF_TOKEN", std::nullopt};
  EnvironmentVariable token_path_{"HF_TOKEN_PATH", std::nullopt};
  EnvironmentVariable offline_{"HF_HUB_OFFLINE", std::nullopt};
};

TEST_F(HubSettingsTest, AreTheHubsOwnWhenNothingIsSet) {
  const HubSettings settings = hub_settings();
  EXPECT_EQ(settings.endpoint, HubSettings().endpoint);
  EXPECT_EQ(settings.token, "");
  EXPECT_FALSE(settings.offline);
}

TEST_F(HubSettingsTest, ReadTheEndpointWithoutItsLastSlash) {
  const EnvironmentVariable endpoint("HF_ENDPOINT", "https://mirror.example:8443/hub/");
  EXPECT_EQ(hub_settings().endpoint, "https://mirror.example:8443/hub");
  EXPECT_EQ(host_of(hub_settings().endpoint), "mirror.example:8443");
}

TEST_F(HubSettingsTest, RefuseAnEndpointThatIsNoAddress) {
  for (const char* bad : {"mirror", "ftp://mirror.example", "https://", "file:///etc", "http://a b"}) {
    const EnvironmentVariable endpoint("HF_ENDPOINT", bad);
    expect_error(ErrorKind::kInvalidArgument, "HF_ENDPOINT is \"" + std::string(bad) + "\", which is not the address",
                 [] { hub_settings(); });
  }
  const EnvironmentVariable endpoint("HF_ENDPOINT", "\x1b[2J");
  expect_error(ErrorKind::kInvalidArgument, "HF_ENDPOINT is \"\\x1b[2J\"", [] { hub_settings(); });
}

TEST_F(HubSettingsTest, TakeTheTokenOfTheEnvironmentBeforeTheFiles) {
  home_.write("token", "from_login\n");
  EXPECT_EQ(hub_settings().token, "from_login");
  const EnvironmentVariable path("HF_TOKEN_PATH", home_.write("elsewhere", " from_path ").string());
  EXPECT_EQ(hub_settings().token, "from_path");
  const EnvironmentVariable token("HF_TOKEN", "from_environment\n");
  EXPECT_EQ(hub_settings().token, "from_environment");
}

TEST_F(HubSettingsTest, RefuseATokenThatCouldForgeAHeaderAndDoNotShowIt) {
  const EnvironmentVariable token("HF_TOKEN", "hf_secret\r\nX-Evil: 1");
  try {
    hub_settings();
    ADD_FAILURE() << "it must throw";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidArgument);
    EXPECT_THAT(error.what(), ::testing::Not(::testing::HasSubstr("secret")));
  }
}

TEST_F(HubSettingsTest, KnowWhatCountsAsOffline) {
  for (const auto& [value, offline] :
       {std::pair{"1", true}, {"true", true}, {"YES", true}, {"0", false}, {"", false}}) {
    const EnvironmentVariable variable("HF_HUB_OFFLINE", value);
    EXPECT_EQ(hub_settings().offline, offline) << value;
  }
}

TEST(HubOrigin, IsSchemeHostAndPort) {
  EXPECT_EQ(origin_of("https://Hub.Example/a"), origin_of("https://hub.example:443/b?c"));
  for (const char* other : {"http://hub.example/a", "https://hub.example:444", "https://hub.example.evil.example",
                            "https://evil.example/hub.example", "https://hub.example@evil.example/"}) {
    EXPECT_NE(origin_of("https://hub.example/a"), origin_of(other)) << other;
  }
  EXPECT_EQ(origin_of("file:///etc/passwd"), "");
  EXPECT_EQ(origin_of("nothing"), "");
}

TEST(HubRequestTest, KnowsTheCatalogueByNameAndByRepository) {
  for (const char* name : {"bge-small-en-v1.5", "BAAI/bge-small-en-v1.5"}) {
    const HubRequest request = request_for(name);
    EXPECT_EQ(request.repository, "BAAI/bge-small-en-v1.5");
    EXPECT_EQ(request.revision, "5c38ec7c405ec4b44b94cc5a9bb96e735b38267a");
    ASSERT_FALSE(request.files.empty());
    EXPECT_EQ(request.files.back().path, "model.safetensors");
    EXPECT_EQ(request.files.back().bytes, 133'466'304U);
  }
  EXPECT_EQ(request_for("bge-small-en-v1.5@main").revision, "main");
  EXPECT_TRUE(request_for("bge-small-en-v1.5@main").files.empty());
}

TEST(HubRequestTest, TakesAnyOtherRepositoryWithItsRevision) {
  EXPECT_EQ(request_for("intfloat/e5-small").repository, "intfloat/e5-small");
  EXPECT_EQ(request_for("intfloat/e5-small").revision, "main");
  EXPECT_EQ(request_for("intfloat/e5-small@refs/pr/1").revision, "refs/pr/1");
}

TEST(HubRequestTest, RefusesWhatNamesNothing) {
  expect_error(ErrorKind::kNotFound, "no model is called \"bge-small-en-1.5\" (did you mean bge-small-en-v1.5?)",
               [] { request_for("bge-small-en-1.5"); });
  expect_error(ErrorKind::kNotFound, "no model is called \"\\x1b[2J\"", [] { request_for("\x1b[2J"); });
  for (const char* bad : {"../x", "a/b/c", "a/b@", "a/b@../x", "a/b@x@y", "a b/c"}) {
    expect_error(ErrorKind::kInvalidArgument, "cannot be a model on the hub", [&] { request_for(bad); });
  }
}

const std::string kSum(64, 'a');
const std::string kGitSum(40, 'b');

std::string file(const std::string& path, const std::string& rest = "") {
  return R"({"rfilename":")" + path + R"(","size":10,"blobId":")" + kGitSum + '"' + rest + "}";
}

std::string tree(const std::string& files) {
  return std::string(R"({"sha":")") + kCommit + R"(","siblings":[)" + files + "]}";
}

const std::string kLfs = R"(,"lfs":{"sha256":")" + kSum + R"("})";
const std::string kModel = file("model.safetensors", kLfs) + "," + file("config.json") + "," + file("tokenizer.json");

TEST(HubAnswer, NamesTheFilesOfAModelWithTheirSums) {
  const HubTree found = parse_hub_answer(tree(kModel + "," + file("README.md") + "," + file("1_Pooling/config.json") +
                                              "," + file("../config.json") + "," + file("onnx/model.onnx")),
                                         "a/b");
  EXPECT_EQ(found.commit.commit, kCommit);
  ASSERT_EQ(found.files.size(), 4U);
  EXPECT_EQ(found.files[0].path, "config.json");
  EXPECT_EQ(found.files[0].git_sha1, kGitSum);
  EXPECT_EQ(found.files[2].path, "1_Pooling/config.json");
  EXPECT_EQ(found.files[3].path, "model.safetensors");
  EXPECT_EQ(found.files[3].sha256, kSum);
  EXPECT_EQ(found.files[3].git_sha1, "");
}

TEST(HubAnswer, IsRefusedByNameWhenItIsNotOne) {
  const auto refused = [](const std::string& json, const std::string& part) {
    expect_error(ErrorKind::kCorrupt, part, [&] { parse_hub_answer(json, "a/b"); });
  };
  refused("<html>Welcome</html>", "the hub's answer about a/b makes no sense: it is not a JSON object");
  refused("[]", "it is not a JSON object");
  refused("{}", "\"sha\" is not a commit");
  refused(R"({"sha":"../../etc"})", "\"sha\" is not a commit");
  refused(R"({"sha":7})", "\"sha\" is not a commit");
  refused(std::string(R"({"sha":")") + kCommit + R"(","siblings":{}})", "\"siblings\" is missing");
  refused(tree(R"({"rfilename":"config.json"})"), "config.json has no size");
  refused(tree(R"({"rfilename":"config.json","size":-1})"), "config.json has no size");
  refused(tree(R"({"rfilename":"config.json","size":99999999999999999})"), "config.json has no size");
  refused(tree(R"({"rfilename":"config.json","size":1})"), "config.json has no checksum");
  refused(tree(R"({"rfilename":"config.json","size":1,"blobId":"../x"})"), "config.json has no checksum");
  refused(tree(R"({"rfilename":"config.json","size":1,"lfs":{"sha256":"AB"}})"), "config.json has no checksum");
}

TEST(HubAnswer, NeverFallsOnAnyCutOrFlip) {
  const std::string whole = tree(kModel);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string flipped = whole;
    flipped[i] = static_cast<char>(flipped[i] ^ 4);
    for (const std::string& json : {whole.substr(0, i), flipped}) {
      try {
        parse_hub_answer(json, "a/b");
      } catch (const Error&) {  // an Error is all that may come
      }
    }
  }
}

TEST(HubAnswer, RefusesARepositoryThatIsNoModelForUs) {
  const auto refused = [](const std::string& files, const std::string& part) {
    expect_error(ErrorKind::kUnsupported, part, [&] { parse_hub_answer(tree(files), "a/b"); });
  };
  refused("", "a/b has no config.json");
  refused(file("config.json"), "a/b has no model.safetensors; name a repository that holds the weights");
  refused(file("config.json") + "," + file("pytorch_model.bin"),
          "a/b has no model.safetensors, only weights in other formats or in parts");
  refused(file("config.json") + "," + file("model.safetensors", kLfs), "a/b has no tokenizer.json and no vocab.txt");
}

}  // namespace
}  // namespace riverbank
