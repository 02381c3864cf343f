#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "index/store/store.h"
#include "riverbank/index.h"

namespace riverbank {

/// The names under which a collection keeps what it was made with in its store.
struct SettingNames {
  static constexpr char kModel[] = "model";              ///< name or folder
  static constexpr char kFingerprint[] = "fingerprint";  ///< of the model, from the first vector on
  static constexpr char kDimensions[] = "dimensions";
  static constexpr char kChunkTokens[] = "chunk_tokens";
  static constexpr char kWholeDocuments[] = "whole_documents";
  static constexpr char kUpdated[] = "updated";  ///< UTC, ISO 8601
  static constexpr char kEf[] = "ef";            ///< candidates that the graph search keeps
  static constexpr char kRecall[] = "recall_at_10";
  static constexpr char kRerankMs[] = "rerank_ms";  ///< what --rerank adds to a question, measured while encoding
  static constexpr char kMeasuredWith[] = "measured_with";  ///< how many vectors there were then
};

/// What a collection was made with.
struct CollectionSettings {
  std::string model;
  std::string fingerprint;  ///< empty before the first vector
  std::size_t chunk_tokens = 256;
  bool whole_documents = false;
  bool reencode = false;  ///< the vectors are another model's: the next update has to make them anew with `model`
};

/// Refuses options that no new collection can be made with, before anything is written.
/// Throws Error: kInvalidArgument, kNotFound (no such model).
void check_new_collection(const IndexOptions& options);

/// The settings of a store, a new one's written first; the model that is asked for is held against the one that made
/// the vectors. Throws Error kInvalidArgument (another model, and not told to encode anew) and what load_model()
/// throws.
CollectionSettings settle(Store& store, const IndexOptions& options);

/// A number that a setting holds.
std::size_t setting_number(const std::optional<std::string>& text, std::size_t otherwise);

}  // namespace riverbank
