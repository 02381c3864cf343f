#include "riverbank/embedder.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "lib/base/parallel.h"
#include "lib/embed/encoder_choice.h"
#include "lib/embed/pooling.h"
#include "lib/embed/turns.h"
#include "lib/embed/windows.h"
#include "lib/engine/engine.h"
#include "lib/model/encode_text.h"
#include "lib/model/model.h"
#include "riverbank/error.h"

namespace riverbank {

namespace {

/// Texts tokenized ahead of the engine: enough to share out among the cores; the tokens of a million texts would fill
/// the memory.
constexpr std::size_t kTextsAhead = 512;

void throw_if_stopped(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Error(ErrorKind::kCancelled, "Stopped while embedding texts.");
}

const char* name_of(Pooling pooling) { return pooling == Pooling::kCls ? "cls" : "mean"; }

EngineOptions engine_options(const Model& model, const EmbedderOptions& options) {
  const EncoderChoice choice = choose_encoder(model, options.instruction_set, options.precision);
  return {.instruction_set = std::string(to_string(choice.instruction_set)),
          .precision = choice.precision,
          .threads = options.threads,
          .fingerprint = fingerprint_on_disk(model),
          .notice = options.notice};
}

ModelInfo describe(const Model& model, const Engine& engine) {
  ModelInfo info;
  info.name = model.name;
  info.folder = model.folder.string();
  info.fingerprint = model.fingerprint;
  info.layers = static_cast<std::size_t>(model.config.num_layers);
  info.dimensions = static_cast<std::size_t>(model.config.d_model);
  info.heads = static_cast<std::size_t>(model.config.num_heads);
  info.max_tokens = static_cast<std::size_t>(model.embedding.max_tokens);
  info.vocabulary = static_cast<std::size_t>(model.config.vocabulary_size);
  info.pooling = name_of(model.embedding.pooling);
  info.query_prompt = model.embedding.query_prompt;
  info.passage_prompt = model.embedding.passage_prompt;
  info.calibration = model.calibration;
  info.instruction_set = engine.instruction_set();
  info.precision = to_string(engine.precision());
  info.threads = engine.threads();
  return info;
}

/// The first encodings of `encodings` that make one batch.
std::span<const Encoding> next_batch(std::span<const Encoding> encodings) {
  std::size_t texts = 1;
  std::size_t tokens = encodings[0].size();
  while (texts < encodings.size() && tokens + encodings[texts].size() <= kBatchTokens) {
    tokens += encodings[texts++].size();
  }
  return encodings.first(texts);
}

/// What the engine reads: texts one after the other.
struct Batch {
  explicit Batch(std::span<const Encoding> encodings) {
    for (const Encoding& encoding : encodings) {
      ids.insert(ids.end(), encoding.ids.begin(), encoding.ids.end());
      starts.push_back(ids.size());
    }
  }

  RaggedBatch view() const { return {ids, {}, starts}; }

  std::vector<std::int32_t> ids;       // (N)
  std::vector<std::size_t> starts{0};  // (texts + 1)
};

void require_layers(std::size_t wanted, std::size_t layers) {
  if (wanted <= layers) return;
  throw Error(ErrorKind::kInvalidArgument, "The model has " + std::to_string(layers) +
                                               " layers; there are no hidden states after " + std::to_string(wanted) +
                                               ".");
}

void append_rows(std::vector<float>& values, const MatrixView& rows) {
  for (Eigen::Index t = 0; t < rows.rows(); ++t) {
    const auto row = rows.row(t);
    values.insert(values.end(), row.data(), row.data() + row.size());
  }
}

/// Takes in the vectors of a batch's texts (texts, d_model), made unit vectors.
void append_texts(Embeddings& result, const Matrix& vectors, std::span<const Encoding> batch) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const RowVector vector = normalise(vectors.row(static_cast<Eigen::Index>(i)));
    result.values.insert(result.values.end(), vector.begin(), vector.end());
    result.tokens += batch[i].size();
    result.truncated += batch[i].truncated ? 1 : 0;
  }
  result.rows += batch.size();
}

}  // namespace

