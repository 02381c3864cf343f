#include "lib/insight/mean_attention.h"

#include "lib/model/encode_text.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

Trace trace_of(const Model& model, const Encoding& encoding) {
  Trace trace;
  trace.layers = model.weights.layers.size();
  trace.heads = 1;
  trace.dimensions = static_cast<std::size_t>(model.config.d_model);
  trace.truncated = encoding.truncated;
  for (std::size_t t = 0; t < encoding.size(); ++t) {
    TracedToken& token = trace.tokens.emplace_back();
    token.begin = encoding.offsets[t].begin;
    token.end = encoding.offsets[t].end;
    token.piece = model.tokenizer.piece(encoding.ids[t]);
    token.special = encoding.ids[t] == model.tokenizer.cls_id() || encoding.ids[t] == model.tokenizer.sep_id();
  }
  return trace;
}

}  // namespace

std::vector<Trace> mean_attention(const Model& model, std::span<const std::string_view> passages,
                                  std::span<const TextStates* const> states) {
  std::vector<Trace> traces;
  for (std::size_t i = 0; i < passages.size(); ++i) {
    Trace& trace = traces.emplace_back(trace_of(model, encode_text(model, passages[i], TextKind::kPassage)));
    if (states[i]->attention.size() != trace.layers * trace.tokens.size() * trace.tokens.size()) {
      throw Error(ErrorKind::kInvalidArgument,
                  "The passages were read without their attention; there is none to show.");
    }
    trace.attention = states[i]->attention;
  }
  return traces;
}

}  // namespace riverbank
