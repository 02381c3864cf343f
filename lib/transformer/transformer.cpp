#include "riverbank/transformer.h"

#include <fmt/format.h>

#include <utility>

#include "lib/model/encode_text.h"
#include "lib/model/model.h"
#include "lib/transformer/encoder.h"
#include "lib/transformer/trace_recorder.h"
#include "riverbank/error.h"

namespace riverbank {

namespace {

void require_below(std::size_t index, std::size_t count, const char* what) {
  if (index >= count) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("The trace has no {} {}: it has {}, counted from 0.", what, index, count));
  }
}

}  // namespace

std::span<const float> Trace::hidden_state(std::size_t after_layers, std::size_t token) const {
  require_below(after_layers, layers + 1, "layer");
  require_below(token, tokens.size(), "token");
  return std::span(hidden_states).subspan((after_layers * tokens.size() + token) * dimensions, dimensions);
}

std::span<const float> Trace::attention_of(std::size_t layer, std::size_t head, std::size_t token) const {
  require_below(layer, layers, "layer");
  require_below(head, heads, "head");
  require_below(token, tokens.size(), "token");
  const std::size_t row = (layer * heads + head) * tokens.size() + token;
  return std::span(attention).subspan(row * tokens.size(), tokens.size());
}

struct Transformer::Parts {
  explicit Parts(std::shared_ptr<const Model> loaded)
      : model(std::move(loaded)), encoder(model->config, model->weights) {}

  std::shared_ptr<const Model> model;
  Encoder encoder;
};

Transformer Transformer::load(const std::string& model) { return Transformer(load_model(model)); }

Transformer::Transformer(std::shared_ptr<const Model> model) : parts_(std::make_unique<Parts>(std::move(model))) {}

Transformer::Transformer(Transformer&&) noexcept = default;
Transformer& Transformer::operator=(Transformer&&) noexcept = default;
Transformer::~Transformer() = default;

Trace Transformer::trace(std::string_view text, TextKind kind) const {
  const Model& model = *parts_->model;
  const Encoding encoding = encode_text(model, text, kind);
  const std::size_t T = encoding.size();

  Trace trace;
  trace.layers = static_cast<std::size_t>(model.config.num_layers);
  trace.heads = static_cast<std::size_t>(model.config.num_heads);
  trace.dimensions = static_cast<std::size_t>(model.config.d_model);
  trace.tokens.reserve(T);
  for (std::size_t t = 0; t < T; ++t) {
    const Span offset = encoding.offsets[t];
    trace.tokens.push_back({offset.begin, offset.end, std::string(model.tokenizer.piece(encoding.ids[t]))});
  }
  trace.hidden_states.reserve((trace.layers + 1) * T * trace.dimensions);
  trace.attention.reserve(trace.layers * trace.heads * T * T);

  TraceRecorder recorder(trace);
  parts_->encoder.forward(encoding.ids, encoding.type_ids, recorder);
  return trace;
}

}  // namespace riverbank
