#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "lib/text/tokenizer.h"
#include "tests/lib/text/small_tokenizer.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace riverbank {
namespace {

using testing::expect_error;
using testing::pieces_of;
using testing::small_tokenizer_json;
using testing::TemporaryFolder;

const std::string kVocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nriver\nRiver\n##bank\ncafe\ncafé\nCafé\n";

TEST(TokenizerFiles, AVocabularyHasOnePieceALine) {
  const Tokenizer uncased = Tokenizer::from_vocabulary(kVocabulary, true, "vocab.txt");
  EXPECT_EQ(pieces_of(uncased, "Riverbank CAFÉ [MASK]"), "river ##bank cafe [MASK]");
  const Tokenizer cased = Tokenizer::from_vocabulary(kVocabulary, false, "vocab.txt");
  EXPECT_EQ(pieces_of(cased, "Riverbank Café"), "River ##bank Café");
  EXPECT_EQ(cased.vocabulary_size(), 11U);
  EXPECT_EQ(cased.cls_id(), 2);
  const Tokenizer windows = Tokenizer::from_vocabulary("[UNK]\r\n[CLS]\r\n[SEP]\r\nriver", true, "vocab.txt");
  EXPECT_EQ(windows.piece(0), "[UNK]");
  EXPECT_EQ(windows.vocabulary_size(), 4U);
}

TEST(TokenizerFiles, AVocabularyIsRefusedWithTheLineThatIsWrong) {
  const auto expect_refused = [](const std::string& text, const std::string& part) {
    expect_error(ErrorKind::kCorrupt, part, [&] { Tokenizer::from_vocabulary(text, true, "vocab.txt"); });
  };
  expect_refused(kVocabulary + "river\n", "vocab.txt: the piece \"river\" stands at line 6 and again at line 12");
  expect_refused("[CLS]\n[SEP]\nriver\n", "vocab.txt: no line is [UNK]");
  expect_refused("[UNK]\n[SEP]\n", "no line is [CLS]");
  expect_refused("[UNK]\n[CLS]\n", "no line is [SEP]");
  expect_refused("", "no line is [UNK], which every BERT vocabulary has; 0 pieces were read");
  expect_refused("[UNK]\nri\xFFver\n", "vocab.txt: line 2 is not UTF-8 (\"ri\\xffver\")");
}

TEST(TokenizerFiles, AFolderIsReadByTokenizerJsonFirst) {
  const TemporaryFolder folder;
  expect_error(ErrorKind::kNotFound, "no tokenizer is there", [&] { Tokenizer::from_folder(folder.path()); });
  folder.write("vocab.txt", kVocabulary);
  EXPECT_EQ(Tokenizer::from_folder(folder.path()).vocabulary_size(), 11U);
  folder.write("tokenizer_config.json", R"({"do_lower_case": false})");
  EXPECT_EQ(pieces_of(Tokenizer::from_folder(folder.path()), "River CAFÉ Café"), "River [UNK] Café");
  folder.write("tokenizer_config.json", R"({"do_lower_case": true, "strip_accents": false})");
  EXPECT_EQ(pieces_of(Tokenizer::from_folder(folder.path()), "River CAFÉ"), "river café");
  folder.write("tokenizer_config.json", R"({"strip_accents": null, "tokenize_chinese_chars": true})");
  EXPECT_EQ(pieces_of(Tokenizer::from_folder(folder.path()), "River CAFÉ"), "river cafe");
  folder.write("tokenizer_config.json", R"({"do_lower_case": "yes"})");
  expect_error(ErrorKind::kCorrupt, "do_lower_case is a string, expected true or false",
               [&] { Tokenizer::from_folder(folder.path()); });
  folder.write("tokenizer.json", small_tokenizer_json({"x"}).dump());
  EXPECT_EQ(Tokenizer::from_folder(folder.path()).vocabulary_size(), 6U);
}

/// One way to spoil a tokenizer.json, and what must be said about it.
struct Spoiled {
  std::string name;
  std::function<void(nlohmann::json&)> spoil;
  ErrorKind kind;
  std::string message;
};
void PrintTo(const Spoiled& spoiled, std::ostream* out) { *out << spoiled.name; }

class TokenizerJson : public ::testing::TestWithParam<Spoiled> {};

TEST_P(TokenizerJson, IsRefusedWithOneSentence) {
  nlohmann::json json = small_tokenizer_json({"river", "##bank"});
  GetParam().spoil(json);
  expect_error(GetParam().kind, "tokenizer.json: " + GetParam().message,
               [&] { Tokenizer::from_json(json.dump(), "tokenizer.json"); });
}

using Json = nlohmann::json;
constexpr ErrorKind kCorrupt = ErrorKind::kCorrupt;
constexpr ErrorKind kUnsupported = ErrorKind::kUnsupported;

INSTANTIATE_TEST_SUITE_P(
    Spoiled, TokenizerJson,
    ::testing::Values(
        Spoiled{"IsAnArray", [](Json& j) { j = Json::array(); }, kCorrupt, "the file is an array, expected an object"},
        Spoiled{"IsEmpty", [](Json& j) { j = Json::object(); }, kUnsupported,
                "the file is another kind of tokenizer: its "
                "model is missing"},
        Spoiled{"BytePairs", [](Json& j) { j["model"]["type"] = "BPE"; }, kUnsupported,
                "the file is another kind of tokenizer: its model is BPE, where riverbank has only WordPiece"},
        Spoiled{"ModelTypeIsANumber", [](Json& j) { j["model"]["type"] = 7; }, kCorrupt,
                "model.type is another number, expected a string"},
        Spoiled{"HostileModelType", [](Json& j) { j["model"]["type"] = "\x1b[2J\n"; }, kUnsupported,
                "the file is another kind of tokenizer: its model is \\x1b[2J\\n"},
        Spoiled{"OtherNormalizer", [](Json& j) { j["normalizer"]["type"] = "NFKC"; }, kUnsupported,
                "the file is another kind of tokenizer: its normalizer is NFKC"},
        Spoiled{"NoNormalizer", [](Json& j) { j["normalizer"] = nullptr; }, kUnsupported,
                "the file is another kind of tokenizer: its normalizer is missing"},
        Spoiled{"OtherPreTokenizer", [](Json& j) { j["pre_tokenizer"]["type"] = "Metaspace"; }, kUnsupported,
                "the file is another kind of tokenizer: its pre_tokenizer is Metaspace"},
        Spoiled{"OtherPostProcessor", [](Json& j) { j["post_processor"]["type"] = "RobertaProcessing"; }, kUnsupported,
                "the file is another kind of tokenizer: its post_processor is RobertaProcessing"},
        Spoiled{"OtherTemplate", [](Json& j) { j["post_processor"]["single"].erase(2); }, kUnsupported,
                "post_processor.single is \"[CLS]:0 $A:0\", where riverbank has only"},
        Spoiled{"OtherPair", [](Json& j) { j["post_processor"]["pair"][3]["Sequence"]["type_id"] = 0; }, kUnsupported,
                "post_processor.pair is \"[CLS]:0 $A:0 [SEP]:0 $B:0 [SEP]:1\""},
        Spoiled{"WrongClsId", [](Json& j) { j["post_processor"]["special_tokens"]["[CLS]"]["ids"] = {5}; }, kCorrupt,
                "the file says in post_processor that \"[CLS]\" has the id 5, which it has not"},
        Spoiled{"HugeClsId", [](Json& j) { j["post_processor"]["special_tokens"]["[CLS]"]["ids"] = {1'000'000}; },
                kCorrupt, "the file says in post_processor that \"[CLS]\" has the id 1000000"},
        Spoiled{"NegativeClsId", [](Json& j) { j["post_processor"]["special_tokens"]["[CLS]"]["ids"] = {-1}; },
                kCorrupt, "post_processor.special_tokens.[CLS].ids[0] is -1, expected a number from 0"},
        Spoiled{"TwoClsIds",
                [](Json& j) {
                  j["post_processor"]["special_tokens"]["[CLS]"]["ids"] = {2, 2};
                },
                kUnsupported, "post_processor.special_tokens.[CLS] stands for 2 ids, not one"},
        Spoiled{"NoSpecialTokens", [](Json& j) { j["post_processor"].erase("special_tokens"); }, kCorrupt,
                "post_processor has no field \"special_tokens\""},
        Spoiled{"NoVocabulary", [](Json& j) { j["model"].erase("vocab"); }, kCorrupt, "model has no field \"vocab\""},
        Spoiled{"VocabularyIsAList", [](Json& j) { j["model"]["vocab"] = {"river"}; }, kCorrupt,
                "model.vocab is an array, expected an object"},
        Spoiled{"NoUnknown", [](Json& j) { j["model"]["unk_token"] = "<unk>"; }, kCorrupt,
                "model.unk_token is \"<unk>\", which is not in the vocabulary"},
        Spoiled{"IdIsAString", [](Json& j) { j["model"]["vocab"]["river"] = "5"; }, kCorrupt,
                "model.vocab gives \"river\" no id from 0 to 11"},
        Spoiled{"IdIsNegative", [](Json& j) { j["model"]["vocab"]["river"] = -5; }, kCorrupt,
                "model.vocab gives \"river\" no id"},
        Spoiled{"IdIsHuge", [](Json& j) { j["model"]["vocab"]["river"] = 18446744073709551615U; }, kCorrupt,
                "model.vocab gives \"river\" no id"},
        Spoiled{"IdIsAFraction", [](Json& j) { j["model"]["vocab"]["river"] = 5.5; }, kCorrupt,
                "model.vocab gives \"river\" no id"},
        Spoiled{"IdTwice", [](Json& j) { j["model"]["vocab"]["river"] = 6; }, kCorrupt,
                "model.vocab gives the id 6 to \"##bank\" and to \"river\""},
        Spoiled{"IdMissing", [](Json& j) { j["model"]["vocab"]["river"] = 7; }, kCorrupt,
                "model.vocab has no piece with the id 5, though ids go up to 7"},
        Spoiled{"AddedIdIsHuge", [](Json& j) { j["added_tokens"][0]["id"] = 4'000'000'000U; }, kCorrupt,
                "added_tokens[0].id is 4000000000, expected a number from 0 to 11"},
        Spoiled{"AddedIdOfAnother", [](Json& j) { j["added_tokens"][0]["id"] = 5; }, kCorrupt,
                "model.vocab gives the id 5 to \"river\", but added_tokens gives it to \"[CLS]\""},
        Spoiled{"AddedIsEmpty", [](Json& j) { j["added_tokens"][0]["content"] = ""; }, kCorrupt,
                "added_tokens[0].content is empty"},
        Spoiled{"AddedFlagIsANumber", [](Json& j) { j["added_tokens"][0]["lstrip"] = 1; }, kCorrupt,
                "added_tokens[0].lstrip is another number, expected true or false"},
        Spoiled{"TooManyAdded", [](Json& j) { j["added_tokens"] = Json(10'001, {{"id", 0}, {"content", "x"}}); },
                kUnsupported, "added_tokens has 10001 entries, more than"},
        Spoiled{"EndlessWords", [](Json& j) { j["model"]["max_input_chars_per_word"] = 1'000'000'000; }, kCorrupt,
                "model.max_input_chars_per_word is 1000000000, expected a number from 1 to 10000"},
        Spoiled{"LowercaseIsAString", [](Json& j) { j["normalizer"]["lowercase"] = "no"; }, kCorrupt,
                "normalizer.lowercase is a string, expected true or false"}),
    [](const auto& which) { return which.param.name; });

TEST(TokenizerJson, MayNameItsMarksByBertProcessing) {
  nlohmann::json json = small_tokenizer_json({"river"});
  json["post_processor"] = {{"type", "BertProcessing"}, {"cls", {"[CLS]", 2}}, {"sep", {"[SEP]", 3}}};
  EXPECT_EQ(Tokenizer::from_json(json.dump(), "").sep_id(), 3);
  json["post_processor"]["cls"] = {"[CLS]"};
  expect_error(ErrorKind::kCorrupt, "post_processor.cls is not a pair of a token and its id",
               [&] { Tokenizer::from_json(json.dump(), ""); });
}

TEST(TokenizerJson, IsRefusedWhenAPieceIsThereTwice) {
  std::string text = small_tokenizer_json({"river"}).dump();
  text.replace(text.find("\"river\":5"), 9, "\"river\":5,\"river\":6");
  expect_error(ErrorKind::kCorrupt, "the piece \"river\" stands at id 5 and again at id 6",
               [&] { Tokenizer::from_json(text, "tokenizer.json"); });
}

TEST(TokenizerJson, IsRefusedWhenItIsNotUtf8) {
  std::string text = small_tokenizer_json({"river"}).dump();
  text[text.find("river")] = '\xFF';
  expect_error(ErrorKind::kCorrupt, "tokenizer.json is no whole JSON file",
               [&] { Tokenizer::from_json(text, "tokenizer.json"); });
}

TEST(TokenizerJson, IsRefusedWhereverItIsCut) {
  const std::string text = small_tokenizer_json({"river", "##bank"}).dump();
  for (std::size_t size = 0; size < text.size(); ++size) {
    expect_error(ErrorKind::kCorrupt, "tokenizer.json is no whole JSON file",
                 [&] { Tokenizer::from_json(text.substr(0, size), "tokenizer.json"); });
  }
}

TEST(TokenizerJson, IsReadOrRefusedWhateverByteIsFlipped) {
  const std::string text = small_tokenizer_json({"river", "##bank"}).dump();
  int refused = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const int flip : {0x01, 0x20, 0x80}) {
      std::string flipped = text;
      flipped[i] = static_cast<char>(flipped[i] ^ flip);
      try {
        EXPECT_LE(Tokenizer::from_json(flipped, "tokenizer.json").pieces("a riverbank [MASK]").size(), 20U);
      } catch (const Error& error) {
        EXPECT_TRUE(std::string(error.what()).starts_with("tokenizer.json")) << error.what();
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, static_cast<int>(text.size()));
}

TEST(TokenizerJson, IsRefusedWhenItIsNestedTooDeeply) {
  expect_error(ErrorKind::kCorrupt, "tokenizer.json is no whole JSON file",
               [] { Tokenizer::from_json(std::string(1'000'000, '['), "tokenizer.json"); });
}

}  // namespace
}  // namespace riverbank
