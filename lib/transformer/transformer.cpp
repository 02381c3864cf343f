#include "riverbank/transformer.h"

#include <fmt/format.h>

#include <utility>

#include "lib/model/encode_text.h"
#include "lib/model/model.h"
#include "lib/transformer/encoder.h"
#include "lib/transformer/shapes.h"
#include "lib/transformer/trace_recorder.h"
#include "riverbank/error.h"

namespace riverbank {

namespace {}  // namespace

std::span<const float> Trace::word_row(std::size_t token) const {
  require_below("The trace", token, tokens.size(), "token");
  return std::span(word_rows).subspan(token * dimensions, dimensions);
}

std::span<const float> Trace::hidden_state(std::size_t after_layers, std::size_t token) const {
  require_below("The trace", after_layers, layers + 1, "layer");
  require_below("The trace", token, tokens.size(), "token");
  return std::span(hidden_states).subspan((after_layers * tokens.size() + token) * dimensions, dimensions);
}

std::span<const float> Trace::attention_of(std::size_t layer, std::size_t head, std::size_t token) const {
  require_below("The trace", layer, layers, "layer");
  require_below("The trace", head, heads, "head");
  require_below("The trace", token, tokens.size(), "token");
  const std::size_t row = (layer * heads + head) * tokens.size() + token;
  return std::span(attention).subspan(row * tokens.size(), tokens.size());
}

struct Transformer::Parts {
  explicit Parts(std::shared_ptr<const Model> loaded)
      : model(std::move(loaded)), encoder(model->config, model->weights) {}

  Trace trace(const Encoding& encoding) const;

  std::shared_ptr<const Model> model;
  Encoder encoder;
};

Trace Transformer::Parts::trace(const Encoding& encoding) const {
  const std::size_t T = encoding.size();
  Trace trace;
  trace.layers = static_cast<std::size_t>(model->config.num_layers);
  trace.heads = static_cast<std::size_t>(model->config.num_heads);
  trace.dimensions = static_cast<std::size_t>(model->config.d_model);
  trace.truncated = encoding.truncated;
  trace.tokens.reserve(T);
  trace.word_rows.reserve(T * trace.dimensions);
  for (std::size_t t = 0; t < T; ++t) {
    const std::int32_t id = encoding.ids[t];
    trace.tokens.push_back({.begin = encoding.offsets[t].begin,
                            .end = encoding.offsets[t].end,
                            .piece = std::string(model->tokenizer.piece(id)),
                            .text = static_cast<std::size_t>(encoding.type_ids[t]),
                            .special = id == model->tokenizer.cls_id() || id == model->tokenizer.sep_id()});
    const auto row = model->weights.embeddings.word.row(id);
    trace.word_rows.insert(trace.word_rows.end(), row.begin(), row.end());
  }
  trace.hidden_states.reserve((trace.layers + 1) * T * trace.dimensions);
  trace.attention.reserve(trace.layers * trace.heads * T * T);

  TraceRecorder recorder(trace);
  encoder.forward(encoding.ids, encoding.type_ids, recorder);
  return trace;
}

Transformer Transformer::load(const std::string& model) { return Transformer(load_model(model)); }

Transformer::Transformer(std::shared_ptr<const Model> model) : parts_(std::make_unique<Parts>(std::move(model))) {}

Transformer::Transformer(Transformer&&) noexcept = default;
Transformer& Transformer::operator=(Transformer&&) noexcept = default;
Transformer::~Transformer() = default;

Trace Transformer::trace(std::string_view text, TextKind kind) const {
  return parts_->trace(encode_text(*parts_->model, text, kind));
}

Trace Transformer::trace_pair(std::string_view first, std::string_view second) const {
  const Model& model = *parts_->model;
  return parts_->trace(
      model.tokenizer.encode_pair(first, second, static_cast<std::size_t>(model.embedding.max_tokens)));
}

}  // namespace riverbank
