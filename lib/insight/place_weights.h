#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/model/model.h"

namespace riverbank {

/// What one token would look at if all tokens were alike, and one kind of position were all that told them apart.
struct PlaceWeights {
  std::string name;            ///< "none", "learned", "sinusoidal", "rotary", "ALiBi 1/2" …
  std::vector<float> weights;  ///< (T), summing to 1
};

/// The kinds of positions in lib/transformer side by side, for the token in one place of a text of T tokens. Queries
/// and keys are the position vectors themselves: the rows of the model's own table (learned), the clock hands
/// (sinusoidal), one and the same vector turned by its place (rotary). All are made as long as gives a token the score
/// sqrt(32) with itself, so that the columns compare. ALiBi takes from equal scores what its nearest- and its
/// farthest-sighted head of eight do. Throws Error kInvalidArgument for a place that there is not, and for more tokens
/// than the model's table has.
std::vector<PlaceWeights> place_weights(const Model& model, std::size_t tokens, std::size_t place);

}  // namespace riverbank