struct Embedder::Parts {
  Parts(std::shared_ptr<const Model> loaded, const EmbedderOptions& options)
      : model(std::move(loaded)),
        engine(model->config, model->weights, engine_options(*model, options)),
        workers(engine.threads()),
        info(describe(*model, engine)),
        long_texts(options.long_texts) {}

  /// Texts as the model reads them, all cores sharing them out.
  std::vector<Encoding> tokenize(std::span<const std::string_view> texts, TextKind kind) {
    std::vector<Encoding> encodings(texts.size());
    if (texts.size() == 1) {  // waits for nobody
      encodings[0] = encode_text(*model, texts[0], kind);
      return encodings;
    }
    const std::lock_guard turn(turns);
    workers.run(texts.size(), [&](std::size_t i, int) { encodings[i] = encode_text(*model, texts[i], kind); });
    return encodings;
  }

  /// The last layer's hidden states of all tokens -> (N, d_model).
  Matrix hidden_states(const Batch& batch) {
    const std::lock_guard turn(turns);
    return engine.forward(batch.view());
  }

  /// The same, and shows visit(layers, hidden) those after each number of layers, the last too.
  Matrix hidden_states(const Batch& batch, const LayerVisitor& visit) {
    const std::lock_guard turn(turns);
    Matrix last;
    engine.forward_layers(
        batch.view(),
        [&](std::size_t layers, const MatrixView& hidden) {
          visit(layers, hidden);
          if (layers == info.layers) last = hidden;
        },
        info.layers);
    return last;
  }

  /// Adds what is asked of a batch's texts, one of `states` a text.
  void hidden_states(const Batch& batch, const StatesAsked& asked, std::span<TextStates> states) {
    const std::vector<std::size_t>& after_layers = asked.after_layers;
    std::vector<std::span<float>> means;
    for (std::size_t i = 0; asked.attention && i < states.size(); ++i) {
      const std::size_t T = batch.starts[i + 1] - batch.starts[i];
      states[i].attention.resize(info.layers * T * T);
      means.emplace_back(states[i].attention);
    }
    const std::lock_guard turn(turns);
    const auto read = [&](std::size_t layers, const MatrixView& hidden) {
      if (std::ranges::find(after_layers, layers) == after_layers.end()) return;
      for (std::size_t i = 0; i < states.size(); ++i) {
        const std::size_t first = batch.starts[i], T = batch.starts[i + 1] - first;
        std::vector<float>& kept = states[i].after[layers];
        kept.reserve(T * info.dimensions);
        append_rows(kept, hidden.middleRows(static_cast<Eigen::Index>(first), static_cast<Eigen::Index>(T)));
      }
    };
    engine.forward_layers(batch.view(), read, asked.attention ? info.layers : std::ranges::max(after_layers), means);
  }

  /// One vector a text out of its hidden states, not normalised -> (texts, d_model): the same bits as pooled().
  Matrix pool(const Matrix& hidden, const Batch& batch) const {
    if (model->embedding.pooling == Pooling::kMean) return pool_mean(hidden, batch.starts);
    Matrix first(static_cast<Eigen::Index>(batch.starts.size()) - 1, hidden.cols());
    for (Eigen::Index text = 0; text < first.rows(); ++text) {
      first.row(text) = hidden.row(static_cast<Eigen::Index>(batch.starts[static_cast<std::size_t>(text)]));
    }
    return first;
  }

  /// One vector a text, not normalised -> (texts, d_model).
  Matrix pooled(const Batch& batch) {
    switch (model->embedding.pooling) {
      case Pooling::kCls: {
        const std::lock_guard turn(turns);
        return engine.forward_cls(batch.view());
      }
      case Pooling::kMean:
        return pool_mean(hidden_states(batch), batch.starts);
    }
    throw Error(ErrorKind::kUnsupported, "The model's pooling is none that riverbank knows.");
  }

