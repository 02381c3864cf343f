#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "index/search/fusion.h"
#include "index/store/store_reader.h"
#include "riverbank/search.h"

namespace riverbank {

/// A candidate that becomes a hit.
struct Chosen {
  Candidate candidate;
  StoredPassage passage;
  std::vector<SimilarPassage> similar;  ///< what was folded into it
};

/// The first options.top_k of candidates in their order (best first), as options.fold_similar, options.mmr and
/// options.per_document have it:
///
/// A passage whose words are nearly those of one before it is folded into that one. "Nearly" is the resemblance of
/// Broder (1997): the share that two texts' sets of runs of four words have in common; at least kSameText.
///
/// MMR (Carbonell and Goldstein 1998), over the best max(50, 4 top_k) candidates, takes each time
///
///     argmax  λ score  -  (1 - λ) max over those taken (cosine - low) / (1 - low)
///
/// where low is the lowest cosine between two of them: encoders differ in how alike they find any two texts.
std::vector<Chosen> choose(StoreReader& reader, std::span<const Candidate> candidates, const SearchOptions& options);

inline constexpr double kSameText = 0.8;

/// The resemblance of two texts, 0..1; case, accents, marks and white space do not count. Texts of fewer than four
/// words are alike when they are equal.
double resemblance(std::string_view a, std::string_view b);

}  // namespace riverbank
