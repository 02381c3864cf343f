#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/model/catalogue.h"
#include "lib/model/locate.h"
#include "lib/model/model.h"
#include "lib/model/onnx_weights.h"
#include "lib/model/sums.h"
#include "riverbank/model.h"
#include "tests/support/environment.h"
#include "tests/support/expect_error.h"
#include "tests/support/model_folder.h"
#include "tests/support/temporary_folder.h"

namespace riverbank {
namespace {

namespace fs = std::filesystem;
using testing::EnvironmentVariable;
using testing::expect_error;
using ::testing::HasSubstr;
using testing::write_tiny_model;

/// A machine of its own: nothing imported, nothing cached, no hub.
class ModelTest : public ::testing::Test {
 protected:
  ModelTest()
      : data_("XDG_DATA_HOME", (home_.path() / "data").string()),
        cache_("XDG_CACHE_HOME", (home_.path() / "cache").string()),
        hub_("HF_HUB_CACHE", (home_.path() / "hub").string()) {}

  fs::path tiny(const std::string& name, unsigned seed = 7) const {
    return write_tiny_model(home_.path() / name, seed);
  }
  fs::path import(const fs::path& folder, const std::string& name = "") const {
    return import_model({{folder}, {}, name}, {});
  }
  /// What stands in the folder of imported models, hidden or not.
  static std::size_t count_imported() {
    std::error_code ignored;
    const fs::directory_iterator all(models_folder(), ignored);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
  static std::string text(const fs::path& file) { return read_file(file, 1U << 20U); }

  testing::TemporaryFolder home_;
  EnvironmentVariable data_, cache_, hub_;
};

TEST_F(ModelTest, AFolderOfOnesOwnLoadsByItsPath) {
  const fs::path folder = tiny("my-bert");
  const auto model = load_model(folder.string());
  EXPECT_EQ(model->config.num_layers, 2);
  EXPECT_EQ(model->embedding.pooling, Pooling::kMean);
  EXPECT_EQ(model->embedding.max_tokens, 40);
  EXPECT_EQ(model->fingerprint.size(), 32U);
  EXPECT_FALSE(model->calibration.has_value());
  EXPECT_EQ(find_model(folder.string()), folder);
}

TEST_F(ModelTest, TheFingerprintChangesWithAnythingThatCouldChangeAVector) {
  const fs::path folder = tiny("my-bert");
  const std::string path = folder.string();
  std::vector<std::string> prints = {load_model(path)->fingerprint};
  EXPECT_EQ(load_model(path)->fingerprint, prints[0]);
  EXPECT_EQ(load_model(tiny("a-copy").string())->fingerprint, prints[0]);
  const auto changed = [&](const std::string& file, const std::string& content) {
    std::ofstream(folder / file) << content;
    prints.push_back(load_model(path)->fingerprint);
  };
  changed("config.json", [&] {
    EncoderConfig config = testing::tiny_config();
    config.activation = Activation::kRelu;
    return format_encoder_config(config);
  }());
  changed("sentence_bert_config.json", R"({"max_seq_length": 16})");
  changed("config_sentence_transformers.json", R"({"prompts": {"query": "q: "}})");
  changed("config_sentence_transformers.json", R"({"prompts": {"query": "q:", "document": " "}})");
  changed("vocab.txt", [&] {
    std::string vocabulary = testing::tiny_vocabulary();
    return vocabulary.replace(vocabulary.find("river"), 5, "brook");
  }());
  write_tiny_model(folder, 8);
  prints.push_back(load_model(path)->fingerprint);
  const std::set<std::string> different(prints.begin(), prints.end());
  EXPECT_EQ(different.size(), prints.size());
}

TEST_F(ModelTest, ASumIsComputedOnceForAFileThatRests) {
  const std::string sum = sum_of_file("/usr/bin", "env");  // of a file that was written long ago
  EXPECT_EQ(sum, to_hex(sha256_of_file("/usr/bin/env")));
  const fs::path kept = home_.path() / "cache/riverbank/sums";
  ASSERT_TRUE(fs::exists(kept));
  const fs::path entry = fs::directory_iterator(kept)->path();
  std::ofstream(entry) << std::string(64, 'a');  // what was kept is believed …
  EXPECT_EQ(sum_of_file("/usr/bin", "env"), std::string(64, 'a'));
  std::ofstream(entry) << "no sum";  // … unless it is no sum
  EXPECT_EQ(sum_of_file("/usr/bin", "env"), sum);
}

TEST_F(ModelTest, ASumIsComputedAgainForAFileThatChanges) {
  const fs::path folder = tiny("my-bert");
  const fs::path file = folder / "model.safetensors";
  const auto written = fs::last_write_time(file);
  EXPECT_EQ(sum_of_file(folder, "model.safetensors"), to_hex(sha256_of_file(file)));
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary) << '?';  // the same size, and then the same time
  fs::last_write_time(file, written);
  EXPECT_EQ(sum_of_file(folder, "model.safetensors"), to_hex(sha256_of_file(file)));
}

TEST_F(ModelTest, ACacheThatCannotBeWrittenIsNoError) {
  home_.write("cache", "a file where a folder should be");
  EXPECT_EQ(sum_of_file("/usr/bin", "env"), to_hex(sha256_of_file("/usr/bin/env")));
}

TEST_F(ModelTest, AnImportedFolderIsFoundLoadedAndVerified) {
  const fs::path source = tiny("my-bert");
  std::ofstream(source / "README.md") << "not part of the model";
  const fs::path folder = import(source);
  EXPECT_EQ(folder, models_folder() / "my-bert");
  EXPECT_EQ(find_model("my-bert"), folder);
  EXPECT_FALSE(fs::exists(folder / "README.md"));
  EXPECT_EQ(count_imported(), 1U);
  EXPECT_EQ(load_model("my-bert")->fingerprint, load_model(source.string())->fingerprint);
  const auto files = verify_model("my-bert", {});
  ASSERT_EQ(files.size(), 3U);
  for (const VerifiedFile& file : files) EXPECT_EQ(file.problem, "") << file.file;
  EXPECT_EQ(text(folder / kSumsFile), to_hex(sha256_of_file(folder / "config.json")) + "  config.json\n" +
                                          to_hex(sha256_of_file(folder / "model.safetensors")) +
                                          "  model.safetensors\n" + to_hex(sha256_of_file(folder / "vocab.txt")) +
                                          "  vocab.txt\n");
}

TEST_F(ModelTest, VerifyNamesWhatIsWrong) {
  const fs::path folder = import(tiny("my-bert"));
  std::ofstream(folder / "vocab.txt", std::ios::app) << "extra\n";
  fs::remove(folder / "config.json");
  std::ofstream(folder / "modules.json") << "[]";
  std::map<std::string, std::string> problems;
  for (const VerifiedFile& file : verify_model("my-bert", {})) problems[file.file] = file.problem;
  EXPECT_EQ(problems.at("config.json"), "is missing");
  EXPECT_EQ(problems.at("model.safetensors"), "");
  EXPECT_THAT(problems.at("vocab.txt"), HasSubstr("has SHA-256 "));
  EXPECT_THAT(problems.at("vocab.txt"), HasSubstr(", expected "));
  EXPECT_EQ(problems.at("modules.json"), "was not there when the sums were written");
  expect_error(ErrorKind::kNotFound, "no sums are known", [&] { verify_model(tiny("other").string(), {}); });
}

TEST_F(ModelTest, AChangeAfterTheImportChangesTheFingerprint) {
  const fs::path folder = import(tiny("my-bert"));
  const std::string before = load_model("my-bert")->fingerprint;
  std::string vocabulary = testing::tiny_vocabulary();
  vocabulary.replace(vocabulary.find("river"), 5, "brook");
  std::ofstream(folder / "vocab.txt") << vocabulary;
  fs::last_write_time(folder / "vocab.txt", fs::last_write_time(folder / kSumsFile) + std::chrono::seconds(1));
  EXPECT_NE(load_model("my-bert")->fingerprint, before);
}

TEST_F(ModelTest, ImportingAgainReplacesTheSameAndRefusesAnother) {
  import(tiny("my-bert"));
  std::ofstream(models_folder() / "my-bert/vocab.txt") << "damaged";
  const fs::path again = import(tiny("my-bert"));
  EXPECT_EQ(text(again / "vocab.txt"), testing::tiny_vocabulary());
  expect_error(ErrorKind::kInvalidArgument, "\"my-bert\" is imported already, with other weights",
               [&] { import(tiny("another", 8), "my-bert"); });
  import(tiny("another", 8));
  EXPECT_EQ(count_imported(), 2U);
}

TEST_F(ModelTest, ImportRefusesNamesThatAreNone) {
  for (const std::string& name : {std::string("a/b"), std::string(".."), std::string(".hidden"), std::string("-flag"),
                                  std::string("line\nbreak"), std::string("\x1b[31m"), std::string(300, 'x')}) {
    expect_error(ErrorKind::kInvalidArgument, "cannot be the name of a model", [&] { import(tiny("my-bert"), name); });
  }
  EXPECT_EQ(count_imported(), 0U);
}

TEST_F(ModelTest, AnImportThatFailsLeavesNothing) {
  const fs::path folder = tiny("broken");
  fs::resize_file(folder / "model.safetensors", fs::file_size(folder / "model.safetensors") - 1);
  expect_error(ErrorKind::kCorrupt, "broken/model.safetensors", [&] { import(folder); });
  const fs::path mute = tiny("mute");
  fs::remove(mute / "vocab.txt");
  expect_error(ErrorKind::kNotFound, "mute", [&] { import(mute); });
  std::stop_source stop;
  stop.request_stop();
  expect_error(ErrorKind::kCancelled, "stopped", [&] { import_model({{tiny("my-bert")}, {}, ""}, stop.get_token()); });
  EXPECT_EQ(count_imported(), 0U);
  expect_error(ErrorKind::kInvalidArgument, "nothing to import", [] { import_model({}, {}); });
}

TEST_F(ModelTest, AKilledImportIsTidiedUpLater) {
  fs::create_directories(models_folder() / ".import-killed");
  fs::create_directories(models_folder() / ".import-running");
  fs::last_write_time(models_folder() / ".import-killed", fs::file_time_type::clock::now() - std::chrono::hours(30));
  import(tiny("my-bert"));
  EXPECT_FALSE(fs::exists(models_folder() / ".import-killed"));
  EXPECT_TRUE(fs::exists(models_folder() / ".import-running"));
  expect_error(ErrorKind::kNotFound, "no model", [] { find_model(".import-running"); });
}

TEST_F(ModelTest, FoldersThatAreNoModelsSayWhatIsMissing) {
  const auto refuses = [](const fs::path& folder, ErrorKind kind, const std::string& part) {
    expect_error(kind, part, [&] { load_model(folder.string()); });
  };
  const fs::path folder = tiny("my-bert");
  fs::remove(folder / "model.safetensors");
  refuses(folder, ErrorKind::kNotFound, "has no model.safetensors");
  std::ofstream(folder / "pytorch_model.bin") << "pickle";
  refuses(folder, ErrorKind::kUnsupported, "keeps its weights as pytorch_model.bin");
  std::ofstream(folder / "model.safetensors.index.json") << "{}";
  refuses(folder, ErrorKind::kUnsupported, "keeps its weights as model.safetensors.index.json");
  fs::remove(folder / "config.json");
  refuses(folder, ErrorKind::kNotFound, "it has no config.json");
  const fs::path large = tiny("large");
  std::ofstream(large / "vocab.txt", std::ios::app) << "one\ntoo\nmany\n";
  refuses(large, ErrorKind::kCorrupt, "pieces, but config.json says vocab_size");
  std::ofstream(tiny("bloated") / "config.json") << std::string(2'000'000, ' ');
  refuses(home_.path() / "bloated", ErrorKind::kUnsupported, "is larger than the 1048576 bytes allowed here");
}

TEST_F(ModelTest, LowerCasingFirstNeedsATokenizerThatDoesSoAnyway) {
  const fs::path folder = tiny("my-bert");
  std::ofstream(folder / "sentence_bert_config.json") << R"({"do_lower_case": true})";
  EXPECT_NO_THROW(load_model(folder.string()));
  std::ofstream(folder / "tokenizer_config.json") << R"({"do_lower_case": false})";
  expect_error(ErrorKind::kUnsupported, "do_lower_case with a tokenizer that keeps upper case",
               [&] { load_model(folder.string()); });
}

TEST_F(ModelTest, AMissingModelSaysHowToGetIt) {
  const auto refuses = [](const std::string& name, const std::string& part) {
    expect_error(ErrorKind::kNotFound, part, [&] { find_model(name); });
  };
  refuses("bge-small-en-v1.5", "get it with: riverbank model pull bge-small-en-v1.5");
  refuses("BAAI/bge-small-en-v1.5", "get it with: riverbank model pull BAAI/bge-small-en-v1.5");
  refuses("bge-smal-en-v1.5", "did you mean bge-small-en-v1.5?");
  refuses("all-minilm-l6-v2", "did you mean all-MiniLM-L6-v2?");
  refuses("minilm", "did you mean all-MiniLM-L6-v2?");
  refuses("owner/other", "get it from the hub with: riverbank model pull owner/other");
  refuses("entirely-different", "riverbank model list shows those there are");
  refuses("./nowhere", "there is no folder \"./nowhere\"");
  refuses("evil\x1b[31m", "evil\\x1b[31m");
  refuses("../../etc/passwd", "there is no folder");
  refuses("a/../../b", "there is no model");
  expect_error(ErrorKind::kInvalidArgument, "needs a name", [] { find_model(""); });
  expect_error(ErrorKind::kInvalidArgument, "needs a name", [] { find_model(std::string("a\0b", 3)); });
}

TEST_F(ModelTest, TheHubsCacheIsSearchedAfterTheImported) {
  const std::string commit(40, 'c');
  const fs::path repository = home_.path() / "hub/models--owner--my-bert";
  write_tiny_model(repository / "snapshots" / commit);
  fs::create_directories(repository / "refs");
  std::ofstream(repository / "refs/main") << commit;
  EXPECT_EQ(find_model("owner/my-bert"), repository / "snapshots" / commit);
  EXPECT_EQ(find_model("owner/my-bert@" + commit), repository / "snapshots" / commit);
  expect_error(ErrorKind::kNotFound, "no model", [] { find_model("owner/my-bert@v2"); });
  fs::remove(repository / "snapshots" / commit / "model.safetensors");  // a snapshot of which not all was asked for
  expect_error(ErrorKind::kNotFound, "riverbank model pull owner/my-bert", [] { find_model("owner/my-bert"); });

  const KnownModel& known = catalogue()[1];
  const fs::path official =
      home_.path() / "hub/models--sentence-transformers--all-MiniLM-L6-v2/snapshots" / std::string(known.revision);
  write_tiny_model(official);
  EXPECT_EQ(find_model("all-MiniLM-L6-v2"), official);
  EXPECT_EQ(load_model("all-MiniLM-L6-v2")->embedding.max_tokens, 40);
  const fs::path imported = import(tiny("all-MiniLM-L6-v2"));
  EXPECT_EQ(find_model("all-MiniLM-L6-v2"), imported);
  EXPECT_EQ(find_model("sentence-transformers/all-MiniLM-L6-v2"), imported);
}

TEST_F(ModelTest, TheCatalogueSaysWhatASnapshotOfItDoesNot) {
  const KnownModel& known = catalogue()[0];
  write_tiny_model(home_.path() / "hub/models--BAAI--bge-small-en-v1.5/snapshots" / std::string(known.revision));
  const auto model = load_model("BAAI/bge-small-en-v1.5");
  EXPECT_EQ(model->embedding.pooling, Pooling::kCls);
  EXPECT_EQ(model->embedding.query_prompt, "Represent this sentence for searching relevant passages: ");
}

TEST_F(ModelTest, ASnapshotsSumsAreItsBlobsNames) {
  const std::string commit(40, 'c');
  const fs::path repository = home_.path() / "hub/models--owner--my-bert";
  const fs::path snapshot = write_tiny_model(repository / "snapshots" / commit);
  fs::create_directories(repository / "refs");
  std::ofstream(repository / "refs/main") << commit;
  fs::create_directories(repository / "blobs");
  const auto link = [&](const std::string& file, const std::string& sum) {
    fs::rename(snapshot / file, repository / "blobs" / sum);
    fs::create_symlink("../../blobs/" + sum, snapshot / file);
  };
  link("model.safetensors", to_hex(sha256_of_file(snapshot / "model.safetensors")));
  link("config.json", std::string(40, '0'));
  const std::string named = fs::read_symlink(snapshot / "model.safetensors").filename().string();
  EXPECT_EQ(sum_of_file(snapshot, "model.safetensors"), named);
  std::map<std::string, std::string> problems;
  for (const VerifiedFile& file : verify_model("owner/my-bert", {})) problems[file.file] = file.problem;
  EXPECT_EQ(problems.at("model.safetensors"), "");
  EXPECT_THAT(problems.at("config.json"), HasSubstr("expected " + std::string(40, '0')));
  std::ofstream(repository / "blobs" / named, std::ios::app) << "x";
  for (const VerifiedFile& file : verify_model("owner/my-bert", {})) problems[file.file] = file.problem;
  EXPECT_THAT(problems.at("model.safetensors"), HasSubstr("expected " + named));
}

TEST_F(ModelTest, TheListHasTheCatalogueThenTheImportedThenTheHubs) {
  const auto before = list_models();
  ASSERT_EQ(before.size(), 2U);
  EXPECT_EQ(before[0].name, kDefaultModel);
  EXPECT_EQ(before[0].repository, "BAAI/bge-small-en-v1.5");
  EXPECT_TRUE(before[0].in_catalogue);
  EXPECT_FALSE(before[0].folder.has_value());
  EXPECT_GT(before[0].bytes, 133'000'000U);
  import(tiny("my-bert"));
  write_tiny_model(home_.path() / "hub/models--owner--other/snapshots" / std::string(40, 'd'));
  fs::create_directories(home_.path() / "hub/models--owner--language-model/snapshots" / std::string(40, 'e'));
  const auto after = list_models();
  ASSERT_EQ(after.size(), 4U);
  EXPECT_EQ(after[2].name, "my-bert");
  EXPECT_EQ(after[2].folder, find_model("my-bert"));
  EXPECT_EQ(after[2].about, "2 layers, 24 dimensions, 40 positions");
  EXPECT_EQ(after[3].name, "owner/other@" + std::string(40, 'd'));
  EXPECT_EQ(find_model(after[3].name), after[3].folder);
}

TEST_F(ModelTest, HostileSumsAreRefused) {
  const fs::path folder = import(tiny("my-bert"));
  const std::string sum(64, 'a');
  for (const std::string& line : {sum + "  ../../secret", sum + "  /etc/passwd", sum + " x", std::string("short  x"),
                                  sum + "  ", std::string(64, 'G') + "  x", fmt::format("{0}  x\n{0}  x", sum)}) {
    std::ofstream(folder / kSumsFile) << line << "\n";
    expect_error(ErrorKind::kCorrupt, "must be 64 hex digits, two spaces and a file of the folder",
                 [&] { verify_model("my-bert", {}); });
  }
}

TEST_F(ModelTest, AnOnnxFileNeedsWhatBelongsToIt) {
  const auto onnx = home_.write("x/model.onnx", "not an onnx file");
  const auto other = home_.write("y/readme.md", "");
  const auto refuses = [](const ImportSource& source, ErrorKind kind, const std::string& part) {
    expect_error(kind, part, [&] { import_model(source, {}); });
  };
  refuses({{onnx}, {}, {}}, ErrorKind::kNotFound, "no tokenizer.json was given, and none stands beside");
  const auto tokenizer = home_.write("x/vocab.txt", testing::tiny_vocabulary());
  refuses({{onnx}, {}, {}}, ErrorKind::kNotFound, "is not a file that riverbank knows; name its config.json");
  refuses({{onnx, onnx}, {}, {}}, ErrorKind::kInvalidArgument, "two .onnx files");
  refuses({{tokenizer}, {}, {}}, ErrorKind::kInvalidArgument, "no .onnx file was given");
  refuses({{onnx, other}, {}, {}}, ErrorKind::kInvalidArgument, "readme.md is neither a folder, nor an .onnx file");
  refuses({{onnx, tiny("my-bert")}, {}, {}}, ErrorKind::kInvalidArgument, "is a folder; import one folder");
  refuses({{home_.path() / "gone.onnx"}, {}, {}}, ErrorKind::kNotFound, "there is no file");
  refuses({{tiny("my-bert")}, onnx, {}}, ErrorKind::kInvalidArgument, "--config belongs to an .onnx file");
  refuses({{onnx}, home_.path() / "my-bert/config.json", {}}, ErrorKind::kCorrupt, "model.onnx");
  EXPECT_EQ(count_imported(), 0U);
}

/// The folder that RIVERBANK_MODEL_SOURCES names: all-MiniLM-L6-v2.onnx, all-MiniLM-L6-v2.safetensors,
/// all-MiniLM-L6-v2-tokenizer.json, and the like of bge-small-en-v1.5 without safetensors.
fs::path model_sources() {
  const char* folder = std::getenv("RIVERBANK_MODEL_SOURCES");
  return folder == nullptr ? fs::path() : fs::path(folder);
}

TEST_F(ModelTest, TheRealOnnxFilesHoldTheCheckpointsWeights) {
  if (model_sources().empty()) GTEST_SKIP() << "needs RIVERBANK_MODEL_SOURCES";
  for (const KnownModel& known : catalogue()) {
    const fs::path base = model_sources() / std::string(known.name);
    const fs::path folder = home_.path() / std::string(known.name);
    fs::create_directories(folder);
    fs::create_symlink(base.string() + ".onnx", folder / "model.onnx");
    fs::create_symlink(base.string() + "-tokenizer.json", folder / "tokenizer.json");
    const fs::path imported = import_model({{folder / "model.onnx"}, {}, ""}, {});
    EXPECT_EQ(imported.filename(), known.name);
    EXPECT_EQ(sum_of_file(imported, "model.safetensors"), known.weights.back());
    const auto model = load_model(std::string(known.name));
    EXPECT_EQ(model->embedding.query_prompt, known.embedding.query_prompt);
    EXPECT_EQ(model->embedding.max_tokens, known.embedding.max_tokens);
    if (!fs::exists(base.string() + ".safetensors")) continue;
    const auto official = load_encoder_weights(SafetensorsFile::open(base.string() + ".safetensors"), model->config);
    const auto expected = testing::checkpoint_tensors(official);
    for (const auto& [name, view] : testing::checkpoint_tensors(model->weights)) {
      EXPECT_TRUE(std::ranges::equal(view.bytes, expected.at(name).bytes)) << name;
    }
  }
}

}  // namespace
}  // namespace riverbank
