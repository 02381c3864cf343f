#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "index/search/late_interaction.h"
#include "index/store/store_reader.h"
#include "riverbank/search.h"

namespace riverbank {

/// A passage out of the store, read word by word for a question.
struct ReadPassage {
  StoredPassage stored;
  std::string encoded;               ///< what the model read: ends with stored.chunk.text
  std::vector<TextRange> sentences;  ///< in stored.chunk.text
  LateMatch match;                   ///< its places are in `encoded`; one score for each of `sentences`
};

/// Reads the passages with these chunk ids, in their order, all in one call of the encoder; ids that are not there are
/// left out. Keeps what is asked of their states. Throws what StoreReader and Embedder throw.
std::vector<ReadPassage> read_closely(StoreReader& reader, const LateInteraction& question,
                                      std::span<const std::int64_t> chunks, const StatesAsked& keep = {});

}  // namespace riverbank
