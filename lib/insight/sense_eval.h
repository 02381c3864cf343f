#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/insight/share.h"

namespace riverbank {

struct SenseEvalOptions {
  std::filesystem::path folder;  ///< WORD/{train,test}.{data,gold}.txt
  std::string model;
  int threads = 0;
  std::size_t most_training = 600;  ///< sentences a word, the first ones of the file
  std::function<void(const std::string& word, std::size_t done, std::size_t total)> progress;
  std::stop_token stop;
};

/// What one layer tells apart.
struct SenseEvalRow {
  int layer = 0;  ///< kWordTable, 0 ... layers
  Share micro;    ///< all test sentences of all words
  std::map<std::string, Share> words;
};

/// One word of the set.
struct SenseEvalWord {
  std::size_t training = 0, test = 0, senses = 0;
};

struct SenseEvalReport {
  std::map<std::string, SenseEvalWord> words;
  std::vector<SenseEvalRow> rows;
};

/// Telling a word's senses apart by the nearest centroid: the sense whose training sentences' unit vectors have the
/// mean of highest cosine, at every layer; the word's vector is the mean of its pieces. In the layout of CoarseWSD-20
/// (Loureiro et al., arXiv:2008.11608): a line of *.data.txt is the word's place among the sentence's tokens (from 0),
/// a tab, and the sentence with spaces between its tokens; the same line of *.gold.txt is its sense. A sense that no
/// training sentence has cannot be found, and counts as wrong. Deterministic.
/// Throws Error: kNotFound, kCorrupt (file and line), kInvalidArgument (no word in the folder), kIo, kCancelled.
SenseEvalReport measure_senses(const SenseEvalOptions& options);

}  // namespace riverbank
