#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace riverbank {

struct Model;

/// What a text is for. Some models want a prompt before a question ("Represent this sentence …").
enum class TextKind { kPassage, kQuery };

/// What embed() does with a text that is longer than the model's limit.
enum class LongTexts {
  kCut,      ///< reads its beginning
  kWindows,  ///< reads all of it, through windows that overlap, and takes the mean of their vectors
};

struct EmbedderOptions {
  int threads = 0;              ///< 0: one for each core
  std::string instruction_set;  ///< empty: RIVERBANK_ISA, else the best there is
  /// "f32", "bf16" or "int8"; empty: RIVERBANK_PRECISION, else the fastest that keeps the model's answers. Vectors of
  /// one model compare in any precision: an index made in one may be asked in another.
  std::string precision;
  /// Told, in a sentence, when a file of the cache is of no use, and what is done. May be empty.
  std::function<void(const std::string& message)> notice;
  LongTexts long_texts = LongTexts::kCut;
};

/// Unit vectors, one a text, row after row.
struct Embeddings {
  std::size_t rows = 0;
  std::size_t dimensions = 0;
  std::vector<float> values;  ///< (rows, dimensions) row-major
  std::size_t tokens = 0;     ///< how many tokens were encoded
  std::size_t truncated = 0;  ///< how many texts were cut at the model's limit
  std::size_t windowed = 0;   ///< how many texts were read through more than one window

  std::span<const float> row(std::size_t i) const { return std::span(values).subspan(i * dimensions, dimensions); }
};

/// One token of a text with its contextual vector.
struct TokenVector {
  std::size_t begin = 0;  ///< bytes of the text; begin == end for [CLS] and [SEP] and for tokens of the prompt
  std::size_t end = 0;
  std::string piece;          ///< the word piece, "##" and all
  std::vector<float> vector;  ///< (dimensions), the last layer's hidden state, not normalised
};

/// Where a token stands in its text.
struct TokenPlace {
  std::size_t begin = 0;  ///< bytes of the text; begin == end for [CLS] and [SEP] and for tokens of the prompt
  std::size_t end = 0;
};

/// The contextual vectors of all tokens of some texts, row after row, with the vectors of the texts themselves.
struct TokenEmbeddings {
  Embeddings texts;                    ///< the same bits as Embedder::embed() gives
  std::vector<float> values;           ///< (tokens, dimensions): a layer's hidden states, not normalised
  std::vector<TokenPlace> places;      ///< (tokens)
  std::vector<std::size_t> starts{0};  ///< (texts + 1): text i is rows [starts[i], starts[i + 1])

  std::span<const float> row(std::size_t token) const {
    return std::span(values).subspan(token * texts.dimensions, texts.dimensions);
  }
};

/// The hidden states of one text's tokens after some of the layers.
struct TextStates {
  std::vector<TokenPlace> places;  ///< (T)
  /// After so many layers, 0 for the embeddings -> (T, dimensions), row after row, not normalised.
  std::map<std::size_t, std::vector<float>> after;
  /// The mean of each layer's heads' softmax(Q K^T / sqrt(d_k)) -> (layers, T, T); empty unless asked
  /// for.
  std::vector<float> attention;
};

/// What Embedder::hidden_states() is to leave.
struct StatesAsked {
  std::vector<std::size_t> after_layers;  ///< 0 for the embeddings; at least one
  bool attention = false;                 ///< TextStates::attention too, of all layers
};

/// What makes a relevance between 0 and 1 of a question and a passage:
///
///     relevance = 1 / (1 + exp(-(cosine c + words w + sentence s + constant)))
///
/// c being the cosine of their vectors, w the share of the question's words, weighed by idf, that the passage holds,
/// and s the late interaction of the question and the passage's best sentence: of a passage that was read; of the
/// others c and w have to do.
struct Calibration {
  struct Weights {
    double cosine = 0;
    double words = 0;
    double sentence = 0;
    double constant = 0;
  };
  Weights unread;
  Weights read;
};

/// What a loaded model is.
struct ModelInfo {
  std::string name;
  std::string folder;
  std::string fingerprint;  ///< changes when any vector could
  std::size_t layers = 0, dimensions = 0, heads = 0, max_tokens = 0, vocabulary = 0;
  std::string pooling;  ///< "cls" or "mean"
  std::string query_prompt, passage_prompt;
  std::optional<Calibration> calibration;  ///< how its cosines become a relevance; nothing for a model never measured
  std::string instruction_set, precision;  ///< what runs
  int threads = 0;
};

/// Texts in, unit vectors out. The vector of a text is the same bits alone, in any batch, with any number of threads.
/// Any thread may call; calls take turns batch by batch, so that a question need not wait for a long run to end.
class Embedder {
 public:
  /// A model by name or folder. Throws Error: kNotFound, kCorrupt, kUnsupported, kInvalidArgument.
  static Embedder load(const std::string& model, const EmbedderOptions& options = {});
  /// For riverbank's own libraries: a model that is loaded already.
  explicit Embedder(std::shared_ptr<const Model> model, const EmbedderOptions& options = {});

  Embedder(Embedder&&) noexcept;
  Embedder& operator=(Embedder&&) noexcept;
  ~Embedder();

  /// (texts, dimensions). What becomes of longer texts EmbedderOptions says; they are counted. A text that fits has the
  /// same vector either way. Any bytes are a text.
  /// Throws Error kCancelled when stopped.
  Embeddings embed(std::span<const std::string_view> texts, TextKind kind = TextKind::kPassage,
                   std::stop_token stop = {}) const;
  /// The vector of one text.
  std::vector<float> embed(std::string_view text, TextKind kind = TextKind::kPassage) const;

  /// Every token's contextual vector.
  std::vector<TokenVector> token_vectors(std::string_view text, TextKind kind = TextKind::kPassage) const;

  /// Those of many texts at once, 4 dimensions bytes a token: cut at the model's limit and counted as embed() does;
  /// after all layers, or after so many of them, 0 for the embeddings.
  /// Throws Error: kInvalidArgument (more layers than the model has), kCancelled when stopped.
  TokenEmbeddings token_vectors(std::span<const std::string_view> texts, TextKind kind = TextKind::kPassage,
                                std::stop_token stop = {}, std::optional<std::size_t> after_layers = {}) const;

  /// The hidden states after each of these numbers of layers, and the attention, of every text: one pass over the
  /// layers, no further than is asked for. Texts are cut at the model's limit.
  /// Throws Error: kInvalidArgument (more layers than the model has), kCancelled.
  std::vector<TextStates> hidden_states(std::span<const std::string_view> texts, const StatesAsked& asked,
                                        TextKind kind = TextKind::kPassage, std::stop_token stop = {}) const;

  /// How many tokens the model sees of this text, before any cut, [CLS], [SEP] and the prompt included.
  std::size_t count_tokens(std::string_view text, TextKind kind = TextKind::kPassage) const;

  const ModelInfo& info() const;

  /// For riverbank's own libraries: the model behind it.
  const std::shared_ptr<const Model>& model() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace riverbank
