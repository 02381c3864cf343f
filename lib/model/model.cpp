#include "lib/model/model.h"

#include <array>
#include <bit>
#include <system_error>
#include <utility>

#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/base/printable.h"
#include "lib/model/catalogue.h"
#include "lib/model/locate.h"
#include "lib/model/safetensors.h"
#include "lib/model/sums.h"
#include "riverbank/error.h"
#include "riverbank/model.h"

namespace riverbank {
namespace {

namespace fs = std::filesystem;

/// What a folder without model.safetensors holds instead, said in words.
void require_files(const fs::path& folder) {
  const std::string shown = printable(folder.string());
  if (!is_there(folder / "config.json")) {
    throw Error(ErrorKind::kNotFound, shown + " is not a model's folder: it has no config.json");
  }
  if (is_there(folder / kWeightsFile)) return;
  for (const char* other : {"model.safetensors.index.json", "pytorch_model.bin", "tf_model.h5", "flax_model.msgpack"}) {
    if (!is_there(folder / other)) continue;
    throw Error(ErrorKind::kUnsupported, shown + " keeps its weights as " + other + "; riverbank reads one " +
                                             kWeightsFile + ", which transformers' save_pretrained() writes");
  }
  throw Error(ErrorKind::kNotFound, shown + " has no " + kWeightsFile + "; it is an incomplete copy of a model");
}

EmbeddingConfig fallback_of(const KnownModel* known, const EncoderConfig& config) {
  if (known != nullptr) return known->embedding;
  EmbeddingConfig fallback;  // sentence-transformers' own: the mean, up to the last position
  fallback.max_tokens = config.max_positions;
  return fallback;
}

void require_fit(const Tokenizer& tokenizer, const EncoderConfig& config, const EmbeddingConfig& embedding,
                 const fs::path& folder) {
  if (tokenizer.vocabulary_size() > static_cast<std::size_t>(config.vocabulary_size)) {
    throw Error(ErrorKind::kCorrupt, printable(folder.string()) + ": the tokenizer has " +
                                         std::to_string(tokenizer.vocabulary_size()) +
                                         " pieces, but config.json says vocab_size " +
                                         std::to_string(config.vocabulary_size) + "; the two do not belong together");
  }
  if (!embedding.lowercase) return;
  const auto upper = tokenizer.pieces("A");
  const auto lower = tokenizer.pieces("a");
  if (upper.size() != lower.size() || (!upper.empty() && upper[0].id != lower[0].id)) {
    throw Error(ErrorKind::kUnsupported, printable((folder / "sentence_bert_config.json").string()) +
                                             ": do_lower_case with a tokenizer that keeps upper case is not supported");
  }
}

/// What the tokenizer is read from, a file and its sum a line.
std::string tokenizer_sums(const fs::path& folder) {
  std::string text;
  // It is read from tokenizer.json where there is one, and from the others only without it.
  const bool has_json = is_there(folder / "tokenizer.json");
  for (const char* file : {"tokenizer.json", "vocab.txt", "tokenizer_config.json"}) {
    if (is_there(folder / file)) text += std::string(file) + " " + sum_of_file(folder, file) + "\n";
    if (has_json) break;
  }
  return text;
}

/// Sums and numbers, one a line, in a fixed order: whatever a vector depends on.
std::string fingerprint_of(const std::string& weights_sum, const std::string& tokenizer, const EncoderConfig& config,
                           const EmbeddingConfig& embedding) {
  std::string text = "riverbank model 1\nweights " + weights_sum + "\n" + tokenizer;
  for (const std::int64_t number :
       {config.num_layers, config.d_model, config.num_heads, config.d_ff, config.vocabulary_size, config.max_positions,
        config.num_token_types, static_cast<std::int64_t>(config.activation),
        static_cast<std::int64_t>(std::bit_cast<std::uint32_t>(config.layer_norm_epsilon)),
        static_cast<std::int64_t>(embedding.pooling), embedding.max_tokens}) {
    text += std::to_string(number) + "\n";
  }
  for (const std::string& prompt : {embedding.query_prompt, embedding.passage_prompt}) {
    text += std::to_string(prompt.size()) + " " + prompt + "\n";
  }
  constexpr std::size_t kDigits = 32;
  return to_hex(sha256(text)).substr(0, kDigits);
}

}  // namespace

std::shared_ptr<const Model> load_model(const std::string& name,
                                        const std::function<void(const std::string&)>& notice) {
  const fs::path folder = find_model(name);
  require_files(folder);
  const fs::path config_file = folder / "config.json";
  const EncoderConfig config = parse_encoder_config(read_file(config_file, kMostConfigBytes), config_file.string());
  EncoderWeights weights = load_encoder_weights(SafetensorsFile::open(folder / kWeightsFile), config);
  std::string weights_sum = sum_of_file(folder, kWeightsFile);
  const KnownModel* known = find_known_weights(weights_sum);
  const bool keeps_answers_in_int8 = known != nullptr && known->keeps_answers_in_int8;  // a name alone was not measured
  // The same encoder out of another container makes the same vectors: an index need not be made again for it.
  if (known != nullptr) weights_sum = known->weights.front();
  if (known == nullptr) known = find_known_model(split_hub_name(name).repository);
  const EmbeddingConfig embedding = read_embedding_config(folder, config, fallback_of(known, config));
  const std::string sums = tokenizer_sums(folder);
  Tokenizer tokenizer = Tokenizer::from_folder(folder, {.source = to_hex(sha256(sums)), .notice = notice});
  require_fit(tokenizer, config, embedding, folder);
  std::string fingerprint = fingerprint_of(weights_sum, sums, config, embedding);
  return std::make_shared<const Model>(Model{name, folder, config, embedding, std::move(tokenizer), std::move(weights),
                                             std::move(fingerprint), keeps_answers_in_int8,
                                             known != nullptr ? known->calibration : std::nullopt,
                                             known != nullptr ? known->sense_separation : std::nullopt});
}

}  // namespace riverbank
