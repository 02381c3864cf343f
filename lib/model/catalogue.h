#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "lib/model/config.h"
#include "riverbank/embedder.h"

namespace riverbank {

/// A file of a model with what it must be.
struct KnownFile {
  std::string_view path;  ///< below the repository, "model.safetensors"
  std::uint64_t bytes = 0;
  std::string_view sha256;  ///< 64 hex digits
};

/// A model whose files, sums and way of pooling riverbank knows.
struct KnownModel {
  std::string_view name;        ///< "bge-small-en-v1.5"
  std::string_view repository;  ///< on the hub, "BAAI/bge-small-en-v1.5"
  std::string_view revision;    ///< the commit that the sums are of, 40 hex digits
  std::string_view about;       ///< one line for a list of models
  std::string_view license;
  std::vector<KnownFile> files;        ///< what to download; all that an encoder needs
  std::vector<std::string_view> onnx;  ///< sums of .onnx files that hold the same weights
  /// Sums of model.safetensors with the same encoder in it: the hub's first, then what import makes of `onnx`.
  std::vector<std::string_view> weights;
  EncoderConfig config;
  EmbeddingConfig embedding;
  /// Measured: nDCG@10 at most 0.3 points of 100 under float32's, cosines to it over .99.
  bool keeps_answers_in_int8 = false;
  std::optional<Calibration> calibration;  ///< how its cosines become a relevance; nothing when not known
  std::optional<double> sense_separation;  ///< see Model

  /// Bytes of all files.
  std::uint64_t bytes() const;
};

/// All known models, the default first.
std::span<const KnownModel> catalogue();

/// By its name or its repository's, or nullptr.
const KnownModel* find_known_model(std::string_view name);
/// By the sum of an .onnx file, or nullptr.
const KnownModel* find_known_onnx(std::string_view sha256);
/// By the sum of a model.safetensors, or nullptr.
const KnownModel* find_known_weights(std::string_view sha256);

/// The known name nearest to a mistyped one; empty when none is near.
std::string_view nearest_known_name(std::string_view name);

}  // namespace riverbank
