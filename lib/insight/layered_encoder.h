#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string_view>

#include "lib/math/matrix.h"
#include "lib/model/model.h"
#include "lib/text/tokenizer.h"

namespace riverbank {

/// How far a long computation is; may be empty.
using WorkProgress = std::function<void(std::size_t done, std::size_t total)>;

/// Reads many texts and shows each one's hidden states at every layer, by the fast engine in float32 on all cores:
/// what measures layers and heads over thousands of texts. One call at a time.
class LayeredEncoder {
 public:
  /// `threads` 0: one for each core. Throws Error kInvalidArgument for a number that makes no sense.
  explicit LayeredEncoder(std::shared_ptr<const Model> model, int threads = 0);
  ~LayeredEncoder();
  LayeredEncoder(LayeredEncoder&&) noexcept;
  LayeredEncoder& operator=(LayeredEncoder&&) noexcept;

  const Model& model() const;
  /// L; hidden states are numbered 0 (the embeddings) to L (the last layer's output).
  std::size_t layers() const;
  /// The most tokens that the position table has room for, [CLS] and [SEP] included: more than the limit that
  /// sentence-transformers sets for some models.
  std::size_t most_tokens() const;

  /// Is shown the hidden states H (T, d_model) of one text after so many layers; they live for the call.
  using Visitor = std::function<void(std::size_t text, std::size_t after_layers, const MatrixView& H)>;

  /// Calls `visit` L + 1 times for each text that has tokens, in the order of the layers; different texts at once, from
  /// several threads. Each text must have at most most_tokens() tokens. `progress` counts texts, on the calling thread.
  /// Throws Error: kCancelled, and what `visit` throws.
  void run(std::span<const Encoding> texts, const Visitor& visit, const WorkProgress& progress = {},
           const std::stop_token& stop = {});

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace riverbank
