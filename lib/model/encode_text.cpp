#include "lib/model/encode_text.h"

#include <algorithm>
#include <string>

namespace riverbank {

std::string_view prompt_for(const Model& model, TextKind kind) {
  return kind == TextKind::kQuery ? model.embedding.query_prompt : model.embedding.passage_prompt;
}

Encoding encode_text(const Model& model, std::string_view text, TextKind kind) {
  const std::size_t max_tokens = static_cast<std::size_t>(model.embedding.max_tokens);
  const std::string_view prompt = prompt_for(model, kind);
  if (prompt.empty()) return model.tokenizer.encode(text, max_tokens);

  std::string prompted;
  prompted.reserve(prompt.size() + text.size());
  prompted.append(prompt).append(text);
  Encoding encoding = model.tokenizer.encode(prompted, max_tokens);
  for (Span& offset : encoding.offsets) {
    offset.begin = std::max(offset.begin, prompt.size()) - prompt.size();
    offset.end = std::max(offset.end, prompt.size()) - prompt.size();
  }
  return encoding;
}

}  // namespace riverbank
