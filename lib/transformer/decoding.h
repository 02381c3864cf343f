#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lib/math/matrix.h"
#include "lib/transformer/encoder_decoder.h"

namespace riverbank {

/// A target that was written for a source.
struct Decoded {
  std::vector<std::int32_t> ids;  ///< without [BOS]; [EOS] is the last where `finished`
  double log_probability = 0;     ///< log P(ids | source), the sum over its tokens
  bool finished = false;          ///< whether it ended by itself, and not at max_tokens
};

struct BeamOptions {
  std::size_t width = 4;          ///< how many targets are followed at a time
  double length_penalty = 0.6;    ///< alpha; both as in "Attention Is All You Need", section 6.1
  Eigen::Index max_tokens = 128;  ///< the longest target, [EOS] included; no more than the model's positions
};

/// log softmax of one row of logits: what each next token would add to a target's log probability. (V) -> (V).
RowVector log_softmax(const RowVectorView& logits);

/// The score that beam search compares targets by: the log probability, made up for what each further token costs by
/// the length penalty of Wu et al. (arXiv:1609.08144, eq. 14, without its coverage term):
///
///     s(Y) = log P(Y | X) / lp(Y),   lp(Y) = ((5 + |Y|) / 6)^alpha,   |Y| with [EOS]
double length_normalised(double log_probability, std::size_t length, double length_penalty);

/// Always the most probable next token, until [EOS] or max_tokens. Of two that are equally probable, the lower id.
/// M (m, d_model) is the encoded source. Throws Error kInvalidArgument for max_tokens below 1 or beyond the model's
/// positions.
Decoded greedy_search(const EncoderDecoder& model, const MatrixView& M, Eigen::Index max_tokens);

/// The target of the best score among those that following the `width` most probable at a time finds (Wu et al.,
/// section 7). A width of 1 is greedy_search(); one of V^max_tokens looks at every target there is. It stops when no
/// target that is still being written could overtake the best finished one; one cut at max_tokens competes as it
/// stands. Throws as greedy_search() does, for a width of 0 and for a negative length penalty.
Decoded beam_search(const EncoderDecoder& model, const MatrixView& M, const BeamOptions& options);

}  // namespace riverbank
