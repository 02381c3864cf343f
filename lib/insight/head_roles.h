#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "riverbank/attention.h"

namespace riverbank {

/// A head and how much of its attention goes one way.
struct HeadShare {
  std::size_t layer = 0;
  std::size_t head = 0;
  double share = 0;  ///< mean over the tokens of the text
};

/// Where a head may look, with the heads that look there the most.
struct HeadRole {
  std::string name;              ///< "the token before", "[CLS] and [SEP]" …
  double by_chance = 0;          ///< the share of a head that looked everywhere alike
  std::vector<HeadShare> heads;  ///< the largest share first
};

/// Which heads do what while a text is read: for each way to look, the `most` heads whose attention goes there, as the
/// mean over all tokens but [CLS] and [SEP] that have such a place. What "What Does BERT Look At?" (arXiv:1906.04341,
/// section 3) counts.
std::vector<HeadRole> head_roles(const Trace& trace, std::size_t most);

}  // namespace riverbank
