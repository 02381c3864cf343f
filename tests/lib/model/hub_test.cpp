#include <gmock/gmock.h>

#include "riverbank/error.h"
#include "tests/lib/model/hub_fixture.h"
#include "tests/support/expect_error.h"

namespace riverbank {
namespace {

using testing::answer;
using testing::drop_after;
using testing::expect_error;
using testing::FakeHub;
using ::testing::HasSubstr;
using testing::HttpConnection;
using testing::HttpRequest;
using testing::HttpServer;
using testing::ignore_range;
using ::testing::IsEmpty;
using testing::redirect;
using testing::send_instead;
using ::testing::SizeIs;
using testing::stall_after;
namespace fs = std::filesystem;

TEST_F(Hub, BringsEveryFileWholeAndAsksNobodyTheSecondTime) {
  const fs::path folder = pull();
  EXPECT_EQ(folder, repository() / "snapshots" / FakeHub::kCommit);
  EXPECT_EQ(read(folder / kWeights), weights_);
  EXPECT_EQ(read(folder / "config.json"), R"({"model_type":"bert"})");
  EXPECT_EQ(fs::read_symlink(folder / kWeights), "../../blobs/" + to_hex(sha256(weights_)));
  EXPECT_FALSE(fs::exists(partial()));
  const std::size_t requests = hub_.server().requests().size();
  EXPECT_EQ(pull(), folder);
  EXPECT_EQ(hub_.server().requests().size(), requests);
}

TEST_F(Hub, AsksTheApiWhatABranchIsAndNotesIt) {
  hub_.add("1_Pooling/config.json", "{}");
  hub_.add("README.md", "not of the model");
  const fs::path folder = pull({.repository = FakeHub::kRepository, .revision = "main", .files = {}});
  EXPECT_EQ(folder, repository() / "snapshots" / FakeHub::kCommit);
  EXPECT_EQ(read(repository() / "refs/main"), FakeHub::kCommit);
  EXPECT_EQ(read(folder / kWeights), weights_);
  EXPECT_TRUE(fs::exists(folder / "1_Pooling/config.json"));
  EXPECT_EQ(fs::read_symlink(folder / "1_Pooling/config.json"), "../../../blobs/" + git_blob_sha1("{}"));
  EXPECT_FALSE(fs::exists(folder / "README.md"));
  EXPECT_EQ(find_snapshot(FakeHub::kRepository, "main"), folder);
}

TEST_F(Hub, TellsHowFarItIs) {
  std::vector<TransferProgress> told;
  pull_snapshot(hub_.settings(), hub_.request(), [&](const TransferProgress& now) { told.push_back(now); }, {});
  ASSERT_FALSE(told.empty());
  std::uint64_t last = 0;
  for (const TransferProgress& now : told) {
    EXPECT_LE(now.done, now.total);
    if (now.file != kWeights) continue;
    EXPECT_EQ(now.total, weights_.size());
    EXPECT_GE(now.done, last);
    EXPECT_GE(now.bytes_per_second, 0);
    last = now.done;
  }
  EXPECT_EQ(last, weights_.size());
}

TEST_F(Hub, GoesOnAfterADropInTheMiddle) {
  hub_.next(kWeights, drop_after(100'000));
  EXPECT_EQ(read(pull() / kWeights), weights_);
  const auto requests = hub_.requests(kWeights);
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[1].header("range"), "bytes=100000-");
}

TEST_F(Hub, KeepsWhatCameWhenEveryTryFailsAndGoesOnFromThereNextTime) {
  hub_.next(kWeights, drop_after(100'000));
  hub_.next(kWeights, drop_after(0), 3);
  expect_error(ErrorKind::kIo, "broke 3 times while model.safetensors of owner/model came", [&] { pull(); });
  expect_nothing_usable();
  EXPECT_EQ(fs::file_size(partial()), 100'000);
  EXPECT_EQ(read(pull() / kWeights), weights_);
  EXPECT_EQ(hub_.requests(kWeights).back().header("range"), "bytes=100000-");
}

TEST_F(Hub, BeginsAgainWhenTheServerIgnoresTheRange) {
  hub_.next(kWeights, drop_after(100'000));
  hub_.next(kWeights, ignore_range());
  EXPECT_EQ(read(pull() / kWeights), weights_);
}

TEST_F(Hub, GivesUpOnAServerThatAlwaysBeginsAgainAndNeverEnds) {
  hub_.always(kWeights, [](const HttpRequest&, const std::string& body, HttpConnection& connection) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + body.substr(0, 100'000));
  });
  expect_error(ErrorKind::kIo, "the connection to 127.0.0.1:", [&] { pull(); });
  EXPECT_LE(hub_.requests(kWeights).size(), 5U);
  expect_nothing_usable();
}

TEST_F(Hub, RefusesAWrongSumByNameAndKeepsNothingOfIt) {
  std::string wrong = weights_;
  wrong[150'000] ^= 1;
  hub_.always(kWeights, send_instead(wrong));
  expect_error(ErrorKind::kCorrupt,
               "model.safetensors has SHA-256 " + to_hex(sha256(wrong)) + ", expected " + to_hex(sha256(weights_)) +
                   "; the download was damaged or the file was replaced. It was not kept. Try again, or name another "
                   "source with HF_ENDPOINT.",
               [&] { pull(); });
  EXPECT_FALSE(fs::exists(partial()));
  expect_nothing_usable();
}

TEST_F(Hub, RefusesASmallFileWhoseGitSumIsWrong) {
  hub_.always("config.json", send_instead(R"({"model_type":"BERT"})"));
  expect_error(ErrorKind::kCorrupt, "config.json has git blob SHA-1 ",
               [&] { pull({.repository = FakeHub::kRepository, .revision = "main", .files = {}}); });
  expect_nothing_usable();
}

TEST_F(Hub, BeginsAgainOnceWhenThePartThatWasThereIsWrong) {
  fs::create_directories(partial().parent_path());
  std::ofstream(partial()) << std::string(50'000, 'x');
  EXPECT_EQ(read(pull() / kWeights), weights_);
}

TEST_F(Hub, DoesNotTrustAPartThatIsLongerThanTheFile) {
  fs::create_directories(partial().parent_path());
  std::ofstream(partial()) << weights_ << "more";
  EXPECT_EQ(read(pull() / kWeights), weights_);
}

TEST_F(Hub, NamesAFileThatEndsTooSoon) {
  hub_.always(kWeights, send_instead(weights_.substr(0, 200'000)));
  expect_error(ErrorKind::kCorrupt, "ends after 200000 of 300000 bytes", [&] { pull(); });
  expect_nothing_usable();
}

TEST_F(Hub, NamesAFileThatEndsTooSoonWhateverIsAsked) {
  hub_.always(kWeights, [](const HttpRequest&, const std::string& body, HttpConnection& connection) {
    connection.answer("200 OK", body.substr(0, 200'000));
  });
  expect_error(ErrorKind::kCorrupt, "model.safetensors of owner/model ends after 200000 of 300000 bytes",
               [&] { pull(); });
  expect_nothing_usable();
}

TEST_F(Hub, StopsABodyThatNeverEnds) {
  hub_.always(kWeights, [](const HttpRequest&, const std::string& body, HttpConnection& connection) {
    connection.send("HTTP/1.1 200 OK\r\n\r\n");
    for (int i = 0; i < 1000; ++i) connection.send(body);
  });
  expect_error(ErrorKind::kCorrupt, "model.safetensors of owner/model has more than the 300000 bytes", [&] { pull(); });
  EXPECT_EQ(fs::file_size(partial()), 0);
  expect_nothing_usable();
}

TEST_F(Hub, RefusesAnotherPartThanAskedFor) {
  hub_.next(kWeights, drop_after(100'000));
  hub_.next(kWeights, [](const HttpRequest&, const std::string& body, HttpConnection& connection) {
    connection.answer("206 Partial Content", body.substr(0, 1000), "Content-Range: bytes 0-999/300000\r\n");
  });
  expect_error(ErrorKind::kIo, "sent another part of model.safetensors of owner/model", [&] { pull(); });
  expect_nothing_usable();
}

TEST_F(Hub, WaitsForAServerThatFailsForAWhile) {
  hub_.next(kWeights, answer("500 Internal Server Error"));
  hub_.next(kWeights, answer("503 Service Unavailable", "Retry-After: 0\r\n"));
  EXPECT_EQ(read(pull() / kWeights), weights_);
}

TEST_F(Hub, NamesAServerThatKeepsFailing) {
  hub_.always(kWeights, answer("502 Bad Gateway"));
  expect_error(ErrorKind::kIo, "answered HTTP 502 when asked for model.safetensors of owner/model", [&] { pull(); });
  EXPECT_THAT(hub_.requests(kWeights), SizeIs(3));
}

TEST_F(Hub, NamesWhatIsNotThere) {
  hub_.always(kWeights, answer("404 Not Found", "X-Error-Code: EntryNotFound\r\n"));
  expect_error(ErrorKind::kNotFound, "has no model.safetensors of owner/model (HTTP 404, EntryNotFound)",
               [&] { pull(); });
  EXPECT_THAT(hub_.requests(kWeights), SizeIs(1));
  expect_error(ErrorKind::kNotFound, "has no model owner/other at revision main (HTTP 404",
               [&] { pull({.repository = "owner/other", .revision = "main", .files = {}}); });
}

TEST_F(Hub, SaysThatAGatedModelWantsAToken) {
  hub_.always("api", answer("401 Unauthorized", "X-Error-Code: GatedRepo\r\n"));
  const HubRequest branch{.repository = FakeHub::kRepository, .revision = "main", .files = {}};
  expect_error(ErrorKind::kIo, "set HF_TOKEN to a token that may read it", [&] { pull(branch); });
  HubSettings settings = hub_.settings();
  settings.token = "hf_secret";
  try {
    pull_snapshot(settings, branch, {}, {});
    ADD_FAILURE() << "a refusal must throw";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("the token that is set may not read it"));
    EXPECT_THAT(error.what(), ::testing::Not(HasSubstr("hf_secret")));
  }
}

TEST_F(Hub, SendsTheTokenToTheEndpointAndToNoOtherServer) {
  HttpServer other([&](const auto& request, auto& connection) { FakeHub::honest(request, weights_, connection); });
  hub_.always(kWeights, redirect(other.url() + "/elsewhere?signature=1"));
  HubSettings settings = hub_.settings();
  settings.token = "hf_secret";
  EXPECT_EQ(read(pull_snapshot(settings, hub_.request(), {}, {}) / kWeights), weights_);
  for (const HttpRequest& request : hub_.server().requests()) {
    EXPECT_EQ(request.header("authorization"), "Bearer hf_secret");
  }
  ASSERT_THAT(other.requests(), SizeIs(1));
  EXPECT_EQ(other.requests()[0].path, "/elsewhere?signature=1");
  EXPECT_EQ(other.requests()[0].header("authorization"), "");
}

TEST_F(Hub, TakesTheSameServerUnderAnotherNameForAnotherOne) {
  hub_.add("moved", weights_);
  hub_.next(kWeights, redirect(hub_.server().other_url() + "/owner/model/resolve/" + FakeHub::kCommit + "/moved"));
  HubSettings settings = hub_.settings();
  settings.token = "hf_secret";
  HubRequest request = hub_.request();
  std::erase_if(request.files, [](const HubFile& file) { return file.path == "moved"; });
  EXPECT_EQ(read(pull_snapshot(settings, request, {}, {}) / kWeights), weights_);
  ASSERT_THAT(hub_.requests("moved"), SizeIs(1));
  EXPECT_EQ(hub_.requests("moved")[0].header("authorization"), "");
}

TEST_F(Hub, FollowsARelativeRedirectWithTheTokenAndResumesThroughIt) {
  hub_.add("moved", weights_);
  hub_.next(kWeights, drop_after(100'000));
  hub_.next(kWeights, redirect(std::string("/owner/model/resolve/") + FakeHub::kCommit + "/moved"));
  HubSettings settings = hub_.settings();
  settings.token = "hf_secret";
  HubRequest request = hub_.request();
  std::erase_if(request.files, [](const HubFile& file) { return file.path == "moved"; });
  EXPECT_EQ(read(pull_snapshot(settings, request, {}, {}) / kWeights), weights_);
  ASSERT_THAT(hub_.requests("moved"), SizeIs(1));
  EXPECT_EQ(hub_.requests("moved")[0].header("authorization"), "Bearer hf_secret");
  EXPECT_EQ(hub_.requests("moved")[0].header("range"), "bytes=100000-");
}

TEST_F(Hub, EndsARedirectLoop) {
  hub_.always(kWeights, redirect(std::string("/owner/model/resolve/") + FakeHub::kCommit + "/" + kWeights));
  expect_error(ErrorKind::kIo, "redirects more than 10 times", [&] { pull(); });
  EXPECT_THAT(hub_.requests(kWeights), SizeIs(11));
}

TEST_F(Hub, FollowsARedirectToTheWebOnly) {
  hub_.always(kWeights, redirect("file:///etc/passwd"));
  expect_error(ErrorKind::kIo, "cannot reach", [&] { pull(); });
  expect_nothing_usable();
}

TEST_F(Hub, NamesADeadConnection) {
  hub_.next(kWeights, stall_after(100'000));
  hub_.always(kWeights, stall_after(0));
  HubSettings settings = hub_.settings();
  settings.tries = 2;
  expect_error(ErrorKind::kIo, "is dead: nothing of model.safetensors of owner/model came for 1 s",
               [&] { pull_snapshot(settings, hub_.request(), {}, {}); });
  EXPECT_EQ(fs::file_size(partial()), 100'000);
  expect_nothing_usable();
}

TEST_F(Hub, NamesAServerThatCannotBeReachedAtOnce) {
  HubSettings settings = hub_.settings();
  settings.endpoint = "http://127.0.0.1:1";
  settings.pause_after_first = std::chrono::minutes(1);  // a second try would be noticed
  expect_error(ErrorKind::kIo, "cannot reach 127.0.0.1:1 for ",
               [&] { pull_snapshot(settings, hub_.request(), {}, {}); });
}

TEST_F(Hub, StopsWhenToldToAndGoesOnNextTime) {
  hub_.next(kWeights, stall_after(100'000));
  std::stop_source stop;
  std::jthread stopper([&] {
    std::error_code not_yet;
    while (fs::file_size(partial(), not_yet) != 100'000) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    stop.request_stop();
  });
  expect_error(ErrorKind::kCancelled, "what was downloaded is kept",
               [&] { pull_snapshot(hub_.settings(), hub_.request(), {}, stop.get_token()); });
  expect_nothing_usable();
  const auto kept = fs::file_size(partial());
  EXPECT_GT(kept, 0U);
  EXPECT_EQ(read(pull() / kWeights), weights_);
  EXPECT_EQ(hub_.requests(kWeights).back().header("range"), "bytes=" + std::to_string(kept) + "-");
}

TEST_F(Hub, StopsWhileItWaitsForTheNextTry) {
  hub_.always(kWeights, answer("503 Service Unavailable", "Retry-After: 60\r\n"));
  std::stop_source stop;
  std::jthread stopper([&] {
    while (hub_.requests(kWeights).empty()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    stop.request_stop();
  });
  expect_error(ErrorKind::kCancelled, "stopped",
               [&] { pull_snapshot(hub_.settings(), hub_.request(), {}, stop.get_token()); });
}

TEST_F(Hub, TwoPullsAtOnceDownloadOnce) {
  {
    const auto one = [&] { EXPECT_NO_THROW(EXPECT_EQ(read(pull() / kWeights), weights_)); };
    const std::jthread a(one), b(one), c(one), d(one);
  }
  EXPECT_THAT(hub_.requests(kWeights), SizeIs(1));
}

TEST_F(Hub, ReplacesABlobOfTheWrongSize) {
  const fs::path blob = fs::canonical(pull() / kWeights);
  fs::resize_file(blob, 1000);
  EXPECT_EQ(read(pull() / kWeights), weights_);
}

TEST_F(Hub, OfflineTakesWhatIsThereAndAsksNobody) {
  HubSettings settings = hub_.settings();
  settings.offline = true;
  const HubRequest branch{.repository = FakeHub::kRepository, .revision = "main", .files = {}};
  for (const HubRequest& request : {branch, hub_.request()}) {
    expect_error(ErrorKind::kIo, "HF_HUB_OFFLINE is set", [&] { pull_snapshot(settings, request, {}, {}); });
  }
  EXPECT_THAT(hub_.server().requests(), IsEmpty());
  const fs::path folder = pull(branch);
  const std::size_t requests = hub_.server().requests().size();
  EXPECT_EQ(pull_snapshot(settings, branch, {}, {}), folder);
  EXPECT_EQ(pull_snapshot(settings, hub_.request(), {}, {}), folder);
  EXPECT_EQ(hub_.server().requests().size(), requests);
}

}  // namespace
}  // namespace riverbank
