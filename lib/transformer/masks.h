#pragma once

#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/math/matrix.h"

namespace riverbank {

/// Which keys each query may look at. A key that it may not look at gets the score minus infinity, so that softmax
/// gives it exactly 0 ("Attention Is All You Need", arXiv:1706.03762, section 3.2.3):
///
///     softmax(Q K^T / sqrt(d_k) + M),   M_ij = 0 where query i may look at key j, -infinity where not
///
/// M is never stored: what the papers mask is a band around the diagonal and a set of keys, and any number of them
/// composed with & are that again. With n queries and m keys the queries are the last n of the m places, so that a
/// decoder which keeps its keys asks with one new query alone. A value; any thread.
class Mask {
 public:
  /// Every query may look at every key, however many there are.
  Mask() = default;

  /// Only at keys that are tokens: is_token (m), false where the batch was filled up.
  static Mask padding(std::vector<bool> is_token);

  /// Only at keys that do not stand after the query: the decoder's, section 3.1.
  static Mask causal();

  /// Only at the window / 2 keys on either side, and at the one in the query's own place: Longformer's w
  /// (arXiv:2004.05150, section 3.1), ModernBERT's local_attention (arXiv:2412.13663, section 2.1.2).
  /// Throws Error kInvalidArgument unless the window is even and at least 2.
  static Mask sliding_window(Eigen::Index window);

  /// Only where both masks allow it. Throws Error kInvalidArgument when both know which keys are tokens, and do not
  /// know the same number of them.
  friend Mask operator&(const Mask& a, const Mask& b);

  /// Whether the query in a place may look at the key in a place, both counted from 0 and there.
  bool allows(Eigen::Index query, Eigen::Index key) const;

  /// Throws Error kInvalidArgument when the mask is not one for n queries and m keys: padding() named another number of
  /// keys, or it needs to know the places and there are more queries than keys. `where` begins the message.
  void require_fits(std::string_view where, Eigen::Index n, Eigen::Index m) const;

  /// Adds M: sets the scores that are masked to minus infinity. The scores are the piece of (n, m) whose first query
  /// and first key stand in these places.
  void hide(Eigen::Ref<Matrix> scores, Eigen::Index first_query, Eigen::Index first_key) const;

  /// Whether nothing is masked.
  bool empty() const { return behind_ == kUnlimited && ahead_ == kUnlimited && !is_token_; }

 private:
  static constexpr Eigen::Index kUnlimited = std::numeric_limits<Eigen::Index>::max();

  Eigen::Index behind_ = kUnlimited;           // how far before the query a key may stand
  Eigen::Index ahead_ = kUnlimited;            // how far after it
  std::optional<std::vector<bool>> is_token_;  // (m); without it every key is
};

}  // namespace riverbank
