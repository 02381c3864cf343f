#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/insight/share.h"

namespace riverbank {

/// One attention head; both count from 0.
struct HeadName {
  std::size_t layer = 0;
  std::size_t head = 0;
};

/// How often each head's pronoun attends more to the right name than to the other.
struct HeadTable {
  std::size_t layers = 0;
  std::size_t heads = 0;
  std::vector<Share> shares;  ///< (layers, heads)

  const Share& at(HeadName name) const { return shares[name.layer * heads + name.head]; }
  /// The highest; of equals the first in order of layers. There must be a head.
  HeadName best() const;
};

/// What `riverbank heads` is asked.
struct HeadsOptions {
  std::filesystem::path file;                 ///< cases in GAP's layout, on which the head is chosen
  std::optional<std::filesystem::path> test;  ///< others, on which it is measured
  std::string model;                          ///< by name or folder
  bool combine = false;                       ///< also learn a weight for every head (HeadCombination)
  int threads = 0;                            ///< 0: one for each core
  std::function<void(const std::filesystem::path& file, std::size_t done, std::size_t total)> progress;
  std::stop_token stop;
};

/// What the heads make of one file.
struct HeadsOfFile {
  std::size_t rows = 0;  ///< with exactly one true name
  HeadTable table;
  Share first_name;  ///< how often the right name is the one that stands first in the text: what needs no model
};

/// All heads together, with weights learned on the first file.
struct CombinedHeads {
  double penalty = 0;            ///< of the ridge, chosen by ten-fold cross-validation
  bool both_directions = false;  ///< whether the names' attention to the pronoun counts too; chosen likewise
  Share cross_validated;         ///< on rows of the first file that were not learned from
  std::vector<double> weights;   ///< (layers, heads), of the standardised log-ratios; twice that with both directions
  std::optional<Share> test;
};

struct HeadsReport {
  HeadsOfFile chosen_on;
  HeadName best;
  std::optional<HeadsOfFile> test;
  std::optional<CombinedHeads> combined;
};

/// Counts, for every head, how often a pronoun attends more to the right one of two names. Deterministic.
/// Throws Error: kNotFound (a file, the model), kCorrupt, kInvalidArgument (a file without a row to count), kIo,
/// kCancelled.
HeadsReport measure_heads(const HeadsOptions& options);

}  // namespace riverbank
