#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "riverbank/attention.h"
#include "riverbank/embedder.h"

namespace riverbank {

struct Model;

/// A model's encoder that shows its work. It computes in the plain way of the paper, in float32 and on one thread, what
/// Embedder computes fast; the two agree to rounding. Any thread may call, and calls do not wait for each other.
class Transformer {
 public:
  /// A model by name or folder. Throws Error: kNotFound, kCorrupt, kUnsupported, kIo.
  static Transformer load(const std::string& model);
  /// For riverbank's own libraries: a model that is loaded already.
  explicit Transformer(std::shared_ptr<const Model> model);

  Transformer(Transformer&&) noexcept;
  Transformer& operator=(Transformer&&) noexcept;
  ~Transformer();

  /// What the encoder made of a text, cut at the model's limit. Any bytes are a text.
  Trace trace(std::string_view text, TextKind kind = TextKind::kPassage) const;

  /// What it made of [CLS] first [SEP] second [SEP], cut at the model's limit from whichever is longer. The encoders of
  /// this project were trained on single texts: that they read a pair is a demonstration, not what they are good at.
  Trace trace_pair(std::string_view first, std::string_view second) const;

 private:
  struct Parts;
  std::unique_ptr<const Parts> parts_;
};

}  // namespace riverbank