  /// One vector a text, cut at the limit.
  Embeddings embed_cut(std::span<const std::string_view> texts, TextKind kind, const std::stop_token& stop) {
    Embeddings result;
    result.dimensions = info.dimensions;
    result.values.reserve(texts.size() * result.dimensions);

    while (!texts.empty()) {
      throw_if_stopped(stop);
      const std::vector<Encoding> encodings = tokenize(texts.first(std::min(kTextsAhead, texts.size())), kind);
      texts = texts.subspan(encodings.size());

      for (std::span<const Encoding> left = encodings; !left.empty();) {
        throw_if_stopped(stop);
        const std::span<const Encoding> batch = next_batch(left);
        append_texts(result, pooled(Batch(batch)), batch);
        left = left.subspan(batch.size());
      }
    }
    return result;
  }

  /// The windows through which each text is read, all cores sharing them out.
  std::vector<std::vector<TextWindow>> windows_of_all(std::span<const std::string_view> texts, TextKind kind) {
    constexpr std::size_t kClsAndSep = 2;
    const std::size_t not_text = kClsAndSep + model->tokenizer.pieces(prompt_for(*model, kind)).size();
    const std::size_t most_tokens = std::max(info.max_tokens, not_text + 1) - not_text;
    std::vector<std::vector<TextWindow>> windows(texts.size());
    const std::lock_guard turn(turns);
    workers.run(texts.size(), [&](std::size_t i, int) {
      windows[i] = windows_of(texts[i], model->tokenizer.pieces(texts[i]), most_tokens);
    });
    return windows;
  }

  /// Takes in one vector a text, longer ones read through windows.
  void append_windowed(Embeddings& result, std::span<const std::string_view> texts, TextKind kind,
                       const std::stop_token& stop) {
    throw_if_stopped(stop);
    const std::vector<std::vector<TextWindow>> windows = windows_of_all(texts, kind);
    std::vector<std::string_view> views;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      for (const TextWindow& window : windows[i]) views.push_back(window.span.of(texts[i]));
    }
    const Embeddings read = embed_cut(views, kind, stop);  // (windows, d_model)
    const MatrixMap vectors(read.values.data(), static_cast<Eigen::Index>(read.rows), model->config.d_model);
    Eigen::Index first = 0;
    for (const std::vector<TextWindow>& of_text : windows) {
      const auto count = static_cast<Eigen::Index>(of_text.size());
      const RowVector vector =
          count == 1 ? RowVector(vectors.row(first)) : pool_windows(vectors.middleRows(first, count), of_text);
      result.values.insert(result.values.end(), vector.begin(), vector.end());
      result.windowed += count > 1 ? 1 : 0;
      first += count;
    }
    result.rows += texts.size();
    result.tokens += read.tokens;
    result.truncated += read.truncated;
  }

  std::shared_ptr<const Model> model;  // first, because the engine borrows its weights
  Turns turns;
  Engine engine;       // guarded by turns
  ThreadPool workers;  // guarded by turns
  ModelInfo info;
  LongTexts long_texts;
};

Embedder Embedder::load(const std::string& model, const EmbedderOptions& options) {
  return Embedder(load_model(model, options.notice), options);
}

Embedder::Embedder(std::shared_ptr<const Model> model, const EmbedderOptions& options)
    : parts_(std::make_unique<Parts>(std::move(model), options)) {}

Embedder::Embedder(Embedder&&) noexcept = default;
Embedder& Embedder::operator=(Embedder&&) noexcept = default;
Embedder::~Embedder() = default;

Embeddings Embedder::embed(std::span<const std::string_view> texts, TextKind kind, std::stop_token stop) const {
  if (parts_->long_texts == LongTexts::kCut) return parts_->embed_cut(texts, kind, stop);
  Embeddings result;
  result.dimensions = parts_->info.dimensions;
  for (; !texts.empty(); texts = texts.subspan(std::min(kTextsAhead, texts.size()))) {
    parts_->append_windowed(result, texts.first(std::min(kTextsAhead, texts.size())), kind, stop);
  }
  return result;
}

