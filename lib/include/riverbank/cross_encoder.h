#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "riverbank/embedder.h"

namespace riverbank {

/// A model that reads question and passage together and says how well the two belong together: BERT with one label
/// (BertForSequenceClassification, such as cross-encoder/ms-marco-MiniLM-L6-v2). Better than comparing vectors, and
/// dearer: every passage is read anew for every question. Any thread may call; calls take turns.
class CrossEncoder {
 public:
  /// A model by name or folder. Throws Error: kNotFound, kCorrupt, kUnsupported (an encoder without a classifier; more
  /// labels than one), kInvalidArgument.
  static CrossEncoder load(const std::string& model, const EmbedderOptions& options = {});

  CrossEncoder(CrossEncoder&&) noexcept;
  CrossEncoder& operator=(CrossEncoder&&) noexcept;
  ~CrossEncoder();

  /// The model's logit for each passage, higher is better, of any size: the same bits alone and in any batch. A pair
  /// that is too long is cut from whichever is longer. Any bytes are a text. Throws Error kCancelled when stopped.
  std::vector<float> score(std::string_view question, std::span<const std::string_view> passages,
                           std::stop_token stop = {}) const;

  /// Its name, as it was asked for.
  const std::string& name() const;

 private:
  struct Parts;
  explicit CrossEncoder(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace riverbank
