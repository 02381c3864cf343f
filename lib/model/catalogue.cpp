#include "lib/model/catalogue.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <string>

namespace riverbank {
namespace {

/// BERT as both models have it: width 384 in 12 heads, bert-base-uncased's vocabulary.
EncoderConfig small_bert(std::int64_t layers) {
  EncoderConfig config;
  config.model_type = "bert";
  config.num_layers = layers;
  config.d_model = 384;
  config.num_heads = 12;
  config.d_ff = 1536;
  config.vocabulary_size = 30'522;
  config.max_positions = 512;
  config.num_token_types = 2;
  config.activation = Activation::kGelu;
  config.layer_norm_epsilon = 1e-12F;
  return config;
}

constexpr KnownFile kVocabulary = {"vocab.txt", 231'508,
                                   "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"};

// Calibrations: logistic regressions on XQuAD's questions, each asked twice, of all paragraphs (1) and of those of the
// other 47 articles (0); the constants such that kMinRelevance loses at most 2 % of the answers. Unread on cosine + a *
// words of the best passage; a = 0.3 and 0.5, of 0.2 to 0.5 those that part the two best: area under the ROC curve .992
// for both models, .960 and .961 by the cosine alone. Read, with the best sentence, .993 for both; trained on four
// fifths of the articles and tested on the last, in turn, .9929 and .9926 (unread .9916 and .9920). How far the cosine
// stands out from those of the other candidates adds more (.995) but silences an eighth of SciFact's own claims.
//
// In int8: nDCG@10 of SciFact's claims and XQuAD's questions (riverbank eval under RIVERBANK_PRECISION=f32 and =int8)
// and cosine of 300 claims' and 200 abstracts' vectors (tests/bench/cosines.py), mean and least:
//
//                              by vector                 hybrid                    cosine
//   bge-small-en-v1.5  SciFact .7270 -> .7274            .7564 -> .7595            .9995, .9987
//                      XQuAD   .9577 -> .9572            .9829 -> .9835
//   all-MiniLM-L6-v2   SciFact .6614 -> .6625            .7489 -> .7497            .9986, .9966
//                      XQuAD   .9473 -> .9472            .9812 -> .9805
//
// Under RIVERBANK_ISA=avx2, where weights have fewer steps (lib/math/kernels_avx2_int8.cpp), by vector:
// bge-small-en-v1.5 .7258 and .9555, cosine .9990, .9983; all-MiniLM-L6-v2 .6614 and .9464, cosine .9970, .9939.
KnownModel bge_small() {
  KnownModel model;
  model.name = "bge-small-en-v1.5";
  model.repository = "BAAI/bge-small-en-v1.5";
  model.revision = "5c38ec7c405ec4b44b94cc5a9bb96e735b38267a";
  model.about = "English, 12 layers, 384 dimensions, 512 tokens; the default";
  model.license = "MIT";
  model.files = {
      {"config.json", 743, "094f8e891b932f2000c92cfc663bac4c62069f5d8af5b5278c4306aef3084750"},
      {"tokenizer.json", 711'396, "d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66"},
      kVocabulary,
      {"model.safetensors", 133'466'304, "3c9f31665447c8911517620762200d2245a2518d6e7208acc78cd9db317e21ad"},
  };
  model.onnx = {"828e1496d7fabb79cfa4dcd84fa38625c0d3d21da474a00f08db0f559940cf35"};
  model.weights = {"3c9f31665447c8911517620762200d2245a2518d6e7208acc78cd9db317e21ad",
                   "62004a4d9e7ef7ccb0dc553316f8b4ece7395a2fffcbf70d15654b97e2915c6d"};
  model.config = small_bert(12);
  model.embedding.pooling = Pooling::kCls;
  model.embedding.max_tokens = 512;
  model.embedding.query_prompt = "Represent this sentence for searching relevant passages: ";
  model.keeps_answers_in_int8 = true;
  model.calibration = {.unread = {.cosine = 32.9, .words = 9.86, .constant = -24.96},
                       .read = {.cosine = 20.6, .words = 5.54, .sentence = 16.9, .constant = -27.15}};
  model.sense_separation = 0.076;  // see lib/insight/senses.cpp
  return model;
}

KnownModel all_minilm() {
  KnownModel model;
  model.name = "all-MiniLM-L6-v2";
  model.repository = "sentence-transformers/all-MiniLM-L6-v2";
  model.revision = "c9745ed1d9f207416be6d2e6f8de32d1f16199bf";
  model.about = "English, 6 layers, 384 dimensions, 256 tokens; half the cost";
  model.license = "Apache-2.0";
  model.files = {
      {"config.json", 612, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"},
      {"tokenizer.json", 466'247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"},
      kVocabulary,
      {"model.safetensors", 90'868'376, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"},
  };
  model.onnx = {"ca46f1a88a9c6e61b918af1ab38be3e7903b986616551f0a6f10a7ecc5730cd4"};
  model.weights = {"53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
                   "39c3ecf2424468775706ca2a87c85e9857c2901143f8d87adaea71a7274e171a"};
  model.config = small_bert(6);
  model.embedding.pooling = Pooling::kMean;
  model.embedding.max_tokens = 256;
  model.keeps_answers_in_int8 = true;
  model.calibration = {.unread = {.cosine = 18.9, .words = 9.47, .constant = -11.73},
                       .read = {.cosine = 12.8, .words = 6.96, .sentence = 13.6, .constant = -17.55}};
  model.sense_separation = 0.145;  // see lib/insight/senses.cpp
  return model;
}

template <typename Matches>
const KnownModel* find_if(Matches&& matches) {
  const auto all = catalogue();
  const auto found = std::ranges::find_if(all, matches);
  return found == all.end() ? nullptr : &*found;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

/// Levenshtein's distance, insertions, deletions and replacements at 1 each.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

std::uint64_t KnownModel::bytes() const {
  std::uint64_t sum = 0;
  for (const KnownFile& file : files) sum += file.bytes;
  return sum;
}

std::span<const KnownModel> catalogue() {
  static const std::vector<KnownModel> models = {bge_small(), all_minilm()};
  return models;
}

const KnownModel* find_known_model(std::string_view name) {
  return find_if([&](const KnownModel& model) { return model.name == name || model.repository == name; });
}

const KnownModel* find_known_onnx(std::string_view sha256) {
  return find_if([&](const KnownModel& model) { return std::ranges::find(model.onnx, sha256) != model.onnx.end(); });
}

const KnownModel* find_known_weights(std::string_view sha256) {
  return find_if(
      [&](const KnownModel& model) { return std::ranges::find(model.weights, sha256) != model.weights.end(); });
}

std::string_view nearest_known_name(std::string_view name) {
  constexpr std::size_t kMostLength = 200;  // the distance costs length times length
  if (name.empty() || name.size() > kMostLength) return {};
  const std::string typed = lower_case(name);
  std::string_view nearest;
  std::size_t least = 0;
  for (const KnownModel& model : catalogue()) {
    for (const std::string_view candidate : {model.name, model.repository}) {
      const std::string known = lower_case(candidate);
      // A part of the name ("minilm", "bge-small") is as good as a slip of the finger.
      const std::size_t distance =
          typed.size() >= 3 && known.find(typed) != std::string::npos ? 1 : edit_distance(typed, known);
      if (distance > known.size() / 3 || (!nearest.empty() && distance >= least)) continue;
      nearest = model.name;
      least = distance;
    }
  }
  return nearest;
}

}  // namespace riverbank