std::vector<float> Embedder::embed(std::string_view text, TextKind kind) const {
  return embed(std::span(&text, 1), kind).values;
}

std::vector<TokenVector> Embedder::token_vectors(std::string_view text, TextKind kind) const {
  const std::vector<Encoding> encodings = parts_->tokenize(std::span(&text, 1), kind);
  const Encoding& encoding = encodings.front();
  const Matrix hidden = parts_->hidden_states(Batch(encodings));  // (T, d_model)

  std::vector<TokenVector> tokens(encoding.size());
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    const auto row = hidden.row(static_cast<Eigen::Index>(t));
    tokens[t] = {encoding.offsets[t].begin, encoding.offsets[t].end,
                 std::string(parts_->model->tokenizer.piece(encoding.ids[t])),
                 std::vector<float>(row.begin(), row.end())};
  }
  return tokens;
}

TokenEmbeddings Embedder::token_vectors(std::span<const std::string_view> texts, TextKind kind, std::stop_token stop,
                                        std::optional<std::size_t> after_layers) const {
  const std::size_t all_layers = parts_->info.layers, wanted = after_layers.value_or(all_layers);
  require_layers(wanted, all_layers);
  TokenEmbeddings result;
  result.texts.dimensions = parts_->info.dimensions;
  while (!texts.empty()) {
    throw_if_stopped(stop);
    const std::vector<Encoding> encodings = parts_->tokenize(texts.first(std::min(kTextsAhead, texts.size())), kind);
    texts = texts.subspan(encodings.size());
    for (std::span<const Encoding> left = encodings; !left.empty();) {
      throw_if_stopped(stop);
      const std::span<const Encoding> encoded = next_batch(left);
      const Batch batch(encoded);
      const Matrix last = parts_->hidden_states(batch, [&](std::size_t layers, const MatrixView& hidden) {
        if (layers == wanted) append_rows(result.values, hidden);
      });
      append_texts(result.texts, parts_->pool(last, batch), encoded);
      for (const Encoding& encoding : encoded) {
        for (const Span& span : encoding.offsets) result.places.push_back({span.begin, span.end});
        result.starts.push_back(result.places.size());
      }
      left = left.subspan(encoded.size());
    }
  }
  return result;
}

std::vector<TextStates> Embedder::hidden_states(std::span<const std::string_view> texts, const StatesAsked& asked,
                                                TextKind kind, std::stop_token stop) const {
  if (asked.after_layers.empty())
    throw Error(ErrorKind::kInvalidArgument, "Hidden states after no layer were asked for.");
  require_layers(std::ranges::max(asked.after_layers), parts_->info.layers);
  const std::vector<Encoding> encodings = parts_->tokenize(texts, kind);
  std::vector<TextStates> all(texts.size());
  std::size_t done = 0;
  for (std::span<const Encoding> left = encodings; !left.empty();) {
    throw_if_stopped(stop);
    const std::span<const Encoding> encoded = next_batch(left);
    const std::span<TextStates> states = std::span(all).subspan(done, encoded.size());
    parts_->hidden_states(Batch(encoded), asked, states);
    for (std::size_t i = 0; i < encoded.size(); ++i) {
      for (const Span& span : encoded[i].offsets) states[i].places.push_back({span.begin, span.end});
    }
    done += encoded.size();
    left = left.subspan(encoded.size());
  }
  return all;
}

std::size_t Embedder::count_tokens(std::string_view text, TextKind kind) const {
  return riverbank::count_tokens(*parts_->model, text, kind);
}

const ModelInfo& Embedder::info() const { return parts_->info; }

const std::shared_ptr<const Model>& Embedder::model() const { return parts_->model; }

}  // namespace riverbank
