#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "index/search/close_reading.h"
#include "riverbank/search.h"

namespace riverbank {

/// The sentences of passages as hits of their own, the best `top_k`: ordered by half the passage's and half the
/// sentence's score, both in standard scores over all of them. Headings and markup are none. `read` has the passages by
/// their numbers; those that are not in it are left out.
std::vector<Hit> sentence_hits(std::span<const Hit> passages, const std::map<std::int64_t, ReadPassage>& read,
                               std::size_t top_k);

}  // namespace riverbank
