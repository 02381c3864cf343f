#include "lib/model/config.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace riverbank {
namespace {

using nlohmann::json;
using testing::expect_error;

json bert() {
  return {{"model_type", "bert"},
          {"num_hidden_layers", 12},
          {"hidden_size", 384},
          {"num_attention_heads", 12},
          {"intermediate_size", 1536},
          {"vocab_size", 30522},
          {"max_position_embeddings", 512},
          {"type_vocab_size", 2},
          {"hidden_act", "gelu"},
          {"layer_norm_eps", 1e-12},
          {"position_embedding_type", "absolute"}};
}

EncoderConfig parse(const json& config) { return parse_encoder_config(config.dump(), "config.json"); }

TEST(EncoderConfig, ReadsEveryField) {
  json config = bert();
  config["type_vocab_size"] = 3;
  config["layer_norm_eps"] = 1e-5;
  const EncoderConfig read = parse(config);
  EXPECT_EQ(read.model_type, "bert");
  EXPECT_EQ(read.num_layers, 12);
  EXPECT_EQ(read.d_model, 384);
  EXPECT_EQ(read.num_heads, 12);
  EXPECT_EQ(read.d_k(), 32);
  EXPECT_EQ(read.d_ff, 1536);
  EXPECT_EQ(read.vocabulary_size, 30522);
  EXPECT_EQ(read.max_positions, 512);
  EXPECT_EQ(read.num_token_types, 3);
  EXPECT_FLOAT_EQ(read.layer_norm_epsilon, 1e-5F);
}

TEST(EncoderConfig, KnowsTransformersDefaults) {
  json config = bert();
  for (const char* key : {"type_vocab_size", "hidden_act", "layer_norm_eps", "position_embedding_type"}) {
    config.erase(key);
  }
  const EncoderConfig read = parse(config);
  EXPECT_EQ(read.num_token_types, 2);
  EXPECT_EQ(read.activation, Activation::kGelu);
  EXPECT_FLOAT_EQ(read.layer_norm_epsilon, 1e-12F);
}

TEST(EncoderConfig, KnowsTheActivations) {
  const auto activation = [](const char* name) {
    json config = bert();
    config["hidden_act"] = name;
    return parse(config).activation;
  };
  EXPECT_EQ(activation("gelu"), Activation::kGelu);
  EXPECT_EQ(activation("gelu_new"), Activation::kGeluTanh);
  EXPECT_EQ(activation("gelu_pytorch_tanh"), Activation::kGeluTanh);
  EXPECT_EQ(activation("relu"), Activation::kRelu);
}

TEST(EncoderConfig, ComesBackFromItsOwnText) {
  for (const char* act : {"gelu", "gelu_new", "relu"}) {
    json config = bert();
    config["hidden_act"] = act;
    config["layer_norm_eps"] = 3e-7;
    const EncoderConfig read = parse(config);
    const EncoderConfig again = parse_encoder_config(format_encoder_config(read), "again");
    EXPECT_EQ(again.activation, read.activation);
    EXPECT_EQ(again.layer_norm_epsilon, read.layer_norm_epsilon);
    EXPECT_EQ(again.num_layers, read.num_layers);
    EXPECT_EQ(again.d_model, read.d_model);
    EXPECT_EQ(again.num_heads, read.num_heads);
    EXPECT_EQ(again.d_ff, read.d_ff);
    EXPECT_EQ(again.vocabulary_size, read.vocabulary_size);
    EXPECT_EQ(again.max_positions, read.max_positions);
    EXPECT_EQ(again.num_token_types, read.num_token_types);
  }
}

TEST(EncoderConfig, RefusesAMissingField) {
  for (const char* key : {"model_type", "num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size",
                          "vocab_size", "max_position_embeddings"}) {
    json config = bert();
    config.erase(key);
    expect_error(ErrorKind::kCorrupt, "config.json: " + std::string(key) + " is missing", [&] { parse(config); });
    config[key] = nullptr;
    expect_error(ErrorKind::kCorrupt, std::string(key) + " is missing", [&] { parse(config); });
  }
}

TEST(EncoderConfig, RefusesWhatIsNoSize) {
  const json wrong = {"twelve",      -1, 0, 1.5, 1e9, 1'000'000'000'000, 18446744073709551615U, true, json::array({12}),
                      json::object()};
  for (const char* key : {"num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size", "vocab_size",
                          "max_position_embeddings", "type_vocab_size"}) {
    for (const json& value : wrong) {
      json config = bert();
      config[key] = value;
      expect_error(ErrorKind::kCorrupt, std::string(key) + " must be a whole number from", [&] { parse(config); });
    }
  }
}

TEST(EncoderConfig, RefusesABillionLayersInWords) {
  json config = bert();
  config["num_hidden_layers"] = 1'000'000'000;
  expect_error(ErrorKind::kCorrupt, "num_hidden_layers must be a whole number from 1 to 512, not 1000000000",
               [&] { parse(config); });
}

TEST(EncoderConfig, RefusesHeadsThatDoNotDivideTheWidth) {
  json config = bert();
  config["num_attention_heads"] = 7;
  expect_error(ErrorKind::kCorrupt, "hidden_size 384 must be a multiple of num_attention_heads 7",
               [&] { parse(config); });
}

TEST(EncoderConfig, RefusesAnEpsilonThatIsNone) {
  for (const json& value : {json(0), json(-1e-12), json(1.0), json(1e-60), json(1e300), json("1e-12"), json(true)}) {
    json config = bert();
    config["layer_norm_eps"] = value;
    expect_error(ErrorKind::kCorrupt, "layer_norm_eps must be a number", [&] { parse(config); });
  }
  expect_error(ErrorKind::kCorrupt, "not JSON",
               [] { parse_encoder_config(R"({"model_type": "bert", "layer_norm_eps": NaN})", "config.json"); });
  expect_error(ErrorKind::kCorrupt, "out of range",
               [] { parse_encoder_config(R"({"model_type": "bert", "layer_norm_eps": 1e999})", "config.json"); });
}

TEST(EncoderConfig, RefusesByNameWhatItCannotCompute) {
  const auto refuses = [](const char* key, const json& value, const std::string& part) {
    json config = bert();
    config[key] = value;
    expect_error(ErrorKind::kUnsupported, part, [&] { parse(config); });
  };
  refuses("model_type", "roberta", "a model of type \"roberta\" is not supported");
  refuses("model_type", "evil\x1b[31m", "\"evil\\x1b[31m\"");
  refuses("position_embedding_type", "relative_key", "\"relative_key\" is not supported");
  refuses("is_decoder", true, "is_decoder is true");
  refuses("add_cross_attention", true, "add_cross_attention is true");
  refuses("hidden_act", "silu", "hidden_act \"silu\" is not supported");
  refuses("pruned_heads", {{"1", {0, 2}}}, "pruned_heads");
  refuses("quantization_config", {{"bits", 4}}, "quantised");
}

TEST(EncoderConfig, RefusesWhatIsNoObject) {
  expect_error(ErrorKind::kCorrupt, "config.json is not JSON: the mistake is at byte",
               [] { parse_encoder_config("{\"model_type\": ", "config.json"); });
  expect_error(ErrorKind::kCorrupt, "must be a JSON object, not array",
               [] { parse_encoder_config("[]", "config.json"); });
  expect_error(ErrorKind::kCorrupt, "is not JSON",
               [] { parse_encoder_config(std::string(500'000, '['), "config.json"); });
  expect_error(ErrorKind::kCorrupt, "must be a JSON object",
               [] { parse_encoder_config(std::string(200'000, '[') + std::string(200'000, ']'), "config.json"); });
}

TEST(EncoderConfig, SurvivesACutAtEveryByte) {
  const std::string whole = bert().dump();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    expect_error(ErrorKind::kCorrupt, "config.json is not JSON",
                 [&] { parse_encoder_config(whole.substr(0, size), "config.json"); });
  }
}

/// A folder with the files of sentence-transformers, each of which a test may replace.
class EmbeddingConfigTest : public ::testing::Test {
 protected:
  EmbeddingConfigTest() {
    config_ = parse(bert());
    fallback_.max_tokens = 128;
    fallback_.query_prompt = "fallback: ";
  }

  static json module(const std::string& type, const std::string& path) {
    return {{"idx", 0}, {"name", "0"}, {"path", path}, {"type", type}};
  }
  static json modules() {
    return {module("sentence_transformers.models.Transformer", ""),
            module("sentence_transformers.models.Pooling", "1_Pooling"),
            module("sentence_transformers.models.Normalize", "2_Normalize")};
  }
  static json pooling(const char* mode) { return {{"word_embedding_dimension", 384}, {mode, true}}; }

  void write(const std::string& file, const json& content) { folder_.write(file, content.dump()); }
  EmbeddingConfig read() const { return read_embedding_config(folder_.path(), config_, fallback_); }
  void refuses(ErrorKind kind, const std::string& part) const {
    expect_error(kind, part, [&] { read(); });
  }

  testing::TemporaryFolder folder_;
  EncoderConfig config_;
  EmbeddingConfig fallback_;
};

TEST_F(EmbeddingConfigTest, AnEmptyFolderIsTheFallback) {
  fallback_.pooling = Pooling::kCls;
  const EmbeddingConfig embedding = read();
  EXPECT_EQ(embedding.pooling, Pooling::kCls);
  EXPECT_EQ(embedding.max_tokens, 128);
  EXPECT_EQ(embedding.query_prompt, "fallback: ");
}

TEST_F(EmbeddingConfigTest, ReadsAllFourFiles) {
  write("modules.json", modules());
  write("1_Pooling/config.json", pooling("pooling_mode_cls_token"));
  write("sentence_bert_config.json", {{"max_seq_length", 300}, {"do_lower_case", true}});
  write("config_sentence_transformers.json", {{"prompts", {{"query", "Q: "}, {"passage", "P: "}}}});
  const EmbeddingConfig embedding = read();
  EXPECT_EQ(embedding.pooling, Pooling::kCls);
  EXPECT_EQ(embedding.max_tokens, 300);
  EXPECT_TRUE(embedding.lowercase);
  EXPECT_EQ(embedding.query_prompt, "Q: ");
  EXPECT_EQ(embedding.passage_prompt, "P: ");
}

TEST_F(EmbeddingConfigTest, ComesBackFromItsOwnFiles) {
  EmbeddingConfig written;
  written.pooling = Pooling::kCls;
  written.max_tokens = 77;
  written.query_prompt = "Frage: \"ü\"\n";
  for (const auto& [file, text] : format_embedding_config(written, config_)) folder_.write(file, text);
  const EmbeddingConfig embedding = read();
  EXPECT_EQ(embedding.pooling, written.pooling);
  EXPECT_EQ(embedding.max_tokens, written.max_tokens);
  EXPECT_EQ(embedding.query_prompt, written.query_prompt);
  EXPECT_EQ(embedding.passage_prompt, "");
  EXPECT_EQ(embedding_config_files(folder_.path()).size(), 4U);
}

TEST_F(EmbeddingConfigTest, TheLimitNeverExceedsThePositions) {
  write("sentence_bert_config.json", {{"max_seq_length", 100'000}});
  EXPECT_EQ(read().max_tokens, 512);
  write("sentence_bert_config.json", {{"max_seq_length", nullptr}});
  EXPECT_EQ(read().max_tokens, 128);
}

TEST_F(EmbeddingConfigTest, APromptWithoutAKindIsForBoth) {
  write("config_sentence_transformers.json",
        {{"prompts", {{"document", "D: "}, {"general", "G: "}}}, {"default_prompt_name", "general"}});
  EXPECT_EQ(read().query_prompt, "G: ");
  EXPECT_EQ(read().passage_prompt, "D: ");
  write("config_sentence_transformers.json", {{"prompts", {{"query", ""}}}, {"default_prompt_name", nullptr}});
  EXPECT_EQ(read().query_prompt, "");  // an empty prompt is one; only a missing one is the fallback's
}

TEST_F(EmbeddingConfigTest, ReadsTheNewWayToNameAPooling) {
  write("1_Pooling/config.json", {{"embedding_dimension", 384}, {"pooling_mode", "mean"}});
  fallback_.pooling = Pooling::kCls;
  EXPECT_EQ(read().pooling, Pooling::kMean);
  write("1_Pooling/config.json", {{"pooling_mode", "lasttoken"}});
  refuses(ErrorKind::kUnsupported, "pooling \"lasttoken\" is not supported");
}

TEST_F(EmbeddingConfigTest, RefusesOtherPoolingsByName) {
  write("modules.json", modules());
  refuses(ErrorKind::kNotFound, "1_Pooling/config.json");
  write("1_Pooling/config.json", pooling("pooling_mode_max_tokens"));
  refuses(ErrorKind::kUnsupported, "pooling \"max\" is not supported");
  json both = pooling("pooling_mode_cls_token");
  both["pooling_mode_mean_tokens"] = true;
  write("1_Pooling/config.json", both);
  refuses(ErrorKind::kUnsupported, "pooling \"cls and mean\" is not supported");
  write("1_Pooling/config.json", {{"pooling_mode_mean_tokens", false}});
  refuses(ErrorKind::kCorrupt, "pooling_mode_mean_tokens must be true");
  json narrow = pooling("pooling_mode_mean_tokens");
  narrow["word_embedding_dimension"] = 768;
  write("1_Pooling/config.json", narrow);
  refuses(ErrorKind::kCorrupt, "word_embedding_dimension must be the encoder's hidden_size 384, not 768");
}

TEST_F(EmbeddingConfigTest, RefusesOtherModulesByName) {
  json dense = modules();
  dense[2] = module("sentence_transformers.models.Dense", "2_Dense");
  write("modules.json", dense);
  refuses(ErrorKind::kUnsupported, "module 2 is \"sentence_transformers.models.Dense\"");
  write("modules.json", json::array({module("custom_st.Transformer", "")}));
  refuses(ErrorKind::kUnsupported, "\"custom_st.Transformer\" is code of the model's own");
  write("modules.json", json::array({module("sentence_transformers.models.Transformer", "0_Transformer")}));
  refuses(ErrorKind::kUnsupported, "subfolder \"0_Transformer\"");
  write("modules.json", json::array({module("sentence_transformers.models.Transformer", "")}));
  refuses(ErrorKind::kUnsupported, "no Pooling module");
}

TEST_F(EmbeddingConfigTest, NeverLeavesTheFolder) {
  for (const char* path : {"../other", "/etc", "a/../../b"}) {
    json climbing = modules();
    climbing[1]["path"] = path;
    write("modules.json", climbing);
    refuses(ErrorKind::kCorrupt, "leads out of the model's folder");
  }
}

TEST_F(EmbeddingConfigTest, RefusesFieldsOfAnotherType) {
  for (const json& wrong : {json(3), json::object(), json::array(), json::array({1})}) {
    write("modules.json", wrong);
    refuses(ErrorKind::kCorrupt, "modules.json");
  }
  json number = modules();
  number[0]["type"] = 7;
  write("modules.json", number);
  refuses(ErrorKind::kCorrupt, "module 0: type must be a text, not 7");
  write("modules.json", modules());
  write("1_Pooling/config.json", {{"pooling_mode_mean_tokens", "yes"}});
  refuses(ErrorKind::kCorrupt, "pooling_mode_mean_tokens must be true or false, not \"yes\"");
  write("1_Pooling/config.json", pooling("pooling_mode_mean_tokens"));
  for (const json& wrong : {json(0), json(2), json(-5), json("512"), json(1e40)}) {
    write("sentence_bert_config.json", {{"max_seq_length", wrong}});
    refuses(ErrorKind::kCorrupt, "max_seq_length must be a whole number from 3");
  }
  write("sentence_bert_config.json", json::object());
  write("config_sentence_transformers.json", {{"prompts", {"query"}}});
  refuses(ErrorKind::kCorrupt, "prompts must be a JSON object");
  write("config_sentence_transformers.json", {{"prompts", {{"query", 5}}}});
  refuses(ErrorKind::kCorrupt, "prompts: query must be a text, not 5");
  write("config_sentence_transformers.json", {{"prompts", json::object()}, {"default_prompt_name", "none"}});
  refuses(ErrorKind::kCorrupt, "default_prompt_name must be the name of one of the prompts");
}

TEST_F(EmbeddingConfigTest, RefusesWhatNeedsOtherVectors) {
  write("config_sentence_transformers.json", {{"similarity_fn_name", "dot"}});
  refuses(ErrorKind::kUnsupported, "similarity_fn_name \"dot\"");
  write("modules.json", modules());  // normalised: the dot product is the cosine
  json excluding = pooling("pooling_mode_mean_tokens");
  excluding["include_prompt"] = false;
  write("1_Pooling/config.json", excluding);
  refuses(ErrorKind::kUnsupported, "include_prompt is false");
  fallback_.query_prompt.clear();
  EXPECT_EQ(read().pooling, Pooling::kMean);  // without a prompt there is nothing to leave out
}

}  // namespace
}  // namespace riverbank
