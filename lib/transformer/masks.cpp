#include "lib/transformer/masks.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "riverbank/error.h"

namespace riverbank {

Mask Mask::padding(std::vector<bool> is_token) {
  Mask mask;
  mask.is_token_ = std::move(is_token);
  return mask;
}

Mask Mask::causal() {
  Mask mask;
  mask.ahead_ = 0;
  return mask;
}

Mask Mask::sliding_window(Eigen::Index window) {
  if (window < 2 || window % 2 != 0) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("Mask::sliding_window: the window is {}; it must be an even number of at least 2, half of "
                            "it for either side.",
                            window));
  }
  Mask mask;
  mask.behind_ = window / 2;
  mask.ahead_ = window / 2;
  return mask;
}

Mask operator&(const Mask& a, const Mask& b) {
  Mask both = a.is_token_ ? a : b;
  both.behind_ = std::min(a.behind_, b.behind_);
  both.ahead_ = std::min(a.ahead_, b.ahead_);
  if (!a.is_token_ || !b.is_token_) return both;
  if (a.is_token_->size() != b.is_token_->size()) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("Mask: one padding mask is for ({}) keys and the other for ({}); both must be for the "
                            "same keys.",
                            a.is_token_->size(), b.is_token_->size()));
  }
  std::transform(a.is_token_->begin(), a.is_token_->end(), b.is_token_->begin(), both.is_token_->begin(),
                 std::logical_and<>());
  return both;
}

bool Mask::allows(Eigen::Index query, Eigen::Index key) const {
  return query - key <= behind_ && key - query <= ahead_ && (!is_token_ || (*is_token_)[static_cast<std::size_t>(key)]);
}

void Mask::require_fits(std::string_view where, Eigen::Index n, Eigen::Index m) const {
  if (is_token_ && static_cast<Eigen::Index>(is_token_->size()) != m) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("{}: the scores are ({}, {}) and the padding mask is for ({}) keys; it must name each key.",
                            where, n, m, is_token_->size()));
  }
  if (n > m && (behind_ != kUnlimited || ahead_ != kUnlimited)) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("{}: the scores are ({}, {}); a causal or sliding-window mask takes the queries for the "
                            "last of the keys' places, so there cannot be more of them.",
                            where, n, m));
  }
}

void Mask::hide(Eigen::Ref<Matrix> scores, Eigen::Index first_query, Eigen::Index first_key) const {
  if (empty()) return;
  for (Eigen::Index i = 0; i < scores.rows(); ++i) {
    for (Eigen::Index j = 0; j < scores.cols(); ++j) {
      if (!allows(first_query + i, first_key + j)) scores(i, j) = -std::numeric_limits<float>::infinity();
    }
  }
}

}  // namespace riverbank
