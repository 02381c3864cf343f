#pragma once

#include <filesystem>
#include <memory>

#include "lib/math/matrix.h"
#include "lib/model/config.h"
#include "lib/model/weights.h"

namespace riverbank {

/// What BertForSequenceClassification puts on an encoder: score = w tanh(W_p h + b_p) + b, h being [CLS]'s hidden
/// state.
struct ClassifierHead {
  LinearWeights pooler;      ///< W_p (d_model, d_model), b_p
  LinearWeights classifier;  ///< w (1, d_model), b (1)
  std::shared_ptr<const void> storage;

  /// hidden (d_model) -> the logit.
  float operator()(const RowVectorView& hidden) const;
};

/// The head of the model in a folder. Throws Error: kUnsupported (config.json names no
/// BertForSequenceClassification, or more labels than one), kCorrupt (a tensor that is missing or misshapen),
/// kNotFound, kIo.
ClassifierHead load_classifier_head(const std::filesystem::path& folder, const EncoderConfig& config);

}  // namespace riverbank
