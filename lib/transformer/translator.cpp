#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/base/printable.h"
#include "lib/model/encoder_decoder.h"
#include "lib/transformer/decoding.h"
#include "lib/transformer/encoder_decoder.h"
#include "lib/transformer/shapes.h"
#include "riverbank/error.h"
#include "riverbank/translation.h"

namespace riverbank {

namespace {

/// Keeps every head's weights, in the order of the pass: (layers, heads, T, S).
class HeadRecorder : public Observer {
 public:
  explicit HeadRecorder(std::vector<float>& weights) : weights_(weights) {}

  void head(const MatrixView& weights) override {
    const Matrix rows = weights;
    weights_.insert(weights_.end(), rows.data(), rows.data() + rows.size());
  }

 private:
  std::vector<float>& weights_;
};

bool is_of_a_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || static_cast<signed char>(c) < 0;
}

/// "Ninety-seven thousand," -> ninety, seven, thousand.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;
  for (const char c : text) {
    if (is_of_a_word(c)) {
      if (!inside) words.emplace_back();
      words.back() += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    inside = is_of_a_word(c);
  }
  return words;
}

}  // namespace

std::span<const float> Translation::attention_of(std::size_t layer, std::size_t head, std::size_t piece) const {
  require_below("The translation", layer, layers, "layer");
  require_below("The translation", head, heads, "head");
  require_below("The translation", piece, target.size(), "piece");
  const std::size_t row = (layer * heads + head) * target.size() + piece;
  return std::span(cross_attention).subspan(row * source.size(), source.size());
}

std::vector<float> Translation::mean_attention(std::size_t piece) const {
  std::vector<float> mean(source.size());
  for (std::size_t i = 0; i < layers * heads; ++i) {
    const std::span<const float> weights = attention_of(i / heads, i % heads, piece);
    for (std::size_t s = 0; s < mean.size(); ++s) mean[s] += weights[s] / static_cast<float>(layers * heads);
  }
  return mean;
}

struct Translator::Parts {
  explicit Parts(TranslationModel loaded)
      : model(std::move(loaded)), transformer(model.config, model.weights), source_end(model.source.id("[EOS]")) {}

  std::vector<std::int32_t> ids_of(const std::vector<std::string>& words) const;
  void write_down(const Decoded& decoded, Translation& translation) const;
  void watch(const Matrix& M, const Decoded& decoded, Translation& translation) const;

  TranslationModel model;
  EncoderDecoder transformer;
  std::int32_t source_end;
};

std::vector<std::int32_t> Translator::Parts::ids_of(const std::vector<std::string>& words) const {
  std::vector<std::int32_t> ids;
  for (const std::string& word : words) {
    ids.push_back(model.source.id(word));
    if (ids.back() < 0) {
      throw Error(ErrorKind::kInvalidArgument, fmt::format("\"{}\" is not one of the {} words that this model knows.",
                                                           printable(word), model.source.size() - 1));
    }
  }
  if (ids.empty()) throw Error(ErrorKind::kInvalidArgument, "There is no word to translate.");
  ids.push_back(source_end);
  return ids;
}

void Translator::Parts::write_down(const Decoded& decoded, Translation& translation) const {
  for (const std::int32_t id : decoded.ids) {
    const std::string& piece = model.target.word(id);
    translation.target.push_back(piece);
    if (id == model.config.end_id) break;
    if (!translation.text.empty() && !piece.starts_with('-')) translation.text += ' ';
    translation.text += piece;
  }
  translation.finished = decoded.finished;
  translation.log_probability = decoded.log_probability;
}

/// Once more from the start with an observer, since a search follows several targets and shows none of them.
void Translator::Parts::watch(const Matrix& M, const Decoded& decoded, Translation& translation) const {
  std::vector<std::int32_t> read{model.config.begin_id};  // what stands before each piece
  read.insert(read.end(), decoded.ids.begin(), decoded.ids.end() - 1);
  Decoder::State state = transformer.decoder().start(M);
  Observer nobody;
  HeadRecorder recorder(translation.cross_attention);
  transformer.decoder().forward(read, state, {nobody, recorder});
  translation.layers = static_cast<std::size_t>(model.config.num_decoder_layers);
  translation.heads = static_cast<std::size_t>(model.config.num_heads);
}

Translator Translator::load(const std::filesystem::path& folder) {
  return Translator(std::make_unique<const Parts>(load_translation_model(folder)));
}

Translator::Translator(std::unique_ptr<const Parts> parts) : parts_(std::move(parts)) {}
Translator::Translator(Translator&&) noexcept = default;
Translator& Translator::operator=(Translator&&) noexcept = default;
Translator::~Translator() = default;

Translation Translator::translate(std::string_view text, const TranslatorOptions& options) const {
  Translation translation;
  translation.source = words_of(text);
  const std::vector<std::int32_t> ids = parts_->ids_of(translation.source);
  translation.source.emplace_back("[EOS]");
  const Matrix M = parts_->transformer.encode(ids);
  const Decoded decoded = beam_search(parts_->transformer, M,
                                      {.width = options.beam_width,
                                       .length_penalty = options.length_penalty,
                                       .max_tokens = static_cast<Eigen::Index>(parts_->model.config.max_positions)});
  parts_->write_down(decoded, translation);
  parts_->watch(M, decoded, translation);
  return translation;
}

}  // namespace riverbank
