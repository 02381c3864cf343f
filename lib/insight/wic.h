#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/insight/share.h"

namespace riverbank {

/// How the vectors x, y of a word in two sentences are compared. Each gives a similarity; "same sense" where it reaches
/// a threshold. What a reading knows beside the pair it learns from the training pairs without their labels.
enum class WicReading {
  kPlain,         ///< cos(x, y)
  kCentred,       ///< cos(x - m, y - m), m the mean of all training vectors of the layer
  kWhitened,      ///< cos(W (x - m), W (y - m)), W = C^(-1/2), C the training vectors' covariance + 1 % of its mean
                  ///< variance
  kSurroundings,  ///< cos(x - s, y - t), s and t the mean of the other tokens of each sentence
};
inline constexpr std::size_t kWicReadings = 4;
const char* name_of(WicReading reading);

struct WicOptions {
  std::filesystem::path folder;  ///< with train.tsv and dev.tsv
  std::string model;
  int threads = 0;
  std::function<void(const char* what, std::size_t done, std::size_t total)> progress;
  std::stop_token stop;
};

/// One layer read in one way.
struct WicRow {
  int layer = 0;  ///< kWordTable, 0 ... layers
  WicReading reading = WicReading::kPlain;
  double threshold = 0;  ///< chosen on the training pairs
  Share train, dev;
};

struct WicReport {
  std::size_t train_pairs = 0, dev_pairs = 0;
  std::vector<WicRow> rows;  ///< all layers plain, then all centred ...
  std::size_t chosen = 0;    ///< the row with most training pairs right; of equals the first
};

/// Word in Context (Pilehvar and Camacho-Collados, arXiv:1808.09121): whether a word has the same sense in two
/// sentences, at every layer. A file's first line is its columns' names: word, pos, idx1, idx2 (whitespace-separated
/// token, from 0), sent1, sent2, label (T or F), with tabs between. Thresholds, and which row is chosen, are of the
/// training pairs alone. Deterministic.
/// Throws Error: kNotFound, kCorrupt (file and line), kInvalidArgument (no pairs), kIo, kCancelled.
WicReport measure_wic(const WicOptions& options);

}  // namespace riverbank
