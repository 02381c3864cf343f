#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "lib/insight/pronouns.h"

namespace riverbank {

/// All heads asked together which of two names a pronoun stands for. Each head's opinion is the logarithm of how much
/// more the pronoun attends to the one name than to the other,
///
///     f_h = log(a_h(A) + 1e-4) - log(a_h(B) + 1e-4),
///
/// and, where that is right more often, how much more the one name attends to the pronoun than the other does: as many
/// opinions again. Each is divided by its standard deviation over the cases learned from, and the answer is A where
/// sum_h w_h f_h > 0. The weights are those of ridge-penalised logistic regression (le Cessie and van Houwelingen,
/// Applied Statistics 41, 1992) without a constant, so that exchanging the names exchanges the answer. One direction or
/// both, and the penalty out of 1, 10, 100, 1,000 and 10,000, are what is right most often in ten-fold cross-validation
/// (row i in fold i mod 10; of equals one direction, and the larger penalty). Deterministic. Immutable, any thread.
class HeadCombination {
 public:
  /// `cases` and `attention` are of the same rows. At least 20. Throws Error kInvalidArgument for fewer.
  static HeadCombination learn(std::span<const PronounCase> cases, std::span<const PronounAttention> attention);

  /// How often it is right.
  Share count_right(std::span<const PronounCase> cases, std::span<const PronounAttention> attention) const;

  double penalty() const { return penalty_; }
  /// Whether the names' attention to the pronoun counts too.
  bool both_directions() const { return both_directions_; }
  /// How often it was right on rows of a fold that it had not learned from.
  const Share& cross_validated() const { return cross_validated_; }
  /// (layers heads), or (2, layers heads) with both directions: of the standardised opinions.
  const std::vector<double>& weights() const { return weights_; }

 private:
  std::vector<double> weights_;
  std::vector<double> deviations_;
  double penalty_ = 0;
  bool both_directions_ = false;
  Share cross_validated_;
};

}  // namespace riverbank
