#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "index/search/question.h"
#include "index/store/store_reader.h"
#include "riverbank/embedder.h"
#include "riverbank/search.h"

namespace riverbank {

/// The passage or document that SearchOptions::like names.
struct LikePassage {
  std::vector<std::int64_t> chunks;  ///< which are left out of the answer
  std::vector<float> vector;         ///< unit; of a document the mean of its passages'
  std::string text;                  ///< whose words are looked for where nothing else was asked
};

/// Throws Error: kNotFound (no such document, no passage at that line), kInvalidArgument (several documents).
LikePassage find_like(StoreReader& reader, const PassagePlace& place);

/// question + like + Σ plus - Σ minus, unit vectors all, brought to length 1: SearchOptions' algebra (`text` and `like`
/// may be empty). Empty when nothing is left of it.
std::vector<float> question_vector(const std::string& text, const SearchOptions& options, const LikePassage& like,
                                   const Embedder& embedder);

}  // namespace riverbank
