#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "lib/model/config.h"
#include "lib/model/weights.h"
#include "lib/text/tokenizer.h"
#include "riverbank/embedder.h"

namespace riverbank {

inline constexpr const char* kWeightsFile = "model.safetensors";  ///< in a model's folder

/// A model as loaded from its folder: all that an encoder needs. Immutable, any thread; share it by pointer.
struct Model {
  std::string name;  ///< as it was asked for
  std::filesystem::path folder;
  EncoderConfig config;
  EmbeddingConfig embedding;
  Tokenizer tokenizer;
  EncoderWeights weights;
  /// 32 hex digits that change when any vector could: of the weights' and the tokenizer's sums, the config's numbers,
  /// pooling, limit and prompts. Never reads 100 MB to know: sums come from the import, the hub's blob name, or a cache
  /// under XDG_CACHE_HOME keyed by path, size and time.
  std::string fingerprint;
  /// Measured: nDCG@10 at most 0.3 points of 100 under float32's, cosines to it over .99.
  bool keeps_answers_in_int8 = false;
  std::optional<Calibration> calibration;  ///< how its cosines become a relevance; nothing when not known
  /// The silhouette from which on its vectors of a word are several senses; nothing when that was never measured.
  std::optional<double> sense_separation;
};

/// Loads a model by name or folder (find_model()). Weights are mapped, not read; so is a large tokenizer, once packed.
/// `notice` is told, in a sentence, when a damaged file of the cache is made again.
/// Throws Error: kNotFound, kCorrupt, kUnsupported, kIo.
std::shared_ptr<const Model> load_model(const std::string& name,
                                        const std::function<void(const std::string&)>& notice = {});

}  // namespace riverbank
