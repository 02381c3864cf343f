#include "lib/model/encode_text.h"

#include <algorithm>
#include <string>

namespace riverbank {

namespace {

std::string joined(std::string_view prompt, std::string_view text) {
  std::string result;
  result.reserve(prompt.size() + text.size());
  return result.append(prompt).append(text);
}

}  // namespace

std::string_view prompt_for(const Model& model, TextKind kind) {
  return kind == TextKind::kQuery ? model.embedding.query_prompt : model.embedding.passage_prompt;
}

Encoding encode_text(const Model& model, std::string_view text, TextKind kind) {
  const std::size_t max_tokens = static_cast<std::size_t>(model.embedding.max_tokens);
  const std::string_view prompt = prompt_for(model, kind);
  if (prompt.empty()) return model.tokenizer.encode(text, max_tokens);

  Encoding encoding = model.tokenizer.encode(joined(prompt, text), max_tokens);
  for (Span& offset : encoding.offsets) {
    offset.begin = std::max(offset.begin, prompt.size()) - prompt.size();
    offset.end = std::max(offset.end, prompt.size()) - prompt.size();
  }
  return encoding;
}

std::size_t count_tokens(const Model& model, std::string_view text, TextKind kind) {
  constexpr std::size_t kClsAndSep = 2;
  const std::string_view prompt = prompt_for(model, kind);
  const std::size_t pieces =
      prompt.empty() ? model.tokenizer.pieces(text).size() : model.tokenizer.pieces(joined(prompt, text)).size();
  return pieces + kClsAndSep;
}

}  // namespace riverbank
