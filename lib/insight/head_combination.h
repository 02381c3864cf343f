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
/// divided by its standard deviation over the cases learned from, and the answer is A where sum_h w_h f_h > 0. The
/// weights are those of ridge-penalised logistic regression (Hoerl and Kennard 1970; le Cessie and van Houwelingen
/// 1992) without a constant, so that exchanging the names exchanges the answer. The penalty is the one of 1, 10, 100,
/// 1,000 and 10,000 that is right most often in ten-fold cross-validation (row i in fold i mod 10; of equals the
/// larger). Deterministic. Immutable, any thread.
class HeadCombination {
 public:
  /// `cases` and `attention` are of the same rows. At least 20. Throws Error kInvalidArgument for fewer.
  static HeadCombination learn(std::span<const PronounCase> cases, std::span<const PronounAttention> attention);

  /// How often it is right.
  Share count_right(std::span<const PronounCase> cases, std::span<const PronounAttention> attention) const;

  double penalty() const { return penalty_; }
  /// How often it was right on rows of a fold that it had not learned from.
  const Share& cross_validated() const { return cross_validated_; }
  /// (layers heads): of the standardised opinions.
  const std::vector<double>& weights() const { return weights_; }

 private:
  std::vector<double> weights_;
  std::vector<double> deviations_;
  double penalty_ = 0;
  Share cross_validated_;
};

}  // namespace riverbank
